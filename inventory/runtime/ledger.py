"""The ledger of runs in PostgreSQL. Whatever changes a run's state is one statement here."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg.rows import class_row, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from inventory.db import engine
from inventory.errors import DatabaseError, PayloadError
from inventory.runtime import statements
from inventory.runtime.timing import Timing

Pool = AsyncConnectionPool[psycopg.AsyncConnection[Any]]
ZERO = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
LARGEST_PAYLOAD = 1024 * 1024
"""In bytes. What is larger belongs where the task can read it, not in front of every claim."""


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run that is to be recorded. `delay` counts from the database's now."""

    id: UUID
    task: str
    queue: str
    payload: Mapping[str, Any]
    priority: int = 0
    max_retry: int = 25
    timeout: float = 1800.0
    deadline: datetime | None = None
    delay: float | None = None
    run_at: datetime | None = None
    unique_key: str | None = None
    unique_waiting: bool = False
    parent_id: UUID | None = None
    job: str | None = None
    tick: datetime | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that this worker has now."""

    id: UUID
    task: str
    queue: str
    payload: str | None
    """As JSON; None if it is larger than any that we accept."""
    priority: int
    attempt: int
    max_retry: int
    timeout: float
    deadline: datetime | None
    remaining: float | None
    """Seconds to the deadline, by the database's clock."""
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended, and with `delay` when the next one is due."""

    id: UUID
    attempt: int
    state: str
    delay: float | None = None
    error: str | None = None
    error_code: str | None = None
    result: Mapping[str, Any] | None = None
    scope: str | None = None
    seen: int | None = None
    written: int | None = None
    deleted: int | None = None
    progress: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Doorbell:
    """What tells a worker that a run waits. `at` decides its place among those of its priority."""

    id: UUID
    queue: str
    priority: int
    at: float


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a worker hears back when it reports."""

    held: frozenset[UUID]
    cancelled: frozenset[UUID]
    unheard: frozenset[UUID]
    """What it has without knowing: the answer to its claim got lost."""
    paused: frozenset[str]


