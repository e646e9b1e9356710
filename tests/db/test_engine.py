"""Addresses in every form, and messages that say where without saying secrets."""

from __future__ import annotations

import socket
from typing import Any

import psycopg
import pytest
from psycopg import conninfo

from inventory.db import engine, migrate
from inventory.errors import ConfigError, DatabaseError, InventoryError


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://ann:s3cret@db.example.org:5433/inv",
        "postgres://ann:s3cret@db.example.org:5433/inv",
        "postgresql+psycopg://ann:s3cret@db.example.org:5433/inv",
        "postgresql+asyncpg://ann:s3cret@db.example.org:5433/inv",
        "  postgresql://ann:s3cret@db.example.org:5433/inv\n",
        "host=db.example.org port=5433 user=ann password=s3cret dbname=inv",
    ],
)
def test_every_form_of_an_address_is_the_same(dsn: str) -> None:
    parts = conninfo.conninfo_to_dict(engine.normal(dsn))
    url = engine.sqlalchemy_url(dsn)

    assert (parts["host"], parts["port"], parts["user"]) == ("db.example.org", "5433", "ann")
    assert (parts["password"], parts["dbname"]) == ("s3cret", "inv")
    assert engine.address(dsn) == "db.example.org:5433/inv"
    assert (url.host, url.port, url.username, url.password, url.database) == (
        "db.example.org",
        5433,
        "ann",
        "s3cret",
        "inv",
    )
    assert url.drivername == "postgresql+psycopg"


def test_options_and_time_outs_are_kept() -> None:
    parts = conninfo.conninfo_to_dict(
        engine.normal("postgresql://h/d?connect_timeout=9&options=-c%20work_mem%3D8MB", {"a": "b"})
    )

    assert parts["connect_timeout"] == 9 or parts["connect_timeout"] == "9"
    assert parts["options"] == "-c work_mem=8MB -c timezone=UTC -c jit=off -c a=b"


def test_a_socket_stays_a_socket(database: str) -> None:
    import sqlalchemy as sa

    made = sa.create_engine(engine.sqlalchemy_url(database), poolclass=sa.NullPool)
    with made.connect() as connection, engine.connect(database) as db:
        assert connection.scalar(sa.text("SHOW timezone")) == "UTC"
        assert db.execute("SHOW timezone").fetchone() == ("UTC",)
        assert db.autocommit


def test_several_hosts_are_tried_in_turn(database: str) -> None:
    import sqlalchemy as sa

    parts = conninfo.conninfo_to_dict(database)
    dsn = conninfo.make_conninfo(
        "",
        user=parts["user"],
        dbname=parts["dbname"],
        host=f"/nowhere,{parts['host']}",
        port=f"1,{parts['port']}",
    )

    made = sa.create_engine(engine.sqlalchemy_url(dsn), poolclass=sa.NullPool)
    with made.connect() as connection, engine.connect(dsn) as db:
        assert connection.scalar(sa.text("SELECT 1")) == 1
        assert db.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(
    "dsn",
    [
        "mysql://ann:s3cret@h/d",
        "postgres//ann:s3cret@h/d",
        "ann:s3cret@h/d",
        "s3cret",
        "postgresql://ann:s3cret%zz@h/d",
        "postgresql://ann:s3cret@[::1/d",
        "host=h password='s3cret",
        "postgresql://ann:s3cret@h/d?nothing=1",
        "host=h passwort=s3cret",
    ],
)
def test_what_is_no_address_is_refused_without_its_secret(dsn: str) -> None:
    for read in (engine.normal, engine.address, engine.connect, engine.sqlalchemy_url):
        with pytest.raises(ConfigError, match=r"database\.dsn") as caught:
            read(dsn)
        assert "s3cret" not in str(caught.value)
        assert "postgresql://USER" in str(caught.value)


def test_a_server_that_is_away_is_named_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(DatabaseError) as caught:
        engine.connect(f"postgresql://ann:s3cret@127.0.0.1:{port}/inv")

    message = str(caught.value)
    assert f"127.0.0.1:{port}/inv" in message
    assert "INVENTORY_DATABASE_DSN" in message
    assert "s3cret" not in message
    assert "\n" not in message


def test_a_name_that_is_nowhere_and_a_port_that_is_none_are_told(database: str) -> None:
    for dsn in (
        "postgresql://ann:s3cret@nowhere.invalid/inv",
        "postgresql://ann:s3cret@localhost:99999/inv",
        "postgresql://ann:s3cret@localhost:abc/inv",
    ):
        with pytest.raises(InventoryError) as caught:
            engine.connect(dsn)
        assert "s3cret" not in str(caught.value)
        with pytest.raises(InventoryError) as caught:
            migrate.status(dsn)
        assert "s3cret" not in str(caught.value)


def test_a_database_that_is_not_there_is_told(database: str) -> None:
    parts: dict[str, Any] = {**conninfo.conninfo_to_dict(database), "dbname": "nothing_here"}

    with pytest.raises(DatabaseError, match="nothing_here"):
        engine.connect(conninfo.make_conninfo("", **parts))


def test_a_message_is_one_line_without_a_password() -> None:
    error = psycopg.OperationalError("bad password=s3cret there\nHINT: x")

    assert engine.first_line(error) == "bad password=*** there"
    assert engine.first_line(psycopg.OperationalError()) == "OperationalError"
