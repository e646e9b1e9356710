import importlib
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from inventory.cli.main import COMMANDS, cli

HEAVY = {
    "alembic",
    "boto3",
    "botocore",
    "fastapi",
    "google",
    "graphql",
    "kubernetes",
    "psycopg",
    "pydantic",
}
HEAVY |= {"redis", "rich", "sqlalchemy", "sqlmodel", "strawberry", "taskiq", "uvicorn", "yaml"}


def commands(
    command: click.Command = cli, path: tuple[str, ...] = ("inventory",)
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))


EVERY = dict(commands())
NAMES = [" ".join(path) for path in EVERY]


@pytest.mark.parametrize("path", EVERY, ids=NAMES)
def test_help_teaches_by_examples_that_parse(path: tuple[str, ...]) -> None:
    command = EVERY[path]
    context = click.Context(command, info_name=path[-1])

    shown = command.get_help(context)

    examples = [line.strip() for line in shown.partition("Examples:\n")[2].splitlines()]
    ours = [line for line in examples if re.match(r"(\w+=\S+ )*inventory ", line)]
    assert ours, shown
    for line in ours:
        _parse(line)


def _parse(line: str) -> None:
    line = re.split(r"\s{3,}", line)[0]
    words = shlex.split(line)
    words = words[words.index("inventory") + 1 :]
    for mark in ("|", ">", "&&"):
        if mark in words:
            words = words[: words.index(mark)]
    command: click.Command = cli
    context = cli.make_context("inventory", words)
    while isinstance(command, click.Group):
        words = [*context._protected_args, *context.args]
        name, found, words = command.resolve_command(context, words)
        assert found is not None, line
        command = found
        context = command.make_context(name, words, parent=context)


def test_the_list_of_commands_says_what_each_of_them_says_of_itself() -> None:
    own = {
        name: importlib.import_module(module).command.get_short_help_str(200)
        for name, (module, _) in COMMANDS.items()
    }

    assert {name: text for name, (_, text) in COMMANDS.items()} == own


@pytest.mark.parametrize("path", EVERY, ids=NAMES)
def test_help_imports_nothing_heavy(path: tuple[str, ...]) -> None:
    """Which is why it is quick: half a second of processor time would be too much on any machine."""
    code = (
        "import json, resource, sys\n"
        "from inventory.cli.main import run\n"
        "status = run(sys.argv[1:])\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(json.dumps([status, used.ru_utime + used.ru_stime, sorted(sys.modules)]), file=sys.stderr)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, *path[1:], "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    status, seconds, modules = json.loads(done.stderr.splitlines()[-1])
    assert status == 0
    assert [name for name in modules if name in HEAVY] == []
    assert seconds < 0.5


def test_options_that_every_command_has_work_before_and_after_its_name() -> None:
    for words in (
        ["--json", "db", "status"],
        ["db", "--json", "status"],
        ["db", "status", "--output", "json"],
    ):
        context = cli.make_context("inventory", list(words))
        name, group, rest = cli.resolve_command(context, [*context._protected_args, *context.args])
        assert isinstance(group, click.Group)
        inner = group.make_context(name, rest, parent=context)
        name, command, rest = group.resolve_command(inner, [*inner._protected_args, *inner.args])
        assert command is not None
        settings = command.make_context(name, rest, parent=inner).obj
        assert settings.json


def test_the_version_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "inventory", "--version"], capture_output=True, text=True, check=True
    )

    assert re.fullmatch(r"inventory \d+\.\d+\.\d+\S*\n", done.stdout)
