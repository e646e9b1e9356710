"""The API's connections to PostgreSQL: statements with `$1`, columns as bytes."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import AsyncRawCursor
from psycopg.adapt import Buffer, Loader
from psycopg_pool import AsyncConnectionPool

from inventory.db import engine


class Bytes(Loader):
    """Hands text over as it came: megabytes of JSON need not be decoded and encoded again."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class PooledDatabase:
    """Runs read-only statements over a pool. A connection that broke while idle is replaced once."""

    def __init__(
        self, dsn: str, *, size: int, timeout_ms: int, application: str = "inventory-api"
    ) -> None:
        self.pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]] = engine.async_pool(
            dsn,
            size=size,
            application=application,
            settings={
                "statement_timeout": str(timeout_ms),
                "default_transaction_read_only": "on",
                # A statement of ours is worth a plan of its own only a few times.
                "plan_cache_mode": "auto",
            },
            configure=_configure,
        )

    async def open(self) -> None:
        await self.pool.open()

    async def close(self) -> None:
        await self.pool.close()

    async def fetch(self, sql: str, parameters: list[Any]) -> tuple[bytes, ...]:
        """Run a statement that answers one row, and return its columns."""
        try:
            return await self._fetch(sql, parameters)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if isinstance(error, psycopg.errors.QueryCanceled):
                raise
            # PostgreSQL was restarted: what the pool holds is dead, and reading again is harmless.
            await self.pool.check()
            return await self._fetch(sql, parameters)

    async def _fetch(self, sql: str, parameters: list[Any]) -> tuple[bytes, ...]:
        async with self.pool.connection(timeout=5) as connection:
            cursor = AsyncRawCursor(connection)
            await cursor.execute(sql, parameters, prepare=True)
            row: tuple[bytes, ...] | None = await cursor.fetchone()
        assert row is not None  # noqa: S101 - a SELECT without FROM answers one row
        return row


async def _configure(connection: psycopg.AsyncConnection[Any]) -> None:
    connection.adapters.register_loader("text", Bytes)
