from collections.abc import Callable

import pytest

from tests.cli.conftest import Inventory, Result


@pytest.fixture
def db(inventory: Inventory, empty_database: str) -> Callable[..., Result]:
    return lambda *words: inventory("--database-uri", empty_database, "db", *words)


def test_an_empty_database_is_migrated_and_says_where_it_stands(db: Callable[..., Result]) -> None:
    before = db("status", "--json").json
    pending = db("pending", "--json").json

    migrated = db("migrate")

    after = db("status", "--json").json
    applied = db("applied", "--json").json
    assert (before["version"], after["pending"]) == (None, 0)
    assert before["pending"] == len(pending) == len(applied) > 0
    assert after["version"] == after["newest"] == applied[0]["id"]
    assert migrated.out.splitlines()[1:] == [f"  {each['name']}" for each in pending]
    assert db("migrate").out == "the database is up to date\n"
    assert db("pending").out == "no migration is pending\n"
    assert "up to date" in db("status").out


def test_the_latest_migration_is_undone_and_done_again(db: Callable[..., Result]) -> None:
    db("migrate")

    undone = db("rollback", "--json").json["rolled_back"]

    assert len(undone) == 1
    assert db("status", "--json").json["pending"] == 1
    assert "out of date; run `inventory db migrate`" in db("status").out
    assert db("migrate", "--json").json == {"applied": undone}


def test_rolling_back_more_than_there_is_fails(db: Callable[..., Result]) -> None:
    result = db("rollback")

    assert (result.status, result.out) == (1, "")
    assert "the database has 0" in result.err


def test_a_lock_forbids_migrations_until_it_is_lifted(db: Callable[..., Result]) -> None:
    assert db("lock").status == 0

    refused = db("migrate")

    assert refused.status == 1
    assert "run `inventory db unlock`" in refused.err
    assert db("status", "--json").json["locked_by"]
    assert db("lock").status == 1
    assert db("unlock").status == 0
    assert db("unlock").status == 1
    assert db("migrate").status == 0


def test_an_empty_database_can_be_prepared_first(db: Callable[..., Result]) -> None:
    assert db("init").status == 0
    assert db("applied").out == "no migration was applied yet\n"
