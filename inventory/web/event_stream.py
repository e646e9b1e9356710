"""GraphQL over server-sent events: each operation has a response of its own, open until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any

from starlette.types import Receive, Send

from inventory.graph.answers import Answer, Stream

EVENTS = "text/event-stream"
HEARTBEAT = 12.0
"""Proxies close what is silent, the first of them after 15 seconds."""
PATIENCE = 30.0
"""For how long a client may take nothing before it is taken for gone."""
HEADERS = {
    "content-type": f"{EVENTS}; charset=utf-8",
    "cache-control": "no-store",
    "vary": "Accept, Authorization",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
}
COMPLETE = b"event: complete\ndata:\n\n"


class _Ended(Exception):
    """The client or the server leaves."""


async def send_events(
    found: Answer | Stream, receive: Receive, send: Send, leaving: asyncio.Event
) -> None:
    """Send one answer, or all of a stream, until it ends, the client goes or the server does."""
    raw = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    if isinstance(found, Answer):
        await _write(send, _next(found) + COMPLETE, more=False)
        return
    ends: list[asyncio.Future[Any]] = [asyncio.ensure_future(leaving.wait()), asyncio.ensure_future(_gone(receive))]
    try:
        async with aclosing(found):
            # Opens the stream for clients that wait for its first byte.
            await _write(send, b":\n\n")
            while (answer := await _following(found, ends, send)) is not None:
                await _write(send, _next(answer))
        await _write(send, COMPLETE, more=False)
    except _Ended:
        # Without `complete`, so that clients come back for the rest.
        if leaving.is_set():
            await _write(send, b"", more=False)
    except TimeoutError:
        pass
    finally:
        for end in ends:
            end.cancel()


async def _following(
    stream: Stream, ends: list[asyncio.Future[Any]], send: Send
) -> Answer | None:
    """The next answer, None after the last; a sign of life meanwhile. Raises _Ended."""
    waiting = asyncio.ensure_future(anext(stream, None))
    try:
        while True:
            done, _ = await asyncio.wait(
                [waiting, *ends], timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED
            )
            if waiting in done:
                return waiting.result()
            if done:
                raise _Ended
            await _write(send, b":\n\n")
    finally:
        if not waiting.done():
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Callable[[Any], Awaitable[None]], body: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(PATIENCE):
        await send({"type": "http.response.body", "body": body, "more_body": more})


def _next(answer: Answer) -> bytes:
    # A line break in JSON is only a space, and here the end of the data.
    body = answer.body.replace(b"\r", b" ").replace(b"\n", b" ")
    return b"event: next\ndata: " + body + b"\n\n"
