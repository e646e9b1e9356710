"""A ledger of its own for each module, a world for each test, and workers to run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import pytest_asyncio
import sqlalchemy as sa
from psycopg.rows import dict_row

from inventory.catalog import Catalog
from inventory.config import Config
from inventory.db import engine
from inventory.runtime.queue import Queue
from inventory.runtime.timing import Timing
from inventory.runtime.worker import work
from inventory.sources import common
from tests import services, toy
from tests.runtime import drill
from tests.toy.world import World

if TYPE_CHECKING:
    from tests.runtime.process import Process

CATALOG = Catalog.of([common.source, toy.source, drill.source])
FAST = Timing(lease=1.5, beat=0.3, reap=0.1, lost=0.5, grace=0.5, report=0.05)


@pytest.fixture(scope="session")
def runtime_database(postgres_dsn: str) -> Iterator[str]:
    """A database with the tables of the toy and the drill."""
    with services.fresh_database(postgres_dsn) as dsn:
        create_tables(dsn)
        yield dsn


def create_tables(dsn: str) -> None:
    connection = sa.create_engine(engine.sqlalchemy_url(dsn), poolclass=sa.NullPool)
    tables = list(CATALOG.tables.values())
    tables[0].metadata.create_all(connection, tables)


def settings(home: Path, dsn: str, redis_url: str) -> Config:
    """Empty the ledger and everything beside it, and make a configuration for it."""
    Store(dsn).do(f"TRUNCATE {', '.join(CATALOG.tables)}")
    return Config.model_validate(
        {
            "home": str(home),
            "database": {"dsn": dsn},
            "redis": {"endpoint": redis_url},
            "worker": {"concurrency": 4},
        }
    )


@pytest.fixture
def config(runtime_database: str, redis: Any, redis_url: str, tmp_path: Path) -> Config:
    """An empty ledger and an empty Redis."""
    return settings(tmp_path, runtime_database, redis_url)


@pytest_asyncio.fixture
async def queue(config: Config) -> AsyncIterator[Queue]:
    async with Queue.connected(config, CATALOG, timing=FAST) as connected:
        yield connected


@pytest.fixture
def world(config: Config) -> World:
    accounts = {"1": {"east": 250, "west": 50}, "2": {"east": 3000}}
    return World(config.home, accounts).write()


@dataclass
class Store:
    """What the ledger says, asked without the runtime."""

    dsn: str

    def __call__(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.dsn, autocommit=True, row_factory=dict_row) as db:
            return db.execute(statement.encode(), values or None).fetchall()

    def one(self, statement: str, *values: Any) -> Any:
        (row,) = self(statement, *values)
        (value,) = row.values()
        return value

    def do(self, statement: str, *values: Any) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as db:
            db.execute(statement.encode(), values or None)

    def run(self, run_id: Any) -> dict[str, Any]:
        (row,) = self("SELECT * FROM common_run WHERE id = %s", run_id)
        return row

    def states(self) -> dict[str, int]:
        rows = self("SELECT state, count(*) AS n FROM common_run GROUP BY state")
        return {row["state"]: row["n"] for row in rows}


@pytest.fixture
def ledger(config: Config) -> Store:
    return Store(str(config.database.dsn))


@pytest.fixture
def notes(config: Config) -> Callable[[], list[str]]:
    """What the drill wrote down."""

    def read() -> list[str]:
        file = config.home / "notes"
        return file.read_text().splitlines() if file.exists() else []

    return read


@asynccontextmanager
async def working(
    config: Config, *, timing: Timing = FAST, catalog: Catalog = CATALOG, **options: Any
) -> AsyncIterator[asyncio.Event]:
    """A worker in this process, until the block ends or its event is set."""
    stop = asyncio.Event()
    ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        work(
            config,
            catalog,
            stop=stop,
            timing=timing,
            ready=lambda worker: ready.set_result(None),
            **options,
        )
    )
    first: list[asyncio.Future[Any]] = [task, ready]
    await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield stop
    finally:
        stop.set()
        await task


async def until(
    condition: Callable[[], Any] | Callable[[], Awaitable[Any]], *, within: float = 60.0
) -> None:
    """Wait for it, and fail if it does not come."""
    deadline = asyncio.get_running_loop().time() + within
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"it did not come within {within} s")
        await asyncio.sleep(0.02)


@pytest.fixture
def process(config: Config) -> Iterator[Callable[[], Process]]:
    """Start a worker process; what is left of it is killed at the end."""
    # It imports this module.
    from tests.runtime.process import Process, worker

    settings = config.model_dump_json(include={"home", "database", "redis", "worker"})
    started: list[Process] = []

    def start() -> Process:
        started.append(Process(worker, settings))
        return started[-1]

    yield start
    for each in started:
        each.end()
