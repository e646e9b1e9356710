"""A landscape with planted leaks, and a way to ask about it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import psycopg
import pytest

from inventory.catalog import Catalog
from inventory.graph.schema import Schema, build_schema
from tests.leaks import landscape
from tests.leaks.collecting import Database


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.load()


@cache
def schema() -> Schema:
    return build_schema(Catalog.load())


@pytest.fixture(scope="module")
def collected(postgres_dsn: str, template: str) -> Iterator[str]:
    """The DSN of a collected landscape that this module shares."""
    with landscape.clone(postgres_dsn, template) as dsn:
        yield dsn


@pytest.fixture
def db(collected: str) -> Iterator[Database]:
    """A connection to it; whatever a test changes is undone."""
    with (
        psycopg.connect(collected, autocommit=True) as connection,
        connection.transaction(force_rollback=True),
    ):
        yield connection