class Ledger:
    """The ledger, through a pool of connections. Raises DatabaseError when PostgreSQL is away."""

    def __init__(self, pool: Pool, dsn: str, timing: Timing | None = None) -> None:
        self.pool = pool
        self.dsn = dsn
        self.timing = timing or Timing()
        self.observe: Callable[[float], None] | None = None
        """Told how many seconds each use of a connection took."""

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, dsn: str, *, size: int = 4, timing: Timing | None = None
    ) -> AsyncIterator[Ledger]:
        """Connect, or raise DatabaseError that says what to check."""
        # A pool would try for five seconds and then not say why.
        with engine.unavailable(dsn):
            await (await psycopg.AsyncConnection.connect(engine.normal(dsn))).close()
        timing = timing or Timing()
        pool = engine.async_pool(
            dsn,
            size=size,
            application="inventory",
            # Whoever holds the reaper's lock must not keep it for long.
            settings=never_idle(max(1.0, 2 * timing.beat)),
        )
        ledger = cls(pool, dsn, timing)
        try:
            try:
                await pool.open(wait=True, timeout=engine.CONNECT_TIMEOUT)
            except PoolTimeout as error:
                raise ledger._away(error) from error
            yield ledger
        finally:
            await pool.close()

    async def insert(self, runs: Sequence[NewRun]) -> dict[UUID, str]:
        """Record runs. Returns the states of those that are new; the others were there before."""
        text = orjson.dumps(runs).decode()
        keys = [run.unique_key for run in runs if run.unique_waiting]
        try:
            async with self._connection() as db, db.transaction():
                if keys:
                    await db.execute(statements.SUPERSEDE, {"keys": keys})
                inserted = await db.execute(statements.INSERT, {"runs": text})
                rows = await inserted.fetchall()
        except psycopg.DataError as error:
            raise PayloadError(
                f"PostgreSQL cannot keep this payload: {engine.first_line(error)}"
            ) from error
        return {row[0]: row[1] for row in rows}

    async def live(self, ids: Iterable[UUID], keys: Iterable[str]) -> list[tuple[UUID, str | None]]:
        """The runs of these ids, and the live ones that hold one of these unique keys."""
        return await self.fetch(statements.LIVE, {"ids": list(ids), "keys": list(keys)})

    async def claim(self, worker: str, ids: Sequence[UUID]) -> dict[UUID, Claimed]:
        """Take those of these runs that wait in a queue that is not paused."""
        given = {
            "worker": worker,
            "ids": list(ids),
            "lease": self.timing.lease,
            "largest": LARGEST_PAYLOAD,
        }
        async with self._connection() as db, db.cursor(row_factory=class_row(Claimed)) as cursor:
            await cursor.execute(statements.CLAIM, given)
            return {claimed.id: claimed for claimed in await cursor.fetchall()}

    async def finish(self, worker: str, outcomes: Sequence[Outcome]) -> dict[UUID, str]:
        """Record how attempts ended, of runs that the worker still has. Returns their states."""
        try:
            return await self._finish(worker, outcomes)
        except psycopg.DataError as error:
            # One that cannot be written down must not keep the others from ending.
            if len(outcomes) > 1:
                ended: dict[UUID, str] = {}
                for outcome in outcomes:
                    ended |= await self.finish(worker, [outcome])
                return ended
            (odd,) = outcomes
            text = f"PostgreSQL cannot keep how it ended ({odd.state}): {engine.first_line(error)}"
            told = Outcome(odd.id, odd.attempt, "archived", error=text, error_code="INTERNAL")
            return await self._finish(worker, [told])

    async def _finish(self, worker: str, outcomes: Sequence[Outcome]) -> dict[UUID, str]:
        text = orjson.dumps(outcomes, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        # One task that returns the character zero must not keep the others from ending.
        text = ZERO.sub(r"\1\\ufffd", text)
        rows = await self.fetch(statements.FINISH, {"worker": worker, "outcomes": text})
        return {row[0]: row[1] for row in rows}

    async def hand_back(
        self, worker: str, ids: Sequence[UUID], delay: float = 0.0
    ) -> list[Doorbell]:
        """Put runs back into their queues as if they had not been started, after a delay if one is
        given.
        """
        given = {"worker": worker, "ids": list(ids), "delay": delay}
        rows = await self.fetch(statements.HAND_BACK, given)
        return [Doorbell(*row[:4]) for row in rows if row[4] == "pending"]

    async def renew(self, worker: Mapping[str, Any], ids: Sequence[UUID]) -> Pulse:
        """Report that the worker lives and has these runs."""
        async with self._connection() as db, db.pipeline():
            renewed = await db.execute(
                statements.RENEW,
                {"worker": worker["name"], "ids": list(ids), "lease": self.timing.lease},
            )
            report = {**worker, "queues": orjson.dumps(worker["queues"]).decode()}
            await db.execute(statements.REPORT, report)
            paused = await db.execute(statements.PAUSED)
            unheard = await db.execute(
                statements.UNHEARD, {"worker": worker["name"], "ids": list(ids)}
            )
            held = await renewed.fetchall()
            return Pulse(
                held=frozenset(row[0] for row in held),
                cancelled=frozenset(row[0] for row in held if row[1]),
                unheard=frozenset(row[0] for row in await unheard.fetchall()),
                paused=frozenset(row[0] for row in await paused.fetchall()),
            )

    async def report(self, worker: str, progress: Sequence[tuple[UUID, int, int | None]]) -> None:
        """Write how far runs are."""
        text = orjson.dumps([{"id": i, "done": d, "total": t} for i, d, t in progress]).decode()
        async with self._connection() as db:
            await db.execute(statements.PROGRESS, {"worker": worker, "progress": text})

    async def reap(self) -> list[Doorbell] | None:
        """Make due what is due: expired leases, delays that are over. None if another does it."""
        async with self._connection() as db, db.transaction():
            taken = await db.execute(statements.REAPER_LOCK)
            if (await taken.fetchone() or (False,))[0] is not True:
                return None
            await db.execute(statements.FORGET_WORKERS)
            given = {"settle": 2 * self.timing.beat, "stretch": self.timing.stretch}
            expired = await (await db.execute(statements.EXPIRED, given)).fetchall()
            due = await (await db.execute(statements.DUE)).fetchall()
        return [Doorbell(*row[:4]) for row in [*expired, *due] if row[4] == "pending"]

    async def abandon(self) -> int:
        """Cancel what an `inventory collect` that was killed left in its own queue."""
        given = {"patience": self.timing.abandon}
        return len(await self.fetch(statements.ABANDONED, given))

    async def waiting(self) -> dict[str, int]:
        """How many runs of each queue have waited for so long that their doorbell must be there."""
        rows = await self.fetch(statements.WAITING, {"lost": self.timing.lost})
        return {row[0]: row[1] for row in rows}

    async def doorbells(self, queue: str, limit: int) -> list[Doorbell]:
        """The doorbells of what waits in a queue, the next ones first."""
        rows = await self.fetch(statements.DOORBELLS, {"queue": queue, "limit": limit})
        return [Doorbell(*row) for row in rows]

    async def know_jobs(self, jobs: Sequence[Mapping[str, object]]) -> None:
        """Record the scheduled jobs."""
        async with self._connection() as db:
            await db.execute(statements.KNOW_JOBS, {"jobs": orjson.dumps(jobs).decode()})

    async def still_known(self, jobs: Sequence[str]) -> None:
        """Say that a scheduler has these jobs."""
        await self.fetch(statements.STILL_KNOWN, {"jobs": list(jobs)})

    async def last_ticks(self, jobs: Sequence[str]) -> dict[str, datetime]:
        """When each of these jobs was last due and enqueued."""
        return dict(await self.fetch(statements.LAST_TICKS, {"jobs": list(jobs)}))

    async def tick(self, run: NewRun, following: datetime) -> bool:
        """Record the run of a job's tick. False if it is recorded, or its like still waits."""
        text = orjson.dumps([run]).decode()
        async with self._connection() as db, db.transaction():
            inserted = await db.execute(statements.INSERT, {"runs": text})
            won = await inserted.fetchone() is not None
            await db.execute(
                statements.TICKED, {"job": run.job, "tick": run.tick, "next": following}
            )
        return won

    async def fetch(self, statement: str, given: Mapping[str, Any] | None = None) -> list[Any]:
        """Execute a statement, and return its rows."""
        async with self._connection() as db:
            return await (await db.execute(statement.encode(), given)).fetchall()

    async def rows(
        self, statement: str, given: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """The same, with each row by the names of its columns."""
        async with self._connection() as db, db.cursor(row_factory=dict_row) as cursor:
            return await (await cursor.execute(statement.encode(), given)).fetchall()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        began = perf_counter()
        try:
            async with self.pool.connection(timeout=engine.CONNECT_TIMEOUT) as db:
                yield db
        except AWAY as error:
            raise self._away(error) from error
        finally:
            if self.observe is not None:
                self.observe(perf_counter() - began)

    def _away(self, error: BaseException) -> DatabaseError:
        return DatabaseError(
            f"PostgreSQL at {engine.address(self.dsn)} cannot be reached: "
            f"{engine.first_line(error)}. Check database.dsn, and that the server runs."
        )


def never_idle(seconds: float) -> dict[str, str]:
    """Settings by which PostgreSQL ends the transaction of a process that was frozen inside it, and
    that would keep its locks from everyone else.
    """
    return {"idle_in_transaction_session_timeout": f"{int(seconds * 1000)}"}
