"""How fresh an answer is: when the scopes of what it was read from were last listed completely."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Protocol

import orjson

from inventory.core.model import Resource
from inventory.graph.projection import Projection

READ = re.compile(r'\b(?:FROM|JOIN) "?(\w+)')
# Every model that was asked for, also one that was never collected.
FRESHNESS = """
SELECT COALESCE(json_agg(json_build_object(
        'model', m.name, 'scopes', s.scopes, 'stale', s.stale, 'failed', s.failed,
        'oldestCompleteAt', s.oldest, 'newestCompleteAt', s.newest
    ) ORDER BY m.name), '[]')::text
FROM unnest($1::text[]) AS m (name), LATERAL (
    SELECT count(*) AS scopes,
        count(*) FILTER (WHERE COALESCE(last_complete_at < now() - make_interval(secs => $2), true))
            AS stale,
        count(*) FILTER (WHERE status IN ('failed', 'incomplete', 'suspicious')) AS failed,
        min(last_complete_at) AS oldest, max(last_complete_at) AS newest
    FROM common_scope WHERE model = m.name
) AS s
"""


class Database(Protocol):
    """What runs statements."""

    async def fetch(self, sql: str, parameters: list[Any]) -> tuple[bytes, ...]:
        """Run a statement that answers one row, and return its columns."""


class Counted:
    """A database that remembers what it was asked, for one request."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.statements: list[str] = []

    async def fetch(self, sql: str, parameters: list[Any]) -> tuple[bytes, ...]:
        """Run a statement that answers one row, and return its columns."""
        self.statements.append(sql)
        found: tuple[bytes, ...] = await self.inner.fetch(sql, parameters)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


async def freshness(
    database: Database, projection: Projection, statements: Iterable[str], stale: timedelta
) -> list[dict[str, Any]]:
    """How fresh the resources are that these statements read, one entry for each model."""
    read = {table for sql in statements for table in READ.findall(sql)}
    # Whether two things belong together depends on both.
    for link in projection.catalog.links.values():
        if link.name in read:
            read |= {str(link.a.__tablename__), str(link.b.__tablename__)}
    names = {
        shape.model.registered_name(): shape
        for table in read
        if (shape := projection.by_table.get(table)) and issubclass(shape.model, Resource)
    }
    if not names:
        return []
    (column,) = await database.fetch(FRESHNESS, [sorted(names), stale.total_seconds()])
    found: list[dict[str, Any]] = orjson.loads(column)
    return [
        {"type": names[each["model"]].name, "source": names[each["model"]].model.source.key, **each}
        for each in found
    ]
