"""The zoo in PostgreSQL, its schema, and a way to ask it that counts statements."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import psycopg
import pytest
import pytest_asyncio
import sqlalchemy as sa

from inventory.catalog import Catalog
from inventory.core.scope import Scope
from inventory.db import engine, visible
from inventory.db.reconcile import analyze, reconcile
from inventory.db.store import store
from inventory.graph.answers import Answer
from inventory.graph.database import PooledDatabase
from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.schema import Schema, build_schema
from inventory.sources import common
from tests import services
from tests.graph import zoo
from tests.graph.zoo import rows
from tests.graph.zoo.models.animal import Animal
from tests.graph.zoo.models.house import House
from tests.graph.zoo.models.keeper import Keeper

CATALOG = Catalog.of([common.source, zoo.source])


@pytest.fixture(scope="session")
def zoo_catalog() -> Catalog:
    return CATALOG


@pytest.fixture(scope="session")
def zoo_dsn(postgres_dsn: str) -> Iterator[str]:
    """The zoo, filled and linked; nobody writes to it."""
    with services.fresh_database(postgres_dsn) as dsn:
        create_zoo(dsn)
        fill_zoo(dsn)
        yield dsn


@pytest.fixture(scope="module")
def empty_zoo(postgres_dsn: str) -> Iterator[str]:
    """The tables without a row, of this module alone."""
    with services.fresh_database(postgres_dsn) as dsn:
        create_zoo(dsn)
        yield dsn


def create_zoo(dsn: str) -> None:
    """Make the tables that are not there yet."""
    made = sa.create_engine(engine.sqlalchemy_url(dsn), poolclass=sa.NullPool)
    tables = list(CATALOG.tables.values())
    tables[0].metadata.create_all(made, tables)
    with engine.connect(dsn) as db, db.transaction():
        visible.refresh(db, CATALOG)


def fill_zoo(dsn: str, animals: int = 40) -> None:
    """Collect and link."""
    with engine.connect(dsn) as db:
        store(db, [Keeper], Scope(), rows.keepers())
        store(db, [House], Scope(), rows.houses())
        store(db, [Animal], Scope(), rows.animals(animals))
        for link in CATALOG.links.values():
            reconcile(db, link)
        analyze(db, list(CATALOG.tables))


@asynccontextmanager
async def asking(dsn: str, schema: Schema, **limits: Any) -> AsyncIterator[Ask]:
    """Ask another database, or within other limits."""
    timeout_ms = limits.pop("timeout_ms", 5000)
    database = PooledDatabase(dsn, size=2, timeout_ms=timeout_ms)
    await database.open()
    counting = Counting(database)
    try:
        yield Ask(Engine(schema, counting, Limits(**limits), "5s"), counting)
    finally:
        await database.close()


@pytest.fixture
def zoo_db(zoo_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(zoo_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def zoo_schema() -> Schema:
    return build_schema(CATALOG)


@dataclass
class Counting:
    """A database that remembers what it was asked."""

    inner: PooledDatabase
    statements: list[str] = field(default_factory=list)
    parameters: list[list[Any]] = field(default_factory=list)

    async def fetch(self, sql: str, parameters: list[Any]) -> tuple[bytes, ...]:
        self.statements.append(sql)
        self.parameters.append(parameters)
        return await self.inner.fetch(sql, parameters)


@dataclass
class Ask:
    """Asks the zoo; calling it fails the test on an error, `.answer` hands errors out."""

    engine: Engine
    database: Counting

    async def __call__(self, text: str, **variables: Any) -> Any:
        found = await self.full(text, variables)
        assert "errors" not in found, found["errors"]
        return found["data"]

    async def full(self, text: str, variables: dict[str, Any] | None = None) -> Any:
        return orjson.loads((await self.answer(text, variables)).body)

    async def answer(
        self, text: str, variables: dict[str, Any] | None = None, **options: Any
    ) -> Answer:
        return await self.engine.answer(text, variables, **options)

    async def refused(self, text: str, variables: dict[str, Any] | None = None) -> tuple[str, str]:
        """The code and message of a request that must be refused before any SQL."""
        before = len(self.database.statements)
        answer = await self.answer(text, variables)
        found = orjson.loads(answer.body)
        assert answer.refused, found
        assert "data" not in found
        assert len(self.database.statements) == before
        first = found["errors"][0]
        return first["extensions"]["code"], first["message"]


@pytest_asyncio.fixture
async def ask(zoo_dsn: str, zoo_schema: Schema) -> AsyncIterator[Ask]:
    async with asking(zoo_dsn, zoo_schema) as ready:
        yield ready
