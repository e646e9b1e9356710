"""Coroutines that go on beside something, and end with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

log = logging.getLogger(__name__)


@asynccontextmanager
async def background(*loops: Callable[[], Awaitable[None]], pause: float) -> AsyncIterator[None]:
    """Keep coroutines going until the block ends; one that breaks begins anew after a pause."""
    ended = asyncio.Event()
    tasks = {asyncio.ensure_future(_kept_going(loop, ended, pause)) for loop in loops}
    try:
        yield
    finally:
        ended.set()
        # `asyncio.wait_for` of Python 3.11, which psycopg waits with, can swallow a cancellation
        # that comes together with what it waits for; so one is not enough.
        while tasks:
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks, timeout=0.5)


async def _kept_going(
    loop: Callable[[], Awaitable[None]], ended: asyncio.Event, pause: float
) -> None:
    while not ended.is_set():
        try:
            await loop()
        except Exception:
            # Without its heartbeat a worker would lose every run that it has.
            log.exception("a part of the process broke")
            await asyncio.sleep(pause)
