"""Leak rules → findings. A rule that cannot know its owner side changes nothing and says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg import sql
from sqlalchemy.dialects import postgresql

from inventory.core.duration import spell
from inventory.core.leak import LeakRule
from inventory.core.model import Resource
from inventory.db.engine import Connection
from inventory.db.locks import lock

ACCOUNT_COLUMNS = ("account_id", "project_id", "subscription_id")
REGION_COLUMNS = ("region_name", "region", "location")
FAILING = ("failed", "incomplete", "suspicious")


@dataclass(frozen=True)
class Evaluated:
    """What became of a rule: open findings and how they changed, or why it was withheld."""

    open: int = 0
    new: int = 0
    resolved: int = 0
    withheld: str | None = None


def evaluate(db: Connection, rule: LeakRule, *, max_age: timedelta) -> Evaluated:
    """Bring a rule's findings up to date. `max_age` is how old a listing of the owner side may be."""
    with db.transaction():
        lock(db, rule.name)
        withheld = _owner_side(db, rule, max_age)
        result = Evaluated(open=_open(db, rule), withheld=withheld) if withheld else _find(db, rule)
        _record(db, rule, result)
    return result


def _owner_side(db: Connection, rule: LeakRule, max_age: timedelta) -> str | None:
    """Why nobody knows what could claim the resources; None if it is known."""
    for owner in rule.owners:
        why = _unknown(db, owner, max_age)
        if why:
            return why
    return None


def _unknown(db: Connection, owner: type[Resource], max_age: timedelta) -> str | None:
    name = owner.registered_name()
    scopes = db.execute(
        "SELECT scope, status, last_complete_at, last_complete_at < now() - %s, rows_seen, error"
        " FROM common_scope WHERE model = %s ORDER BY scope",
        (max_age, name),
    ).fetchall()
    if not scopes:
        return f"{name} was never collected, so nobody knows what is claimed; collect it first"
    for scope, status, complete, stale, _, error in scopes:
        if complete is None or status in FAILING:
            return f"{name} {scope} could not be listed completely: {error or status}"
        if stale:
            return (
                f"{name} {scope} was last listed at {complete:%Y-%m-%d %H:%M} UTC, longer ago than "
                f"{spell(max_age)}; collect it again"
            )
    if not any(rows for *_, rows, _ in scopes):
        return f"{name} is empty everywhere, which rather means that something is wrong with it"
    return None


def _find(db: Connection, rule: LeakRule) -> Evaluated:
    row = db.execute(
        _statement(rule),
        {
            "rule": rule.name,
            "table": str(rule.model.__tablename__),
            "reason": rule.doc,
            "confidence": rule.confidence,
        },
    ).fetchone()
    new, resolved = row or (0, 0)
    return Evaluated(open=_open(db, rule), new=new, resolved=resolved)


def _statement(rule: LeakRule) -> sql.Composed:
    suspects = str(
        rule.suspects().compile(
            dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
            compile_kwargs={"literal_binds": True},
        )
    )
    table = rule.model.__table__
    return sql.SQL(
        "WITH found AS MATERIALIZED ({suspects}),"
        " ended AS (UPDATE common_leak AS l SET resolved_at = now(), updated_at = now()"
        "  WHERE l.rule = %(rule)s AND l.resolved_at IS NULL"
        "  AND NOT EXISTS (SELECT FROM found AS f WHERE f.id = l.resource_id) RETURNING 1),"
        " fresh AS (INSERT INTO common_leak AS l (rule, resource_id, resource_table,"
        "   resource_name, account, region, reason, confidence, first_detected_at)"
        "  SELECT %(rule)s, t.id, %(table)s, {name}, {account}, {region}, %(reason)s,"
        "   %(confidence)s, now() FROM found AS f JOIN {table} AS t ON t.id = f.id"
        "  WHERE NOT EXISTS (SELECT FROM common_leak AS k WHERE k.rule = %(rule)s"
        "   AND k.resource_id = f.id AND k.resolved_at IS NULL)"
        "  ON CONFLICT (resource_id, rule) DO UPDATE SET resolved_at = NULL,"
        "   first_detected_at = now(), resource_name = excluded.resource_name,"
        "   reason = excluded.reason, confidence = excluded.confidence, updated_at = now()"
        "  RETURNING 1)"
        " SELECT (SELECT count(*) FROM fresh), (SELECT count(*) FROM ended)"
    ).format(
        suspects=sql.SQL(suspects.replace("%%", "%").replace("%", "%%")),
        table=sql.Identifier(table.name),
        name=_first(table, rule.model.display_columns()),
        account=_first(table, ACCOUNT_COLUMNS),
        region=_first(table, REGION_COLUMNS),
    )


def _first(table: Any, names: tuple[str, ...]) -> sql.Composable:
    """The first of these columns that the table has and the row fills, as text."""
    found = [sql.SQL("t.{}::text").format(sql.Identifier(n)) for n in names if n in table.c]
    return sql.SQL("COALESCE({})").format(sql.SQL(", ").join([*found, sql.SQL("NULL")]))


def _open(db: Connection, rule: LeakRule) -> int:
    (count,) = db.execute(
        "SELECT count(*) FROM common_leak WHERE rule = %s AND resolved_at IS NULL", (rule.name,)
    ).fetchone() or (0,)
    found: int = count
    return found


def _record(db: Connection, rule: LeakRule, result: Evaluated) -> None:
    db.execute(
        "INSERT INTO common_leak_rule"
        " (name, model, reason, confidence, status, why, evaluated_at, open_findings)"
        " VALUES (%s, %s, %s, %s, %s, %s, now(), %s)"
        " ON CONFLICT (name) DO UPDATE SET model = excluded.model, reason = excluded.reason,"
        " confidence = excluded.confidence, status = excluded.status, why = excluded.why,"
        " evaluated_at = now(), open_findings = excluded.open_findings, updated_at = now()",
        (
            rule.name,
            rule.model.registered_name(),
            rule.doc,
            rule.confidence,
            "withheld" if result.withheld else "answered",
            result.withheld,
            result.open,
        ),
    )
