"""`python -m scripts.reference`: write docs/reference.md from the commands, settings and declarations.

With `--check`, write nothing and fail if the file is not current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from inventory.catalog import Catalog
from inventory.cli.main import cli
from inventory.config import Config
from inventory.config.variables import section_of, variables
from inventory.core.duration import spell
from inventory.core.leak import LeakRule
from inventory.core.link import Link
from inventory.core.model import Model
from inventory.core.task import Collector, Task
from inventory.graph import naming

FILE = Path(__file__).parents[1] / "docs" / "reference.md"
HEADER = """\
# Reference

Generated from the commands, settings and declarations by `make docs`; do not edit.
The GraphQL schema is in [schema.graphql](../schema.graphql), an example of every setting in
[examples/config.yaml](../examples/config.yaml).
"""
# What is not the same everywhere.
SHOWN = {"home": "the platform's data directory", "user_agent": "`inventory/<version>`"}


def render(catalog: Catalog) -> str:
    """The whole page."""
    parts = [HEADER, *commands(), *settings()]
    parts += [*models(catalog), *links(catalog), *tasks(catalog), *leaks(catalog)]
    return "\n".join(parts) + "\n"


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield ""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(':--' for _ in head)}|"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def line(text: str | None) -> str:
    """The first paragraph on one line."""
    return " ".join((text or "").split("\n\n")[0].split())


def commands() -> Iterator[str]:
    yield "## Commands\n\n`inventory COMMAND --help` shows the options and examples of each."
    yield from table(("command", "what it does"), _commands(cli, "inventory"))


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(command, click.Group):
        yield f"`{path}`", line(command.help)
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        if found := command.get_command(context, name):
            yield from _commands(found, f"{path} {name}")


def settings() -> Iterator[str]:
    yield "## Settings\n"
    yield (
        "Every single value has an environment variable, too: its path in capitals with `_` between "
        "the parts, after `INVENTORY_`. `<name>` stands for a name of your choice."
    )
    yield from table(("key", "default", "what it is"), _settings(Config, ""))
    names = ", ".join(f"`{name}`" for name in sorted(variables()))
    yield f"Variables: {names}; and `INVENTORY_CONFIG`, the files, separated by commas."
    yield ""


def _settings(section: type[BaseModel], path: str) -> Iterator[tuple[str, str, str]]:
    for name, field in section.model_fields.items():
        here, kind = f"{path}{name}", get_origin(field.annotation)
        inner = section_of(field.annotation)
        if kind is dict and (named := section_of(get_args(field.annotation)[1])):
            yield from _settings(named, f"{here}.<name>.")
        elif kind is tuple and (item := section_of(get_args(field.annotation)[0])):
            yield from _settings(item, f"{here}[].")
        elif inner is not None:
            yield from _settings(inner, f"{here}.")
        else:
            told = [line(field.description), _choices(field.annotation)]
            yield f"`{here}`", _default(name, field), " ".join(filter(None, told))


def _choices(annotation: Any) -> str:
    if get_origin(annotation) in (Union, UnionType):
        return next(filter(None, map(_choices, get_args(annotation))), "")
    if get_origin(annotation) is not Literal:
        return ""
    return "One of " + ", ".join(f"`{value}`" for value in get_args(annotation)) + "."


def _default(name: str, field: Any) -> str:
    if name in SHOWN:
        return SHOWN[name]
    value = field.get_default(call_default_factory=True)
    if field.is_required() or value is PydanticUndefined:
        return "needed"
    match value:
        case None | () | "":
            return ""
        case bool():
            return f"`{str(value).lower()}`"
        case timedelta():
            return f"`{spell(value)}`"
        case dict():
            return "`" + (", ".join(f"{key}: {item}" for key, item in value.items()) or "{}") + "`"
        case _:
            return f"`{value}`"


def models(catalog: Catalog) -> Iterator[str]:
    yield "## Models\n\nA model is a table, a GraphQL type and a name for tasks and retention."
    yield from table(("model", "table", "GraphQL", "what it is"), map(_model, catalog))


def _model(model: type[Model]) -> tuple[str, ...]:
    graph = f"`{naming.object_type(model)}`, `{naming.root_many(model)}`"
    return f"`{model.registered_name()}`", f"`{model.__tablename__}`", graph, line(model.__doc__)


def links(catalog: Catalog) -> Iterator[str]:
    yield (
        "## Links\n\nA link relates two models; a nexus, `n_…`, those of different sources. The first "
        "rule that finds a pair is the one that its edge names."
    )
    yield from table(("table", "from, to", "rules", "what it says"), map(_link, _links(catalog)))


def _links(catalog: Catalog) -> Iterator[Link]:
    yield from sorted(catalog.links.values(), key=lambda link: link.name)


def _link(link: Link) -> tuple[str, ...]:
    ends = f"`{naming.object_type(link.a)}`, `{naming.object_type(link.b)}`"
    rules = ", ".join(f"`{name}`" for name in link.rules)
    return f"`{link.name}`", ends, rules, line(link.doc)


def tasks(catalog: Catalog) -> Iterator[str]:
    yield (
        "## Tasks\n\nEnqueue one with `inventory task enqueue NAME`, the mutation of the same words "
        "(`awsCollectVpcs`), or a job of `scheduler.jobs`. A collector without a payload reads all of "
        "its scopes."
    )
    yield from table(("task", "payload", "what it does"), map(_task, catalog.tasks.values()))


def _task(task: Task) -> tuple[str, ...]:
    keys = ", ".join(f"`{name}`" for name in task.payload.model_fields)
    read = ", ".join(f"`{model.__tablename__}`" for model in getattr(task, "models", ()))
    told = f"{line(task.doc)} Into {read}." if isinstance(task, Collector) else line(task.doc)
    return f"`{task.name}`", keys, told


def leaks(catalog: Catalog) -> Iterator[str]:
    yield "## Leak rules\n\nA rule answers nothing while what could own a resource is unread."
    found = sorted(catalog.leaks.values(), key=lambda rule: rule.name)
    yield from table(("rule", "of", "confidence", "reason"), map(_leak, found))


def _leak(rule: LeakRule) -> tuple[str, ...]:
    of = f"`{naming.object_type(rule.model)}`"
    return f"`{rule.name}`", of, f"{rule.confidence:g}", line(rule.doc)


def main(arguments: list[str]) -> int:
    text = render(Catalog.load())
    if "--check" not in arguments:
        FILE.write_text(text)
    elif not FILE.exists() or FILE.read_text() != text:
        print(f"{FILE.name} is not current; `make docs` writes it", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
