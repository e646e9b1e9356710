"""Tokens of the API that are kept in the database: made here, stored as hashes, shown once."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from inventory.core.access import Caller, Restriction
from inventory.db.engine import Connection
from inventory.errors import PayloadError

PREFIX = "inv_"
"""What every token starts with, so that scanners for secrets find one that got out."""
SHOWN = len(PREFIX) + 4
"""Of a token's characters, how many tell it from others in lists."""

ACTIVE = """
SELECT id, name, role, restriction, sha256, expires_at FROM common_token
WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
"""
USED = """
UPDATE common_token SET last_used_at = now()
WHERE id = ANY(%(ids)s) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
RETURNING id
"""
LIST = """
SELECT name, role, restriction, starts_with, created_at, created_by, expires_at, last_used_at,
    revoked_at,
    CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= now() THEN 'expired'
    ELSE 'active' END AS status
FROM common_token WHERE %(all)s OR revoked_at IS NULL
ORDER BY created_at, name
"""
FORGET = """
DELETE FROM common_token WHERE least(revoked_at, expires_at) < now() - interval '90 days'
"""


@dataclass(frozen=True)
class Made:
    """A new token. Only here it is seen."""

    token: str
    expires_at: datetime | None


def create(
    db: Connection,
    name: str,
    role: str,
    restriction: Restriction | None,
    *,
    by: str,
    expires_in: Any = None,
) -> Made:
    """Make a token of 256 random bits. Raises PayloadError if the name is taken."""
    token = PREFIX + secrets.token_urlsafe(32)
    stored = None
    if restriction is not None:
        stored = json.dumps({key: value for key, value in asdict(restriction).items() if value})
    try:
        row = db.execute(
            "INSERT INTO common_token (name, role, restriction, starts_with, sha256, created_by,"
            " expires_at) VALUES (%s, %s, %s::jsonb, %s, %s, %s, now() + %s) RETURNING expires_at",
            (name, role, stored, token[:SHOWN], digest(token).hex(), by, expires_in),
        ).fetchone()
    except psycopg.errors.UniqueViolation as error:
        raise PayloadError(
            f"a token is named {name!r} already; revoke it with `inventory token revoke {name}`, "
            "or choose another name"
        ) from error
    return Made(token, row[0] if row else None)


def revoke(db: Connection, name: str) -> bool:
    """End a token. False if none is named so."""
    return (
        db.execute(
            "UPDATE common_token SET revoked_at = now(), updated_at = now()"
            " WHERE name = %s AND revoked_at IS NULL",
            (name,),
        ).rowcount
        > 0
    )


def listed(db: Connection, *, revoked: bool = False) -> list[dict[str, Any]]:
    """Every token, the oldest first."""
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST, {"all": revoked}).fetchall()


def digest(token: str) -> bytes:
    """The hash that is stored. The token is random as a whole, so that no slow hash is needed."""
    return hashlib.sha256(token.encode()).digest()


def caller_of(name: str, role: str, restriction: dict[str, Any] | None) -> Caller | None:
    """Who asks with a stored token. None if another version stored what this one does not know."""
    if role not in ("viewer", "operator"):
        return None
    if restriction is None:
        return Caller(name, role)  # type: ignore[arg-type]
    try:
        found = Restriction(**{key: tuple(value) for key, value in restriction.items()})
        return Caller(name, role, found)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
