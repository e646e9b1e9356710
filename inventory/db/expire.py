"""Rows past their retention → DELETE, in batches. Retention is measured against last seen.

A row was last seen when its scope was last listed completely.  Rows go when that was too long ago
*and* it is the source's doing: the scope is no longer among those that the source has.  What merely
failed, was never tried, or waits in a queue is spared, and it is said why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from psycopg import sql

from inventory.core.duration import spell
from inventory.core.model import Resource
from inventory.db.engine import Connection
from inventory.db.locks import lock

BATCH = 5000

# When the scopes of the source were last listed as a whole.  A run that fanned out to nobody leaves
# no other trace than itself.
LISTING = """
SELECT greatest(
    (SELECT max(listed_at) FROM common_scope WHERE model = %(model)s),
    (SELECT max(started_at) FROM common_run
     WHERE task = ANY(%(collectors)s) AND state = 'completed' AND scope IS NULL
       AND payload - 'confirm_delete' = '{}' AND result ? 'scopes'))
"""

# Why a scope's rows stay although they are too old; no reason means that they go.
VERDICTS = """
SELECT s.id, s.scope,
    CASE
        WHEN s.status <> 'complete' THEN 'the last attempt of ' || s.scope || ' was ' || s.status
        WHEN f.scope IS NOT NULL THEN 'the scopes of ' || f.scope || ' could not be listed'
        WHEN %(enabled)s AND %(listing)s::timestamptz IS NULL AND NOT EXISTS
            (SELECT FROM common_scope AS o WHERE o.model = s.model
                AND o.last_complete_at >= now() - %(retention)s)
            THEN 'nothing of it was collected'
        WHEN %(enabled)s AND %(listing)s::timestamptz < now() - %(retention)s
            THEN 'its scopes were not listed'
        WHEN %(enabled)s AND coalesce(s.listed_at, s.created_at) >= %(listing)s::timestamptz
            THEN s.scope || ' is still there but was not collected'
    END AS reason
FROM common_scope AS s LEFT JOIN LATERAL (
    SELECT o.scope FROM common_scope AS o
    WHERE o.model = s.model AND o.status = 'failed' AND o.id <> s.id
      AND (o.scope = 'all' OR starts_with(s.scope, o.scope || '/'))
    LIMIT 1
) AS f ON true
WHERE s.model = %(model)s
  AND coalesce(s.last_complete_at, s.created_at) < now() - %(retention)s
ORDER BY s.scope
"""


@dataclass(frozen=True)
class Expired:
    """How many rows went, how many stayed although they are too old, and why."""

    removed: int = 0
    spared: int = 0
    reason: str | None = None
    error: str | None = None


def expire(
    db: Connection,
    model: type[Resource],
    retention: timedelta,
    *,
    collectors: Sequence[str],
    enabled: bool = True,
    check: Callable[[], None] = lambda: None,
) -> Expired:
    """Remove the rows of a model that were last seen longer ago than the retention.

    `collectors` are the tasks that list the model; `enabled` is whether its source is configured at
    all, since of one that is not nothing will ever be seen again.
    """
    name, table = model.registered_name(), sql.Identifier(str(model.__tablename__))
    given = {"model": name, "collectors": list(collectors), "retention": retention}
    (listing,) = db.execute(LISTING, given).fetchone() or (None,)
    verdicts = db.execute(VERDICTS, {**given, "listing": listing, "enabled": enabled}).fetchall()
    removed = 0
    spared: Counter[str] = Counter()
    for scope_id, scope, reason in verdicts:
        check()
        if reason is None:
            removed += _remove(db, model, scope_id, scope, retention, check)
        elif rows := _count(db, table, scope_id):
            spared[reason] += rows
    removed += _remove_homeless(db, table, retention, check)
    return Expired(removed, spared.total(), _reasons(spared, retention))


def _remove(
    db: Connection,
    model: type[Resource],
    scope_id: UUID,
    scope: str,
    retention: timedelta,
    check: Callable[[], None],
) -> int:
    """Remove a scope's rows and then the scope itself, unless it is listed again meanwhile."""
    table = str(model.__tablename__)
    statement = sql.SQL(
        "DELETE FROM {0} WHERE id IN (SELECT id FROM {0} WHERE scope_id = %s LIMIT %s)"
    ).format(sql.Identifier(table))
    removed, last = 0, BATCH
    while last == BATCH:
        check()
        with db.transaction():
            lock(db, table, scope)
            still = db.execute(
                "SELECT FROM common_scope WHERE id = %s AND status = 'complete'"
                " AND coalesce(last_complete_at, created_at) < now() - %s",
                (scope_id, retention),
            ).fetchone()
            if still is None:
                return removed
            last = db.execute(statement, (scope_id, BATCH)).rowcount
            if last < BATCH:
                db.execute("DELETE FROM common_scope WHERE id = %s", (scope_id,))
        removed += last
    return removed


def _remove_homeless(
    db: Connection, table: sql.Identifier, retention: timedelta, check: Callable[[], None]
) -> int:
    """Rows whose scope nobody knows cannot be confirmed by any listing."""
    statement = sql.SQL(
        "DELETE FROM {0} WHERE id IN (SELECT id FROM {0} AS r WHERE updated_at < now() - %s"
        " AND NOT EXISTS (SELECT FROM common_scope AS s WHERE s.id = r.scope_id) LIMIT %s)"
    ).format(table)
    removed, last = 0, BATCH
    while last == BATCH:
        check()
        last = db.execute(statement, (retention, BATCH)).rowcount
        removed += last
    return removed


def _count(db: Connection, table: sql.Identifier, scope_id: UUID) -> int:
    statement = sql.SQL("SELECT count(*) FROM {} WHERE scope_id = %s").format(table)
    (rows,) = db.execute(statement, (scope_id,)).fetchone() or (0,)
    counted: int = rows
    return counted


def _reasons(spared: Counter[str], retention: timedelta) -> str | None:
    if not spared:
        return None
    named = [f"{rows} rows: {reason}" for reason, rows in spared.most_common(5)]
    more = [f"and {len(spared) - 5} scopes more"] if len(spared) > 5 else []
    return f"not seen for {spell(retention)}, but spared: {'; '.join([*named, *more])}"
