"""What every service needs to be ready: PostgreSQL, its migrations and tables, and Redis."""

from __future__ import annotations

import asyncio

from inventory.config import Config
from inventory.db import migrate
from inventory.errors import DatabaseError
from inventory.runtime.queue import Queue
from inventory.telemetry.health import Check, remembered

LONG_ENOUGH = 30.0
"""Seconds for which what does not change by itself needs no second look."""
COLUMNS = """
SELECT c.relname, array_agg(a.attname::text)
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relname = ANY(%(tables)s) AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)
  AND a.attnum > 0 AND NOT a.attisdropped
GROUP BY c.relname
"""


def server_checks(config: Config, queue: Queue) -> dict[str, Check]:
    """The checks that all services make, by the names that `/readyz` shows."""

    async def database() -> None:
        await queue.ledger.fetch("SELECT 1")

    async def migrations() -> None:
        await asyncio.to_thread(
            migrate.require_current, str(config.database.dsn), config.database.migration_dir
        )

    async def schema() -> None:
        await require_tables(queue)

    async def redis() -> None:
        await queue.broker.sizes(["default"])

    return {
        "database": database,
        "migrations": remembered(migrations, LONG_ENOUGH),
        "schema": remembered(schema, LONG_ENOUGH),
        "queue": redis,
    }


async def require_tables(queue: Queue) -> None:
    """Raise DatabaseError, naming what is missing, unless every declared column is there."""
    tables = queue.catalog.tables
    found = dict(await queue.ledger.fetch(COLUMNS, {"tables": list(tables)}))
    missing = [
        f"{name}.{column.name}" if name in found else name
        for name, table in tables.items()
        for column in (table.columns if name in found else list(table.columns)[:1])
        if column.name not in found.get(name, ())
    ]
    if missing:
        named = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if missing[3:] else "")
        raise DatabaseError(
            f"the database lacks {named}, although its migrations are those of this version; "
            "check database.migration_dir, and what was changed by hand"
        )
