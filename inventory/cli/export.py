"""`inventory export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inventory.cli.base import Command, Misused, Settings, pass_settings, unknown
from inventory.cli.output import plural, print_json, print_table

if TYPE_CHECKING:
    from inventory.cli.exporting import Written
    from inventory.errors import QueryError
    from inventory.rest.tables import Table, Tables

FORMATS = ("csv", "ndjson", "json")
OPTIONS = {"where": "--where", "orderBy": "--order-by", "fields": "--fields", "first": "--first"}


class ExportCommand(Command):
    """A command whose --output is a file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [
            each for each in self.params if each.name != "output" or not each.__dict__.get("hidden")
        ]


@click.command(cls=ExportCommand)
@click.argument("tables", metavar="[TABLE]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every table, the links too.")
@click.option("--source", help="With --all, only the tables of one source, such as aws, or nexus.")
@click.option("--where", metavar="JSON", help="Only rows for which this holds; as in GraphQL.")
@click.option("--order-by", metavar="A,-B,…", help="Sort keys, - before those that descend.")
@click.option("--fields", metavar="A,B,…", help="Only these fields, in this order.")
@click.option("--first", type=click.IntRange(0), help="Only so many rows.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="The form; otherwise what the file's name ends with, or csv.",
)
@click.option("--escape-formulas", is_flag=True, help="Make CSV safe for spreadsheets to open.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file; .gz compresses it. Without it, standard output.",
)
@click.option(
    "--directory",
    "-d",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where a file of each table is put.",
)
@click.option("--gzip", "packed", is_flag=True, help="Compress the files in --directory.")
@pass_settings
def command(
    settings: Settings,
    tables: tuple[str, ...],
    everything: bool,
    source: str | None,
    where: str | None,
    order_by: str | None,
    fields: str | None,
    first: int | None,
    form: str | None,
    escape_formulas: bool,
    output: Path | None,
    directory: Path | None,
    packed: bool,
) -> None:
    """Write the rows of tables to files: models, and the links between them.

    Names of tables and fields, conditions and ids are those of GraphQL and REST; `inventory model list`
    and /api/v1 show them. All tables of one export show the same moment. Rows come in no particular
    order unless --order-by or --first is given. A file has its name only once it is complete.

    Examples:
        inventory export aws_vpc > vpcs.csv
        inventory export g_shoot --fields name,projectName,seedName --order-by name -o shoots.csv
        inventory export aws_instance --where '{"not": {"gardenerShoot": {}}}' -o lost.ndjson.gz
        inventory export l_aws_region_to_vpc --format ndjson | jq .vpcId
        inventory export --all --directory backup --gzip
    """
    from inventory.cli import exporting
    from inventory.errors import QueryError
    from inventory.graph.projection import Projection
    from inventory.rest.tables import Tables

    _check(tables, everything, source, output, directory, packed)
    given = {"where": where, "orderBy": order_by, "fields": fields}
    parameters = {name: text for name, text in given.items() if text is not None}
    if first is not None:
        parameters["first"] = str(first)
    if escape_formulas:
        parameters["formulas"] = "escape"
    catalog = settings.catalog
    offered = Tables(Projection(catalog))
    chosen = _of(offered, source) if everything else _named(offered, tables)
    ending = form or (exporting.form_of(output) if output else None)
    ending = ending or ("json" if settings.json and not (output or directory) else "csv")
    try:
        asked = exporting.questions(catalog, offered, chosen, parameters, ending)
    except QueryError as error:
        raise Misused(_placed(error)) from error
    wishes = [
        exporting.Wish(each, _file(each.table.name, ending, output, directory, packed))
        for each in asked
    ]
    with settings.database() as dsn:
        written = exporting.export(dsn, wishes, ending)
    if output or directory:
        _told(settings, written)


def _placed(error: "QueryError") -> str:
    """The message, with the option in the place of REST's parameter."""
    parameter = str(error.extensions.get("parameter"))
    option, text = OPTIONS.get(parameter), str(error)
    if option is None:
        return text
    rest = text.removeprefix(parameter)
    return f"{option}{rest}" if rest != text and rest[:1] in ".[: " else f"{option}: {text}"


def _check(
    tables: tuple[str, ...],
    everything: bool,
    source: str | None,
    output: Path | None,
    directory: Path | None,
    packed: bool,
) -> None:
    if bool(tables) == everything:
        raise Misused(
            "name the tables to export, or give --all; `inventory model list` shows them"
            if not tables
            else "--all exports every table; leave out the names, or --all"
        )
    if source and not everything:
        raise Misused("--source goes with --all")
    if output and directory:
        raise Misused("give --output for one file, or --directory for a file of each table")
    if (everything or len(tables) > 1) and not directory:
        raise Misused("several tables need --directory: each becomes a file of its own there")
    if packed and not directory:
        raise Misused("--gzip goes with --directory; with --output, let the file's name end in .gz")


def _of(offered: "Tables", source: str | None) -> "list[Table]":
    sources = sorted({table.source for table in offered.by_name.values()})
    if source and source not in sources:
        unknown(source, sources, "source")
    return [table for table in offered.by_name.values() if source in (None, table.source)]


def _named(offered: "Tables", names: tuple[str, ...]) -> "list[Table]":
    from inventory.errors import QueryError

    try:
        return [offered.get(name) for name in dict.fromkeys(names)]
    except QueryError as error:
        text = str(error).replace("/api/v1 lists them", "`inventory model list` shows them")
        raise Misused(text) from error


def _file(
    table: str, form: str, output: Path | None, directory: Path | None, packed: bool
) -> Path | None:
    if directory is None:
        return output
    return directory / f"{table}.{form}{'.gz' if packed else ''}"


def _told(settings: Settings, written: "list[Written]") -> None:
    if settings.json:
        print_json([{"table": w.table, "rows": w.rows, "file": str(w.file)} for w in written])
        return
    print_table(
        [{"table": w.table, "rows": w.rows, "file": str(w.file)} for w in written],
        ["table", "rows", "file"],
    )
    if len(written) > 1:
        print(f"{plural(sum(w.rows for w in written), 'row')} of {plural(len(written), 'table')}")
