"""`inventory schema`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from inventory.cli.base import Failed, Group, Settings, pass_settings
from inventory.cli.output import plural, print_json, show

if TYPE_CHECKING:
    from inventory.graph.changes import Change
    from inventory.graph.schema import Schema

_SHOWN = 40


@click.group(cls=Group)
def command() -> None:
    """The GraphQL schema, derived from the models, links and tasks.

    Examples:
        inventory schema print > schema.graphql
        inventory schema check
        inventory schema diff released.graphql
        inventory schema documents persisted-documents.json
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
@click.option(
    "--declared",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A changelog; what its list under Breaking names is known to break.",
)
@pass_settings
def diff(settings: Settings, old: Path, new: Path | None, declared: Path | None) -> None:
    """Say what changed from OLD to NEW; NEW is the schema of this version if left out.

    A breaking change makes valid operations invalid or their answers other than promised; a
    dangerous one may surprise programs, such as a new value of an enum; all others are safe.
    Exit status 1 if any breaks.

    Examples:
        inventory schema diff released.graphql
        inventory schema diff released.graphql schema.graphql --json
        inventory schema diff released.graphql --declared CHANGELOG.md
    """
    from inventory.graph import changes

    current = _read(new) if new else _sdl(settings)
    found = changes.changes(_read(old), current)
    known = changes.declared(_read(declared)) if declared else frozenset[str]()
    broken = [c for c in found if c.level == "breaking" and not changes.is_declared(c, known)]
    if settings.json:
        answer: dict[str, list[str]] = {level: [] for level in changes.LEVELS}
        for change in found:
            answer[change.level].append(str(change))
        print_json({**answer, "undeclared": [str(change) for change in broken]})
    else:
        _show(found)
    if broken:
        cure = "" if not declared else f"; name each under Breaking in {declared}, or undo it"
        raise Failed(f"{plural(len(broken), 'change')} would break clients{cure}")


def _show(found: "list[Change]") -> None:
    titles = {"breaking": "Breaks clients:", "dangerous": "May surprise clients:", "safe": "Safe:"}
    for level, title in titles.items():
        mine = [str(change) for change in found if change.level == level]
        if mine:
            print(title, *(f"  {each}" for each in mine), sep="\n")
    if not found:
        print("no change")


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


@command.command()
@click.argument("paths", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--manifest", is_flag=True, help="Print one manifest of all, for api.trusted_documents."
)
@pass_settings
def documents(settings: Settings, paths: tuple[Path, ...], manifest: bool) -> None:
    """Check trusted documents, and list the ids by which clients ask for them.

    PATHS are manifests as graphql-codegen, Relay and Apollo write them, .graphql files, or folders.

    Examples:
        inventory schema documents src/gql/persisted-documents.json
        inventory schema documents queries/ --manifest > trusted.json
    """
    from inventory.graph import trusted
    from inventory.graph.documents import Documents
    from inventory.graph.limits import Limits

    found = list(trusted.read(paths))
    limits = Limits(**_limits(settings))
    store = trusted.TrustedDocuments(found, Documents(_schema(settings).graphql, limits))
    if manifest:
        print_json({each.id: each.text for each, _ in store.known})
        return
    rows = [
        {
            "id": each.id,
            "operation": name or "-",
            "kind": operation.node.operation.value,
            "file": each.place.partition(": ")[0],
        }
        for each, document in store.known
        for name, operation in document.operations.items()
    ]
    show(settings, rows, ("id", "operation", "kind", "file"), empty="no document is there")


def _limits(settings: Settings) -> dict[str, int]:
    from inventory.graph.limits import Limits

    chosen = settings.config.api.limits.model_dump()
    return {name: chosen[name] for name in chosen if name in Limits.__dataclass_fields__}
