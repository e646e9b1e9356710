"""A link's table := what its rules find now. Rows that stay are not touched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy.dialects import postgresql

from inventory.core.link import Link
from inventory.db.engine import Connection, first_line
from inventory.db.locks import lock
from inventory.errors import DatabaseError
from inventory.telemetry import tracing

ATTEMPTS = 3


@dataclass(frozen=True)
class Reconciled:
    """Pairs that the rules find now, and how the table changed to hold exactly these."""

    found: int
    added: int
    removed: int


def reconcile(db: Connection, link: Link, run_id: UUID | None = None) -> Reconciled:
    """Make a link's table hold exactly the pairs that its rules find, in one statement.

    Records in `common_link` when the pairs were confirmed, and by which run.  Safe beside collectors and other
    reconcilers: a pair whose end vanishes meanwhile is looked for again.
    """
    for _ in range(ATTEMPTS):
        try:
            with tracing.span(f"reconcile {link.name}") as span, db.transaction():
                lock(db, link.name)
                found, added, removed = db.execute(statement(link)).fetchone() or (0, 0, 0)
                result = Reconciled(found, added, removed)
                span.set({f"inventory.{name}": count for name, count in vars(result).items()})
                _record(db, link, result, run_id)
        except (psycopg.errors.ForeignKeyViolation, psycopg.errors.DeadlockDetected) as error:
            last = error
        else:
            return result
    raise DatabaseError(f"link {link.name}: its ends kept vanishing: {first_line(last)}") from last


@cache
def statement(link: Link) -> sql.Composed:
    """The statement that finds, adds, corrects and removes pairs, and counts each."""
    a, b = link.columns
    pairs = link.pairs().compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    # SQLAlchemy doubles per cent signs for a driver that binds; nothing is bound here.
    # One snapshot for all parts: what `found` holds is what is added and what is kept.
    return sql.SQL(
        "WITH found AS MATERIALIZED ({pairs}),"
        " gone AS (DELETE FROM {table} AS l WHERE NOT EXISTS"
        "  (SELECT FROM found AS f WHERE f.a_id = l.{a} AND f.b_id = l.{b}) RETURNING 1),"
        " fresh AS (INSERT INTO {table} ({a}, {b}, rule)"
        "  SELECT f.a_id, f.b_id, f.rule FROM found AS f WHERE NOT EXISTS"
        "  (SELECT FROM {table} AS l WHERE l.{a} = f.a_id AND l.{b} = f.b_id) RETURNING 1){ruled}"
        " SELECT (SELECT count(*) FROM found), (SELECT count(*) FROM fresh),"
        " (SELECT count(*) FROM gone)"
    ).format(
        pairs=sql.SQL(str(pairs).replace("%%", "%")),
        table=sql.Identifier(link.name),
        a=sql.Identifier(a),
        b=sql.Identifier(b),
        ruled=_ruled(link, a, b) if len(link.rules) > 1 else sql.SQL(""),
    )


def _ruled(link: Link, a: str, b: str) -> sql.Composed:
    """Where several rules can find a pair, the one that did may change."""
    return sql.SQL(
        ", ruled AS (UPDATE {table} AS l SET rule = f.rule FROM found AS f"
        " WHERE l.{a} = f.a_id AND l.{b} = f.b_id AND l.rule <> f.rule RETURNING 1)"
    ).format(table=sql.Identifier(link.name), a=sql.Identifier(a), b=sql.Identifier(b))


def _record(db: Connection, link: Link, result: Reconciled, run_id: UUID | None) -> None:
    db.execute(
        "INSERT INTO common_link (name, reconciled_at, found, added, removed, run_id)"
        " VALUES (%s, now(), %s, %s, %s, %s)"
        " ON CONFLICT (name) DO UPDATE SET reconciled_at = now(), found = excluded.found,"
        " added = excluded.added, removed = excluded.removed, run_id = excluded.run_id,"
        " error = NULL, updated_at = now()",
        (link.name, result.found, result.added, result.removed, run_id),
    )


def analyze(db: Connection, tables: list[str]) -> None:
    """Refresh the planner's statistics; without them, traversals of new tables take the wrong
    plan.
    """
    for table in tables:
        db.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
