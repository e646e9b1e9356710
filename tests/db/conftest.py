"""A database of the zoo for each module, emptied for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from inventory.db import engine
from tests import services
from tests.graph.conftest import CATALOG, create_zoo

Write = Callable[..., Any]


@pytest.fixture(scope="module")
def zoo_tables(postgres_dsn: str) -> Iterator[str]:
    with services.fresh_database(postgres_dsn) as dsn:
        create_zoo(dsn)
        yield dsn


@pytest.fixture
def zoo(zoo_tables: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to an empty zoo."""
    with engine.connect(zoo_tables) as db:
        db.execute(f"TRUNCATE {', '.join(CATALOG.tables)}".encode())
        yield db


@pytest.fixture
def other(zoo_tables: str, zoo: Any) -> Iterator[psycopg.Connection[Any]]:
    """Another writer."""
    with engine.connect(zoo_tables) as db:
        yield db
