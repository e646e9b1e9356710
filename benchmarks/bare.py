"""Hand-written SQL behind a bare ASGI application: the limit that queries are measured against.

    python -m benchmarks.bare DRIVER PORT      with BENCH_DSN in the environment

The driver is psycopg, as in Inventory, or asyncpg, which is quicker on small answers.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

import orjson
import uvicorn

from benchmarks.questions import QUESTIONS
from inventory.db import engine
from inventory.graph.database import Bytes

CONNECTIONS = 16
Fetch = Callable[[str, list[Any]], Awaitable[bytes]]


async def psycopg_fetch(dsn: str) -> Fetch:
    """Raw cursors and prepared statements: psycopg at its quickest."""
    from psycopg import AsyncRawCursor

    async def configure(connection: Any) -> None:
        connection.adapters.register_loader("text", Bytes)

    pool = engine.async_pool(dsn, size=CONNECTIONS, configure=configure)
    await pool.open()

    async def fetch(sql: str, parameters: list[Any]) -> bytes:
        async with pool.connection() as connection:
            cursor = AsyncRawCursor(connection)
            await cursor.execute(sql, parameters, prepare=True)
            row = await cursor.fetchone()
            assert row is not None
            body: bytes = row[0]
            return body

    return fetch


async def asyncpg_fetch(dsn: str) -> Fetch:
    """No query to reset a connection, and text as the bytes that came."""
    asyncpg: Any = import_module("asyncpg")

    async def untouched(_connection: Any) -> None:
        return None

    async def init(connection: Any) -> None:
        await connection.set_type_codec(
            "text", schema="pg_catalog", format="binary", encoder=str.encode, decoder=bytes
        )

    pool = await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=CONNECTIONS,
        init=init,
        reset=untouched,
        server_settings={"timezone": "UTC", "jit": "off"},
    )

    async def fetch(sql: str, parameters: list[Any]) -> bytes:
        async with pool.acquire() as connection:
            body: bytes = await connection.fetchval(sql, *parameters)
            return body

    return fetch


def application(fetch: Fetch) -> Any:
    statements = {f"/{question.name}": question.sql for question in QUESTIONS}
    headers = [(b"content-type", b"application/json")]

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        variables = orjson.loads(body)["variables"]
        parameters = [value.partition(":")[2] for value in variables.values()]
        found = await fetch(statements[scope["path"]], parameters)
        length = (b"content-length", str(len(found) + 9).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": b'{"data":' + found + b"}"})

    return answer


async def main(driver: str, port: int) -> None:
    fetch = await {"psycopg": psycopg_fetch, "asyncpg": asyncpg_fetch}[driver](
        os.environ["BENCH_DSN"]
    )
    settings = uvicorn.Config(
        application(fetch),
        port=port,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    await uvicorn.Server(settings).serve()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
