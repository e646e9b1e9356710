"""What tests may expect of their servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    import redis as redis_library


def test_a_connection_is_to_the_modules_database(
    db: psycopg.Connection[Any], database: str
) -> None:
    with psycopg.connect(database) as other:
        name = other.info.dbname

    assert db.info.dbname == name
    assert name.startswith("test_")


def test_an_empty_database_has_no_tables(empty_database: str) -> None:
    with psycopg.connect(empty_database) as db:
        tables = db.execute("select from pg_tables where schemaname = 'public'").fetchall()

    assert tables == []


@pytest.mark.parametrize("turn", [1, 2])
def test_redis_is_empty_at_the_start_of_each_test(redis: redis_library.Redis, turn: int) -> None:
    assert redis.dbsize() == 0

    redis.set("turn", turn)

    assert redis.get("turn") == str(turn)
