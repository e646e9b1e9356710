"""`inventory schema`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from inventory.cli.base import Failed, Group, Settings, pass_settings
from inventory.cli.output import plural, print_json

if TYPE_CHECKING:
    from inventory.graph.schema import Schema

_SHOWN = 40


@click.group(cls=Group)
def command() -> None:
    """The GraphQL schema, derived from the models, links and tasks.

    Examples:
        inventory schema print > schema.graphql
        inventory schema check
        inventory schema diff released.graphql
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
    from inventory.graph import sdl

    try:
        difference = sdl.stale(_schema(settings), file)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "this is not text in UTF-8"
        raise Failed(f"{file}: {reason.lower()}") from error
    if difference:
        if not settings.json:
            print("\n".join(difference.splitlines()[:_SHOWN]))
        raise Failed(
            f"{file} is not the schema of this version; run `inventory schema print > {file}`"
        )
    if settings.json:
        print_json({"current": True})
    else:
        print(f"{file} is current")


@command.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path), required=False)
@pass_settings
def diff(settings: Settings, old: Path, new: Path | None) -> None:
    """Say which changes from OLD to NEW break clients; NEW is the schema of this version if left out.

    Exit status 1 if any does.

    Examples:
        inventory schema diff released.graphql
        inventory schema diff released.graphql schema.graphql --json
    """
    from inventory.graph import sdl

    current = _read(new) if new else _sdl(settings)
    found = sdl.breaking(_read(old), current)
    if settings.json:
        print_json({"breaking": found})
    else:
        print("\n".join(found) or "no change breaks clients")
    if found:
        raise Failed(f"{plural(len(found), 'change')} would break clients")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "this is not text in UTF-8"
        raise Failed(f"{file}: {reason.lower()}") from error


def _schema(settings: Settings) -> "Schema":
    from inventory.graph.schema import build_schema

    return build_schema(settings.catalog)


def _sdl(settings: Settings) -> str:
    from inventory.graph import sdl

    return sdl.print_sdl(_schema(settings))
