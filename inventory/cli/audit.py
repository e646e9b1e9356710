"""`inventory audit`."""

from typing import Any

import click

from inventory.cli.base import Group, Settings, pass_settings
from inventory.cli.output import show

COLUMNS = ["at", "actor", "via", "origin", "action", "outcome", "code", "run", "arguments"]
QUERY = """
SELECT created_at AS at, actor, role, via, origin, action, arguments, outcome, code, message,
    run_id::text AS run, finished_at
FROM common_audit_event
WHERE (%(actor)s::text IS NULL OR actor = %(actor)s)
  AND (%(action)s::text IS NULL OR action = %(action)s)
  AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)
  AND created_at > now() - coalesce(%(since)s, interval '100 years')
ORDER BY created_at DESC, id LIMIT %(limit)s
"""


@click.group(cls=Group)
def command() -> None:
    """Who changed what, and who tried.

    Mutations of the API and commands that change something are recorded, those that were refused
    too.

    Examples:
        inventory audit list
        inventory audit list --actor ci --since 7d
    """


@command.command("list")
@click.option("--actor", help="Only what one did: a token's name, or a user.")
@click.option("--action", help="Only this mutation or command, such as 'task cancel'.")
@click.option(
    "--outcome", type=click.Choice(["done", "refused", "failed", "begun"]), help="Only these."
)
@click.option("--since", metavar="DURATION", help="Only the last 7d, say.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@pass_settings
def list_(
    settings: Settings,
    actor: str | None,
    action: str | None,
    outcome: str | None,
    since: str | None,
    limit: int,
) -> None:
    """List attempts to change something, the latest first.

    Examples:
        inventory audit list
        inventory audit list --outcome refused --since 24h
        inventory audit list --actor ci --json
    """
    from psycopg.rows import dict_row

    from inventory.core import duration
    from inventory.db import engine

    given: dict[str, Any] = {"actor": actor, "action": action, "outcome": outcome, "limit": limit}
    given["since"] = duration.parse(since) if since else None
    with (
        settings.database() as dsn,
        engine.connect(dsn) as db,
        db.cursor(row_factory=dict_row) as cursor,
    ):
        rows = cursor.execute(QUERY.encode(), given).fetchall()
    columns = [*COLUMNS, "role", "message", "finished_at"] if settings.json else COLUMNS
    show(
        settings,
        rows,
        columns,
        empty="Nobody tried to change anything yet; mutations and commands like `task enqueue` appear here.",
    )
