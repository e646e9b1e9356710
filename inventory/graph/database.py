"""The API's connections to PostgreSQL: statements with `$1`, columns as bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import psycopg
from psycopg import AsyncRawCursor
from psycopg.adapt import Buffer, Loader
from psycopg_pool import AsyncConnectionPool

from inventory.db import engine
from inventory.telemetry import tracing

PATIENCE = 5.0
"""How long a request waits for a connection, in seconds."""
Connection = psycopg.AsyncConnection[Any]


class Bytes(Loader):
    """Hands text over as it came: megabytes of JSON need not be decoded and encoded again."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class PooledDatabase:
    """Runs read-only statements over a pool. A connection that broke while idle is replaced once."""

    observe: Callable[[float], None] | None = None
    """Told how many seconds each statement took, the wait for a connection included."""

    def __init__(
        self,
        dsn: str,
        *,
        size: int,
        timeout_ms: int,
        application: str = "inventory-api",
        search_path: str | None = None,
        idle: int = 1,
    ) -> None:
        """`search_path` replaces that of the database, which `*` in it stands for. `idle` is how
        many connections wait for requests.
        """
        self._search_path = search_path
        self.pool: AsyncConnectionPool[Connection] = engine.async_pool(
            dsn,
            size=size,
            idle=idle,
            application=application,
            settings={
                "statement_timeout": str(timeout_ms),
                "default_transaction_read_only": "on",
                # A statement of ours is worth a plan of its own only a few times.
                "plan_cache_mode": "auto",
            },
            configure=self._configure,
        )

    async def open(self) -> None:
        await self.pool.open()

    async def close(self) -> None:
        await self.pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection that shows what may be seen, for as long as the block lasts."""
        async with self.pool.connection(timeout=PATIENCE) as connection:
            yield connection

    async def fetch(self, sql: str, parameters: list[Any]) -> tuple[bytes, ...]:
        """Run a statement that answers one row, and return its columns."""
        (row,) = await self.rows(sql, parameters)
        return row

    async def rows(self, sql: str, parameters: list[Any]) -> list[tuple[bytes, ...]]:
        """Run a statement that answers a few rows."""
        try:
            return await self._rows(sql, parameters)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if isinstance(error, psycopg.errors.QueryCanceled):
                raise
            # PostgreSQL was restarted: what the pool holds is dead, and reading again is harmless.
            await self.pool.check()
            return await self._rows(sql, parameters)

    async def _rows(self, sql: str, parameters: list[Any]) -> list[tuple[bytes, ...]]:
        began = perf_counter()
        try:
            # The text has `$1` where the parameters go, which stay untold.
            about = {"db.system.name": "postgresql", "db.query.text": sql}
            with tracing.span("SELECT", about, kind="CLIENT"):
                async with self.connection() as connection:
                    cursor: AsyncRawCursor[tuple[bytes, ...]] = AsyncRawCursor(connection)
                    await cursor.execute(sql, parameters, prepare=True)
                    return await cursor.fetchall()
        finally:
            if self.observe is not None:
                self.observe(perf_counter() - began)

    async def _configure(self, connection: Connection) -> None:
        connection.adapters.register_loader("text", Bytes)
        if self._search_path is not None:
            await connection.execute(
                "SELECT set_config('search_path',"
                " replace(%s, '*', current_setting('search_path')), false)",
                (self._search_path,),
            )
