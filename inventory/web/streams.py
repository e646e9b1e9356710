"""Rows by the million over HTTP: as fast as the client reads, and no longer than it listens."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import zstandard
from starlette.requests import Request
from starlette.types import Receive, Send

from inventory.graph.copying import copied
from inventory.rest.formats import Format
from inventory.rest.statements import Statement, framing
from inventory.web.compression import encodings
from inventory.web.problems import Problem

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Exports of one process at a time; each has a connection of the sixteen as long as it takes."""
STALL = 60.0
"""How long a client may take no byte, in seconds."""
LONGEST = 3600.0


class Exports:
    """Answers with all rows of a statement, a few at a time."""

    def __init__(
        self, leaving: asyncio.Event, at_once: int = AT_ONCE, stall: float = STALL
    ) -> None:
        """`leaving` is set when the process is about to stop, which no export can outlast."""
        self.leaving = leaving
        self.at_once = at_once
        self.stall = stall
        self.running = 0

    async def answer(
        self,
        request: Request,
        receive: Receive,
        send: Send,
        database: Any,
        statement: Statement,
        form: Format,
        headers: dict[str, str],
    ) -> None:
        """Send the rows. Raises before anything is sent, or else ends the connection."""
        if self.running >= self.at_once:
            raise Problem(
                f"{self.running} exports are running, and more would be in each other's way; "
                "try again later, or read pages of JSON",
                "TOO_MANY_REQUESTS",
            )
        packed = Packed(request.headers.get("accept-encoding", ""))
        headers = headers | packed.headers
        if request.method == "HEAD":
            await _start(send, headers)
            await send({"type": "http.response.body", "body": b""})
            return
        export = Export(send, headers, packed, self.stall)
        self.running += 1
        try:
            await self._until_gone(receive, export.run(database, statement, form))
        except Exception as error:
            if not export.has_begun:
                raise
            # Without its end, the client can tell that rows are missing.
            reason = str(error).partition("\n")[0] or type(error).__name__
            log.warning("export broken off", extra={"reason": reason})
        finally:
            self.running -= 1

    async def _until_gone(self, receive: Receive, sending: Coroutine[Any, Any, None]) -> None:
        """Run until the rows are sent, or one of the two has left."""
        working = asyncio.create_task(sending)
        leaving = [asyncio.create_task(_left(receive)), asyncio.create_task(self.leaving.wait())]
        try:
            async with asyncio.timeout(LONGEST):
                await asyncio.wait((working, *leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (working, *leaving):
                task.cancel()
            with suppress(asyncio.CancelledError):
                await working


class Export:
    """One answer."""

    def __init__(self, send: Send, headers: dict[str, str], packed: Packed, stall: float) -> None:
        self.send = send
        self.headers = headers
        self.packed = packed
        self.stall = stall
        self.has_begun = False

    async def run(self, database: Any, statement: Statement, form: Format) -> None:
        """Send rows until there are no more."""
        framed = framing(form)
        async with copied(database, statement.sql, statement.parameters) as lines:
            # What fails before the first row can still be told.
            rows = await lines.read()
            self.has_begun = True
            await _start(self.send, self.headers)
            while rows:
                await self._give(self.packed.add(framed(rows)))
                rows = await lines.read()
        await self.send({"type": "http.response.body", "body": self.packed.end()})

    async def _give(self, body: bytes) -> None:
        if body:
            async with asyncio.timeout(self.stall):
                await self.send({"type": "http.response.body", "body": body, "more_body": True})


class Packed:
    """A stream in the encoding that the client takes."""

    def __init__(self, accept_encoding: str) -> None:
        known = encodings(accept_encoding) if accept_encoding else set()
        self.headers: dict[str, str] = {}
        self.add: Callable[[bytes], bytes] = bytes
        self.end: Callable[[], bytes] = bytes
        if "zstd" in known:
            self._use("zstd", zstandard.ZstdCompressor(level=1).compressobj())
        elif "gzip" in known:
            self._use("gzip", zlib.compressobj(1, wbits=31))

    def _use(self, name: str, compressor: Any) -> None:
        self.headers = {"content-encoding": name}
        self.add, self.end = compressor.compress, compressor.flush


async def _start(send: Send, headers: dict[str, str]) -> None:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": raw})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
