"""Leak rules → findings. What a rule cannot know it does not answer, and says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg import sql
from sqlalchemy.dialects import postgresql

from inventory.core.leak import LeakRule
from inventory.db.engine import Connection
from inventory.db.locks import lock
from inventory.db.owners import Knowledge, owner_side, waiting_links

ACCOUNT_COLUMNS = ("account_id", "project_id", "subscription_id")
REGION_COLUMNS = ("region_name", "region", "location")


@dataclass(frozen=True)
class Evaluated:
    """What became of a rule: open findings and how they changed, or why it was withheld."""

    open: int = 0
    new: int = 0
    resolved: int = 0
    unjudged: int = 0
    """Resources that it holds for, unless a part of the owner side that is unknown claims them, or
    they are gone since they were last listed."""
    withheld: str | None = None
    """Why it did not answer at all."""
    partly: str | None = None
    """Why it did not answer for some resources."""
    postponed: bool = False
    """Links that it reads are about to change: the last answer stands."""


def evaluate(db: Connection, rule: LeakRule, *, max_age: timedelta) -> Evaluated:
    """Bring a rule's findings up to date. `max_age` is how old a listing of the owner side may be."""
    with db.transaction():
        lock(db, rule.name)
        waiting, never = waiting_links(db, rule)
        if waiting and not never and _status(db, rule) is not None:
            return Evaluated(open=_open(db, rule), postponed=True)
        known = owner_side(db, rule, max_age)
        why = never or waiting or known.withheld
        result = _withhold(db, rule, why) if why else _find(db, rule, known)
        _record(db, rule, result)
    return result


def _withhold(db: Connection, rule: LeakRule, why: str) -> Evaluated:
    db.execute(
        "UPDATE common_leak SET is_withheld = true, updated_at = now()"
        " WHERE rule = %s AND resolved_at IS NULL AND NOT is_withheld",
        (rule.name,),
    )
    return Evaluated(withheld=why)


def _find(db: Connection, rule: LeakRule, known: Knowledge) -> Evaluated:
    row = db.execute(
        _statement(rule),
        {
            "rule": rule.name,
            "table": str(rule.model.__tablename__),
            "reason": rule.doc,
            "confidence": rule.confidence,
            "owners": [owner for owner, _ in known.scopes],
            "scopes": [scope for _, scope in known.scopes],
        },
    ).fetchone()
    new, resolved, unsure, doubted, scopes = row or (0, 0, 0, 0, None)
    reasons = [known.missing]
    if unsure:
        reasons.append(known.partly or "a part of the owner side was never listed")
    if doubted:
        reasons.append(
            f"{rule.model.registered_name()} {scopes} could not be listed completely, and what seems"
            " to be left behind there since may be gone"
        )
    return Evaluated(
        open=_open(db, rule),
        new=new,
        resolved=resolved,
        unjudged=unsure + doubted,
        partly="; ".join(reason for reason in reasons if reason) or None,
    )


