"""The scope ledger: what was last asked of each scope of each model, and how that ended."""

from __future__ import annotations

from uuid import UUID

from inventory.core.model import Model
from inventory.core.scope import Scope
from inventory.db.engine import Connection
from inventory.db.locks import lock
from inventory.errors import InventoryError

ATTEMPTED = """
INSERT INTO common_scope
    (id, source, model, scope, account, region, status, last_attempt_at, rows_seen, run_id,
     error, error_code)
VALUES (md5('common_scope' || E'\\x1f' || %(model)s || E'\\x1f' || %(scope)s)::uuid,
        %(source)s, %(model)s, %(scope)s, %(account)s, %(region)s, %(status)s, now(), 0, %(run)s,
        %(error)s, %(code)s)
ON CONFLICT (model, scope) DO UPDATE
    SET status = excluded.status, last_attempt_at = now(), run_id = excluded.run_id,
        error = excluded.error, error_code = excluded.error_code, updated_at = now()
RETURNING id
"""
COMPLETED = """
UPDATE common_scope
SET status = 'complete', last_attempt_at = now(), last_complete_at = now(), rows_seen = %s,
    run_id = %s, error = NULL, error_code = NULL, updated_at = now()
WHERE id = %s
"""


def lock_scope(db: Connection, model: type[Model], scope: Scope) -> UUID:
    """Let nobody else write this scope of this model until the transaction ends; return its id."""
    lock(db, str(model.__tablename__), str(scope))
    row = db.execute(
        "SELECT id FROM common_scope WHERE model = %s AND scope = %s",
        (model.registered_name(), str(scope)),
    ).fetchone()
    if row is not None:
        scope_id: UUID = row[0]
        return scope_id
    return attempted(db, model, scope, "running")


def attempted(
    db: Connection,
    model: type[Model],
    scope: Scope | str,
    status: str,
    *,
    run_id: UUID | None = None,
    error: InventoryError | None = None,
) -> UUID:
    """Record an attempt that did not complete: `running`, `incomplete`, `failed`, `suspicious`.

    `scope` is text where a source could not even list its scopes.  When it was last complete stays
    as it was.
    """
    account = getattr(scope, "account_id", None) or getattr(scope, "project_id", None)
    row = db.execute(
        ATTEMPTED,
        {
            "source": model.source.key,
            "model": model.registered_name(),
            "scope": str(scope),
            "account": account,
            "region": getattr(scope, "region", None),
            "status": status,
            "run": run_id,
            "error": str(error) if error else None,
            "code": error.code if error else None,
        },
    ).fetchone()
    assert row is not None  # noqa: S101 - RETURNING always answers
    scope_id: UUID = row[0]
    return scope_id


def completed(db: Connection, scope_id: UUID, rows: int, *, run_id: UUID | None = None) -> None:
    """Record that a complete listing of the scope was stored; it holds `rows` rows."""
    db.execute(COMPLETED, (rows, run_id, scope_id))
