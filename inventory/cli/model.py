"""`inventory model`."""

import json
from typing import TYPE_CHECKING, Any

import click

from inventory.cli.base import Group, Misused, Settings, pass_settings, unknown
from inventory.cli.output import ago, print_json, show

if TYPE_CHECKING:
    from inventory.core.model import Model


@click.group(cls=Group)
def command() -> None:
    """What was collected: counts, freshness, rows.

    Examples:
        inventory model list
        inventory model query aws_vpc --limit 5
    """


@command.command("list")
@click.option("--source", help="Only the models of one source, such as aws.")
@pass_settings
def list_models(settings: Settings, source: str | None) -> None:
    """List the models, with the number of rows and when they were last listed completely.

    `scopes` says how many parts of the source were read completely at the last attempt, of how many.

    Examples:
        inventory model list
        inventory model list --source aws
        inventory model list --json | jq '.[] | select(.rows == 0).model'
    """
    from inventory.cli import rows

    catalog = settings.catalog
    if source and source not in catalog.sources:
        unknown(source, [*catalog.sources], "source")
    models = [m for m in catalog.models.values() if source in (None, m.source.key)]
    models.sort(key=lambda model: model.source.key == "common")
    with settings.database() as dsn:
        counted = rows.counts(dsn, models)
    if not settings.json:
        for row in counted:
            row["seen"] = ago(row["seen"])
            row["scopes"] = f"{row['complete']}/{row['scopes']}" if row["scopes"] else None
    columns = ["model", "table", "rows", "scopes", "seen"]
    if settings.json:
        columns.insert(4, "complete")
    show(settings, counted, columns, empty="no model is declared")


@command.command()
@click.argument("model")
@click.option(
    "--where",
    metavar="JSON",
    help='Which rows: {"region_name": "eu-central-1"}, {"name": {"ilike": "shoot--%"}}.',
)
@click.option("--columns", metavar="A,B,…", help="Which columns, in this order.")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="How many rows."
)
@click.option(
    "--offset", type=click.IntRange(0), default=0, help="How many rows to leave out first."
)
@pass_settings
def query(
    settings: Settings, model: str, where: str | None, columns: str | None, limit: int, offset: int
) -> None:
    """Print rows of a model, in the order of what identifies them.

    MODEL is a table or a model's name. Operators of --where: eq, ne, in, lt, lte, gt, gte, like,
    ilike, isNull; and, or, not around them.

    Examples:
        inventory model query aws_vpc
        inventory model query aws:model:instance --where '{"state": {"ne": "running"}}' --json
        inventory model query g_shoot --columns name,project_name,seed_name --limit 10
        inventory model query aws_vpc --where '{"or": [{"name": null}, {"is_default": true}]}'
    """
    from inventory.cli import rows

    found = settings.catalog.model(model)
    wanted = _columns(found, columns, all_columns=settings.json)
    condition = rows.condition(found, _json(where)) if where else None
    with settings.database() as dsn:
        selected = rows.select(dsn, found, wanted, condition, limit=limit, offset=offset)
    if settings.json:
        print_json(selected)
        return
    table = found.__tablename__
    show(settings, selected, wanted, empty=f"{table} has no row" + (" like that" if where else ""))
    if len(selected) == limit:
        click.echo(f"… the first {limit}; --limit and --offset show others", err=True)


def _columns(model: "type[Model]", given: str | None, *, all_columns: bool) -> list[str]:
    known = list(model.model_fields)
    if given:
        names = [name.strip() for name in given.split(",") if name.strip()]
        for name in names:
            if name not in known:
                unknown(name, known, f"column of {model.__tablename__}")
        return names
    if all_columns:
        return known
    own = [*model.display_columns(), *reversed(model.key)]
    others = [name for name in known if name not in ("id", "scope_id", "created_at", "updated_at")]
    return list(dict.fromkeys([*own, *others]))[:6]


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise Misused(f"--where is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Misused('--where needs an object, such as {"name": "x"}')
    return value
