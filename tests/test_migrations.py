"""Migrations make exactly the catalog's tables, can be undone, and say what is wrong."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from inventory.catalog import Catalog
from inventory.db import engine, migrate
from inventory.errors import ConfigError, DatabaseError


def tables(dsn: str) -> set[str]:
    with psycopg.connect(dsn) as db:
        rows = db.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
    return {name for (name,) in rows} - {"alembic_version", "migration_lock"}


def test_upgrading_an_empty_database_yields_exactly_the_catalog(database: str) -> None:
    catalog = Catalog.load()

    assert tables(database) == set(catalog.tables)
    assert migrate.differences(database, catalog) == []
    assert migrate.status(database).up_to_date
    migrate.require_current(database)


def test_every_table_and_column_carries_its_docstring(database: str) -> None:
    with psycopg.connect(database) as db:
        columns: dict[str, str] = dict(
            db.execute(
                "SELECT table_name || '.' || column_name,"
                " col_description(quote_ident(table_name)::regclass, ordinal_position)"
                " FROM information_schema.columns WHERE table_schema = 'public'"
            ).fetchall()
        )
        docs: dict[str, str] = dict(
            db.execute(
                "SELECT relname, obj_description(oid, 'pg_class') FROM pg_class WHERE relkind = 'r'"
            ).fetchall()
        )
    for name, table in Catalog.load().tables.items():
        assert docs[name] == table.comment
        for column in table.columns:
            assert columns[f"{name}.{column.name}"] == column.comment


def test_downgrading_leaves_nothing_and_upgrading_again_works(empty_database: str) -> None:
    done = migrate.upgrade(empty_database)
    made = tables(empty_database)

    undone = migrate.downgrade(empty_database, len(done))
    left = tables(empty_database)
    with psycopg.connect(empty_database) as db:
        types = db.execute(
            "SELECT typname FROM pg_type WHERE typtype = 'e' UNION"
            " SELECT relname FROM pg_class WHERE relkind IN ('S', 'v', 'm')"
            " AND relnamespace = 'public'::regnamespace"
        ).fetchall()
    again = migrate.upgrade(empty_database)

    assert len(made) > 10
    assert (undone, left, types) == (done[::-1], set(), [])
    assert again == done
    assert tables(empty_database) == made
    assert migrate.upgrade(empty_database) == []


def test_more_cannot_be_undone_than_was_done(empty_database: str) -> None:
    with pytest.raises(DatabaseError, match="the database has 0"):
        migrate.downgrade(empty_database, 1)


def test_what_is_pending_is_seen_and_named_with_the_remedy(empty_database: str) -> None:
    found = migrate.status(empty_database)

    assert found.current is None
    assert found.pending == len(migrate.history(empty_database)) > 0
    with pytest.raises(DatabaseError, match="inventory db migrate") as caught:
        migrate.require_current(empty_database)
    assert engine.address(empty_database) in str(caught.value)


def test_a_lock_holds_until_it_is_released(empty_database: str) -> None:
    migrate.hold(empty_database)

    for forbidden in (migrate.upgrade, migrate.downgrade, migrate.hold):
        with pytest.raises(DatabaseError, match="inventory db unlock"):
            forbidden(empty_database)
    assert migrate.status(empty_database).held_by
    migrate.release(empty_database)
    with pytest.raises(DatabaseError, match="not locked"):
        migrate.release(empty_database)
    assert migrate.upgrade(empty_database)


def test_two_migrators_wait_for_each_other(empty_database: str) -> None:
    done: list[Any] = []
    threads = [
        threading.Thread(target=lambda: done.append(migrate.upgrade(empty_database)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()

    assert sorted(map(len, done)) == [0, len(migrate.history(empty_database))]


def test_a_database_of_another_version_is_named(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as db:
        before = db.execute("SELECT version_num FROM alembic_version").fetchall()
        db.execute("UPDATE alembic_version SET version_num = 'f00'")
        try:
            for ask in (migrate.status, migrate.history, migrate.require_current, migrate.upgrade):
                with pytest.raises(DatabaseError, match="f00"):
                    ask(database)
        finally:
            db.execute("UPDATE alembic_version SET version_num = %s", before[0])


def test_a_folder_without_migrations_is_named(tmp_path: Path, empty_database: str) -> None:
    with pytest.raises(ConfigError, match=r"database\.migration_dir") as caught:
        migrate.upgrade(empty_database, tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_a_failed_migration_leaves_nothing(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as db:
        # The last table of the first migration is in the way.
        db.execute("CREATE TABLE common_run (x int)")

    with pytest.raises(Exception, match="common_run"):
        migrate.upgrade(empty_database)

    assert tables(empty_database) == {"common_run"}
    assert migrate.status(empty_database).current is None