STATEMENT = """
WITH known AS MATERIALIZED (SELECT * FROM unnest(%(owners)s::int[], %(scopes)s::text[]) AS k(owner, scope)),
suspects AS MATERIALIZED ({suspects}),
open AS MATERIALIZED
 (SELECT l.resource_id AS id FROM common_leak AS l WHERE l.rule = %(rule)s AND l.resolved_at IS NULL),
unsure AS MATERIALIZED
 (SELECT u.id FROM ({unsure}) AS u WHERE u.id IN (SELECT id FROM suspects)),
found AS MATERIALIZED (SELECT id FROM suspects EXCEPT SELECT id FROM unsure),
ended AS
 (UPDATE common_leak AS l SET resolved_at = now(), is_withheld = false, updated_at = now()
  WHERE l.rule = %(rule)s AND l.resolved_at IS NULL
  AND NOT EXISTS (SELECT FROM found AS f WHERE f.id = l.resource_id)
  AND NOT EXISTS (SELECT FROM unsure AS u WHERE u.id = l.resource_id) RETURNING 1),
parked AS
 (UPDATE common_leak AS l SET is_withheld = NOT l.is_withheld, updated_at = now()
  WHERE l.rule = %(rule)s AND l.resolved_at IS NULL
  AND (l.is_withheld AND EXISTS (SELECT FROM found AS f WHERE f.id = l.resource_id)
   OR NOT l.is_withheld AND EXISTS (SELECT FROM unsure AS u WHERE u.id = l.resource_id))),
doubted AS MATERIALIZED
 (SELECT t.id, s.scope FROM found AS f JOIN {table} AS t ON t.id = f.id
  JOIN common_scope AS s ON s.id = t.scope_id
  WHERE s.status <> 'complete' AND t.updated_at < s.last_attempt_at
  AND NOT EXISTS (SELECT FROM open AS o WHERE o.id = f.id)),
fresh AS
 (INSERT INTO common_leak AS l (rule, resource_id, resource_table, resource_name, account, region,
   reason, confidence, first_detected_at)
  SELECT %(rule)s, t.id, %(table)s, {name}, {account}, {region}, %(reason)s, %(confidence)s, now()
  FROM found AS f JOIN {table} AS t ON t.id = f.id
  WHERE NOT EXISTS (SELECT FROM open AS o WHERE o.id = f.id)
  AND NOT EXISTS (SELECT FROM doubted AS d WHERE d.id = f.id)
  ON CONFLICT (resource_id, rule) DO UPDATE SET resolved_at = NULL, first_detected_at = now(),
   is_withheld = false, resource_name = excluded.resource_name, reason = excluded.reason,
   confidence = excluded.confidence, updated_at = now() RETURNING 1)
SELECT (SELECT count(*) FROM fresh), (SELECT count(*) FROM ended),
 (SELECT count(*) FROM unsure JOIN suspects USING (id)), (SELECT count(*) FROM doubted),
 (SELECT string_agg(DISTINCT scope, ', ') FROM doubted)
"""
"""Whose owner is gone while its own scope is not listed completely may be gone with it: such a row is
doubted, and only what was found before, or was seen in the last attempt, is shown."""


def _statement(rule: LeakRule) -> sql.Composed:
    table = rule.model.__table__
    return sql.SQL(STATEMENT).format(
        suspects=_compiled(rule.suspects()),
        unsure=_compiled(rule.unsure()),
        table=sql.Identifier(table.name),
        name=_first(table, rule.model.display_columns()),
        account=_first(table, ACCOUNT_COLUMNS),
        region=_first(table, REGION_COLUMNS),
    )


def _compiled(selected: Any) -> sql.SQL:
    text = str(
        selected.compile(
            dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
            compile_kwargs={"literal_binds": True},
        )
    )
    return sql.SQL(text.replace("%%", "%").replace("%", "%%"))


def _first(table: Any, names: tuple[str, ...]) -> sql.Composable:
    """The first of these columns that the table has and the row fills, as text."""
    found = [sql.SQL("t.{}::text").format(sql.Identifier(n)) for n in names if n in table.c]
    return sql.SQL("COALESCE({})").format(sql.SQL(", ").join([*found, sql.SQL("NULL")]))


def _open(db: Connection, rule: LeakRule) -> int:
    """How many findings are shown."""
    (count,) = db.execute(
        "SELECT count(*) FROM common_leak"
        " WHERE rule = %s AND resolved_at IS NULL AND NOT is_withheld",
        (rule.name,),
    ).fetchone() or (0,)
    found: int = count
    return found


def _status(db: Connection, rule: LeakRule) -> str | None:
    row = db.execute("SELECT status FROM common_leak_rule WHERE name = %s", (rule.name,)).fetchone()
    return row[0] if row else None


def _record(db: Connection, rule: LeakRule, result: Evaluated) -> None:
    status = "withheld" if result.withheld else "partial" if result.partly else "answered"
    db.execute(
        "INSERT INTO common_leak_rule (name, model, reason, confidence, status, why, evaluated_at,"
        " open_findings, unjudged) VALUES (%s, %s, %s, %s, %s, %s, now(), %s, %s)"
        " ON CONFLICT (name) DO UPDATE SET model = excluded.model, reason = excluded.reason,"
        " confidence = excluded.confidence, status = excluded.status, why = excluded.why,"
        " evaluated_at = now(), open_findings = excluded.open_findings,"
        " unjudged = excluded.unjudged, updated_at = now()",
        (
            rule.name,
            rule.model.registered_name(),
            rule.doc,
            rule.confidence,
            status,
            result.withheld or result.partly,
            result.open,
            result.unjudged,
        ),
    )
