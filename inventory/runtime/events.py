"""Follow runs: their events from the database, and a bell that rings when there are new ones.

Events are read, never sent: whoever follows remembers the last sequence and asks for what came
after it.  The bell only says when to ask, so that one that did not ring costs time and no event.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast
from uuid import UUID

import orjson
import psycopg
from psycopg_pool import PoolTimeout

from inventory.db import engine
from inventory.errors import QueryError

log = logging.getLogger(__name__)

CHANNEL = "inventory_run"
"""Where the trigger of `common_run` says which runs have news: ids with commas between, or `*`."""
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
FINAL = ("completed", "archived", "cancelled")
AT_ONCE = 100
LOOK = 5.0
"""How often followers look although the bell did not ring, in seconds."""
LOOK_UNHEARD = 0.25
"""The same while nobody hears the bell."""
PATIENCE = 60.0
"""For how long PostgreSQL may be away before followers give up, in seconds."""

# One statement, so that the state is the one that the last of the events led to.
FOLLOW = """
SELECT (SELECT r.state FROM common_run AS r WHERE r.id = $1::uuid),
    (SELECT COALESCE(json_agg(e ORDER BY e.sequence), '[]')::text FROM (
        SELECT sequence, created_at AS at, state, attempt, progress, total, message
        FROM common_run_event WHERE run_id = $1::uuid AND sequence > $2::integer
        ORDER BY sequence LIMIT $3::integer) AS e)
"""
Fetch = Callable[[str, list[Any]], Coroutine[Any, Any, tuple[bytes | str | None, ...]]]
"""What runs a statement of one row; `graph.execute.Database.fetch` is one."""


class Gone(QueryError):
    """There is no such run, or no longer."""

    code = "NOT_FOUND"


class Bell:
    """Hears PostgreSQL say which runs have news: one connection for all who follow, once one does."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.heard = False
        """Whether the connection stands."""
        self._waiting: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def waiting(self, run_id: UUID) -> Iterator[asyncio.Event]:
        """An event that is set when the run may have news."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._listen())
        news = asyncio.Event()
        self._waiting[run_id].add(news)
        try:
            yield news
        finally:
            self._waiting[run_id].discard(news)
            if not self._waiting[run_id]:
                del self._waiting[run_id]

    @property
    def followers(self) -> int:
        return sum(map(len, self._waiting.values()))

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _listen(self) -> None:
        pause = LOOK_UNHEARD
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    engine.normal(self.dsn), autocommit=True, application_name="inventory-events"
                ) as db:
                    await db.execute(f"LISTEN {CHANNEL}".encode())
                    self.heard, pause = True, LOOK_UNHEARD
                    # What was said before is not heard again.
                    self._ring("*")
                    async for said in db.notifies():
                        self._ring(said.payload)
            except AWAY as error:
                if self.heard:
                    log.warning("events not heard", extra={"reason": engine.first_line(error)})
            self.heard = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, LOOK)

    def _ring(self, payload: str) -> None:
        named = set(payload.split(","))
        for run_id, waiting in self._waiting.items():
            if payload == "*" or str(run_id) in named:
                for news in waiting:
                    news.set()


async def follow(
    fetch: Fetch, bell: Bell, run_id: UUID, after: int = 0
) -> AsyncGenerator[list[dict[str, Any]]]:
    """Yield a run's events after that sequence as they come, until its state is a final one.

    Outlives absences of PostgreSQL.  Raises Gone if there is no such run, or no longer.
    """
    with bell.waiting(run_id) as news:
        while True:
            news.clear()
            state, events = await _read(fetch, run_id, after)
            if state is None:
                raise Gone(f"there is no run {run_id}; it was deleted, or it never was")
            if events:
                yield events
                after = int(events[-1]["sequence"])
            if len(events) == AT_ONCE:
                continue
            if state in FINAL:
                return
            # Not `wait_for`, which in Python 3.11 forgets that it was cancelled if news come with it.
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK if bell.heard else LOOK_UNHEARD):
                    await news.wait()


async def _read(fetch: Fetch, run_id: UUID, after: int) -> tuple[str | None, list[dict[str, Any]]]:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while True:
        try:
            state, events = await fetch(FOLLOW, [str(run_id), after, AT_ONCE])
        except AWAY:
            if loop.time() > deadline:
                raise
            await asyncio.sleep(LOOK_UNHEARD)
            continue
        if isinstance(state, bytes):
            state = state.decode()
        return state, cast("list[dict[str, Any]]", orjson.loads(events or b"[]"))


def run_id_of(text: str) -> UUID:
    """The id of a run, from a global id or as it is. Raises QueryError."""
    try:
        return UUID(text.removeprefix("common_run:"))
    except ValueError:
        raise QueryError(f"{text[:80]!r} is no id of a run") from None


class Connected:
    """A connection of its own to follow runs by, made again whenever it breaks."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._db: psycopg.AsyncConnection[Any] | None = None

    async def fetch(self, sql: str, parameters: list[Any]) -> tuple[Any, ...]:
        """Run a statement of one row."""
        if self._db is None or self._db.broken:
            self._db = await psycopg.AsyncConnection.connect(
                engine.normal(self.dsn), autocommit=True, application_name="inventory-watch"
            )
        try:
            found = await psycopg.AsyncRawCursor(self._db).execute(sql.encode(), parameters)
            row = await found.fetchone()
        except AWAY:
            await self.close()
            raise
        return tuple(row or ())

    async def state(self, run_id: UUID) -> str:
        """The state that a run is in. Raises Gone."""
        row = await self.fetch("SELECT state FROM common_run WHERE id = $1::uuid", [str(run_id)])
        if not row:
            raise Gone(f"there is no run {run_id}; it was deleted, or it never was")
        return str(row[0])

    async def close(self) -> None:
        """Disconnect."""
        if self._db is not None:
            await self._db.close()
            self._db = None
