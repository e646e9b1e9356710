"""Rows by the million: what COPY sends, some kilobytes at a time, from one snapshot."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Protocol

import psycopg
from psycopg import AsyncConnection, errors, generators, sql, waiting
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus, TransactionStatus

Connection = AsyncConnection[Any]
CHUNK = 64 * 1024
STALL = 60.0
"""How long PostgreSQL may take for the next rows, in seconds; sorting comes before the first."""
PATIENCE = 5.0
BEGIN = (
    # One moment, however many statements follow.
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
    # A long answer is no long query: whoever reads it slowly would be cut off by this.
    " SET LOCAL statement_timeout = 0;"
    # Who leaves while PostgreSQL still sorts has not to be waited for.
    " SET LOCAL client_connection_check_interval = '2s'"
)
TOKENS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\d+)""")


class Connecting(Protocol):
    """What lends connections that show what may be seen."""

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """A connection, for as long as the block lasts."""


class Lines:
    """The lines that a COPY sends."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_done = False

    async def read(self) -> list[memoryview]:
        """The next lines, each with its end; none after the last. Raises TimeoutError, psycopg.Error."""
        if self.is_done:
            return []
        async with asyncio.timeout(STALL):
            lines, self.is_done = await self.connection.wait(_some(self.connection.pgconn))
        return lines


@asynccontextmanager
async def copied(database: Connecting, text: str, parameters: list[Any]) -> AsyncIterator[Lines]:
    """Run a `COPY … TO STDOUT` on a connection that is lent for it."""
    async with database.connection() as connection:
        await connection.execute(BEGIN)
        async with copying(connection, text, parameters) as lines:
            yield lines
        if lines.is_done:
            await connection.execute("COMMIT")


@asynccontextmanager
async def copying(connection: Connection, text: str, parameters: list[Any]) -> AsyncIterator[Lines]:
    """Run a `COPY … TO STDOUT` in a transaction, which ends if the block is left too early."""
    lines = Lines(connection)
    try:
        connection.pgconn.send_query(_literally(connection, text, parameters))
        async with asyncio.timeout(STALL):
            begun = await connection.wait(generators.execute(connection.pgconn))
        for result in begun:
            if result.status != ExecStatus.COPY_OUT:
                raise errors.error_from_result(result)
        yield lines
    finally:
        if not lines.is_done:
            await _give_up(connection)


async def _give_up(connection: Connection) -> None:
    """End the statement, so that the connection serves others; or if that fails, the connection."""
    try:
        async with asyncio.timeout(PATIENCE):
            if connection.pgconn.transaction_status == TransactionStatus.ACTIVE:
                await connection.cancel_safe(timeout=PATIENCE)
                with suppress(errors.QueryCanceled):
                    while not (await connection.wait(_some(connection.pgconn)))[1]:
                        pass
            await connection.rollback()
    except (psycopg.Error, TimeoutError):
        await connection.close()


def _some(pgconn: Any) -> PQGen[tuple[list[memoryview], bool]]:
    """Lines of a COPY, and whether they are the last. Waits once for many, which a row cannot pay."""
    lines: list[memoryview] = []
    size = 0
    while size < CHUNK:
        length, line = pgconn.get_copy_data(1)
        if length > 0:
            lines.append(line)
            size += length
        elif length == 0:
            while not (yield waiting.WAIT_R):
                continue
            pgconn.consume_input()
        else:
            for result in (yield from generators.fetch_many(pgconn)):
                if result.status != ExecStatus.COMMAND_OK:
                    raise errors.error_from_result(result)
            return lines, True
    return lines, False


def _literally(connection: Connection, text: str, parameters: list[Any]) -> bytes:
    """The statement with its parameters as literals, since COPY takes none."""

    def place(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        return f"({sql.Literal(parameters[int(found[1]) - 1]).as_string(connection)})"

    return TOKENS.sub(place, text).encode()
