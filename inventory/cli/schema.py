"""`inventory schema`."""

from pathlib import Path

import click

from inventory.cli.base import Failed, Group, Settings, pass_settings
from inventory.cli.output import print_json


@click.group(cls=Group)
def command() -> None:
    """The GraphQL schema, derived from the models, links and tasks.

    Examples:
        inventory schema print > schema.graphql
        inventory schema check
    """


@command.command("print")
@pass_settings
def print_schema(settings: Settings) -> None:
    """Print the schema in GraphQL's own language.

    Examples:
        inventory schema print | less
        inventory schema print > schema.graphql
    """
    text = _sdl(settings)
    if settings.json:
        print_json({"schema": text})
    else:
        print(text, end="")


@command.command()
@click.argument("file", type=click.Path(path_type=Path), default="schema.graphql")
@pass_settings
def check(settings: Settings, file: Path) -> None:
    """Fail if FILE, schema.graphql by default, is not the schema of this version.

    Examples:
        inventory schema check
        inventory schema check docs/schema.graphql
    """
    try:
        written = file.read_text(encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Failed(f"{file}: {reason}; run `inventory schema print > {file}`") from error
    current = _sdl(settings)
    if written != current:
        raise Failed(
            f"{file} is out of date ({_difference(written, current)}); run `inventory schema print > {file}`"
        )
    if settings.json:
        print_json({"current": True})
    else:
        print(f"{file} is current")


def _difference(written: str, current: str) -> str:
    import difflib

    lines = list(
        difflib.unified_diff(written.splitlines(), current.splitlines(), n=0, lineterm="")
    )[2:]
    added = sum(line.startswith("+") for line in lines)
    removed = sum(line.startswith("-") for line in lines)
    return f"{added} lines to add, {removed} to remove"


def _sdl(settings: Settings) -> str:
    from inventory.graph import sdl

    text: str = sdl.render(settings.catalog)
    return text if text.endswith("\n") else f"{text}\n"
