"""Fixtures for every test. See tests/services.py for the servers behind them."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests import services as ours

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis as redis_library

    from inventory.embedded import Services

HOME = pytest.StashKey[Path | None]()


def pytest_configure(config: pytest.Config) -> None:
    # A shell lets its background jobs ignore Ctrl-C, and processes started from here would too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        config.stash[HOME] = ours.prepare_home()


def pytest_unconfigure(config: pytest.Config) -> None:
    if home := config.stash.get(HOME, None):
        ours.remove_home(home)


@pytest.fixture(scope="session")
def servers() -> Iterator[Services]:
    """PostgreSQL and Redis, started on first use."""
    with ours.started() as found:
        yield found


@pytest.fixture(scope="session")
def postgres_dsn(servers: Services) -> str:
    """A database that is empty and shared: for those who create their own."""
    assert servers.dsn
    return servers.dsn


@pytest.fixture(scope="session")
def redis_url(servers: Services) -> str:
    """This worker's Redis database."""
    return ours.redis_database(servers)


@pytest.fixture(scope="session")
def template(postgres_dsn: str) -> str:
    """The name of a database with every table and no row."""
    return ours.template_database(postgres_dsn)


@pytest.fixture(scope="module")
def database(postgres_dsn: str, template: str) -> Iterator[str]:
    """The DSN of a migrated database of this module alone. Its tests share it."""
    with ours.fresh_database(postgres_dsn, template) as dsn:
        yield dsn


@pytest.fixture
def empty_database(postgres_dsn: str) -> Iterator[str]:
    """The DSN of a database without a table, of this test alone."""
    with ours.fresh_database(postgres_dsn) as dsn:
        yield dsn


@pytest.fixture
def db(database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to `database` in autocommit mode: rows stay until the module's end."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def redis(redis_url: str) -> Iterator[redis_library.Redis]:
    """A client of this worker's Redis database, emptied, with answers as text."""
    with ours.flushed(redis_url) as client:
        yield client
