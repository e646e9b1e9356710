"""The ledger of scopes: what was last asked, and how that ended."""

from __future__ import annotations

from typing import Any

import psycopg

from inventory.db import scopes
from inventory.errors import AccessDenied
from tests.graph.zoo.models.house import House
from tests.toy.scopes import RegionScope

EAST = RegionScope("1", "east")


def row(db: psycopg.Connection[Any]) -> dict[str, Any]:
    with db.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        found = cursor.execute("SELECT * FROM common_scope").fetchall()
    (only,) = found
    return only


def test_a_failure_is_recorded_and_forgotten_by_the_next_success(zoo: Any) -> None:
    failed = scopes.attempted(zoo, House, EAST, "failed", error=AccessDenied("may not list"))
    first = row(zoo)
    scopes.completed(zoo, failed, 7)
    second = row(zoo)
    again = scopes.attempted(zoo, House, EAST, "failed", error=AccessDenied("may not list"))
    third = row(zoo)

    assert failed == again
    assert (first["source"], first["model"], first["scope"]) == ("zoo", "zoo:model:house", "1/east")
    assert (first["account"], first["region"], first["rows_seen"]) == ("1", "east", 0)
    assert (first["status"], first["error"], first["error_code"], first["last_complete_at"]) == (
        "failed",
        "may not list",
        "SOURCE_ACCESS_DENIED",
        None,
    )
    assert (second["status"], second["rows_seen"], second["error"]) == ("complete", 7, None)
    assert third["last_complete_at"] == second["last_complete_at"] is not None
    assert third["rows_seen"] == 7


def test_scopes_that_could_not_even_be_listed_are_recorded_by_name(zoo: Any) -> None:
    scopes.attempted(zoo, House, "account 1", "failed", error=AccessDenied("x"))

    assert (row(zoo)["scope"], row(zoo)["account"]) == ("account 1", None)


def test_the_lock_of_a_scope_keeps_others_out_until_the_transaction_ends(
    zoo: Any, other: Any
) -> None:
    with zoo.transaction():
        mine = scopes.lock_scope(zoo, House, EAST)
        other.execute("SET lock_timeout = '100ms'")
        try:
            with other.transaction():
                scopes.lock_scope(other, House, EAST)
            waited = False
        except psycopg.errors.LockNotAvailable:
            waited = True

    other.execute("SET lock_timeout = 0")
    with other.transaction():
        assert scopes.lock_scope(other, House, EAST) == mine
    assert waited
