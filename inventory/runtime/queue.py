"""Enqueue runs: PostgreSQL accepts them, Redis tells the workers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from time import time
from typing import Any, TypeVar
from uuid import UUID

from anyio.from_thread import BlockingPortal, start_blocking_portal

from inventory.catalog import Catalog
from inventory.config import Config
from inventory.errors import ConfigError, DatabaseError, QueueError
from inventory.runtime.broker import Broker
from inventory.runtime.ledger import Doorbell, Ledger, NewRun
from inventory.runtime.requests import Given, Options, request
from inventory.runtime.timing import Timing
from inventory.telemetry import tracing

T = TypeVar("T")
BATCH = 5000
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Enqueued:
    """A run that was accepted, or that was there already."""

    id: UUID
    created: bool
    """False if a live run holds the unique key, or the parent's earlier attempt enqueued it."""
    rung: bool = True
    """False if Redis was away: the run is safe and starts once Redis is back."""


def addresses(config: Config) -> tuple[str, str]:
    """Where PostgreSQL and Redis are. Raises ConfigError when one of them is not configured."""
    if not config.database.dsn or not config.redis.url:
        missing = "database.dsn" if not config.database.dsn else "redis.endpoint"
        raise ConfigError(
            f"{missing} is not set; set it, or use `inventory up`, which brings servers of its own"
        )
    return str(config.database.dsn), config.redis.url


class Queue:
    """Where runs are enqueued. For the event loop; `BlockingQueue` is for threads and commands."""

    def __init__(self, ledger: Ledger, broker: Broker, catalog: Catalog) -> None:
        self.ledger = ledger
        self.broker = broker
        self.catalog = catalog

    @classmethod
    @asynccontextmanager
    async def connected(
        cls, config: Config, catalog: Catalog, *, size: int = 4, timing: Timing | None = None
    ) -> AsyncIterator[Queue]:
        """Connect. Raises DatabaseError when PostgreSQL is away; Redis may be."""
        dsn, redis_url = addresses(config)
        broker = Broker(redis_url)
        try:
            async with Ledger.opened(dsn, size=size, timing=timing) as ledger:
                yield cls(ledger, broker, catalog)
        finally:
            await broker.shutdown()

    async def enqueue(
        self,
        name: str,
        payload: Given = None,
        *,
        queue: str | None = None,
        priority: int | None = None,
        timeout: timedelta | None = None,  # noqa: ASYNC109 - of the run, not of this call
        max_retry: int | None = None,
        unique_key: str | None = None,
        delay: timedelta | None = None,
        run_at: datetime | None = None,
        deadline: datetime | None = None,
        parent_id: UUID | None = None,
    ) -> Enqueued:
        """Enqueue a run of a task.

        Raises PayloadError before anything is recorded, DatabaseError if it cannot be recorded.
        """
        options = Options(
            queue, priority, timeout, max_retry, unique_key, delay, run_at, deadline, parent_id
        )
        (enqueued,) = await self.enqueue_all([request(self.catalog, name, payload, options)])
        return enqueued

    async def enqueue_all(self, runs: Iterable[NewRun]) -> list[Enqueued]:
        """Enqueue many runs, a few thousand at a time."""
        everything = list(runs)
        found: list[Enqueued] = []
        for start in range(0, len(everything), BATCH):
            batch = everything[start : start + BATCH]
            about = {"messaging.batch.message_count": len(batch), "inventory.task": batch[0].task}
            with tracing.span(f"enqueue {batch[0].task}", about, kind="PRODUCER"):
                if parent := tracing.traceparent():
                    batch = [replace(run, traceparent=parent) for run in batch]
                found += await self._batch(batch)
        return found

    async def _batch(self, runs: Sequence[NewRun]) -> list[Enqueued]:
        states: dict[UUID, str] = {}
        present: dict[UUID, UUID] = {}
        missing = list(runs)
        for _ in range(ATTEMPTS):
            states |= await twice(partial(self.ledger.insert, missing))
            missing = [run for run in missing if run.id not in states]
            if not missing:
                break
            keys = {run.unique_key for run in missing if run.unique_key}
            known = await self.ledger.live([run.id for run in missing], keys)
            ids, holders = {row[0] for row in known}, {row[1]: row[0] for row in known}
            for run in missing:
                if run.id in ids:
                    present[run.id] = run.id
                elif run.unique_key in holders:
                    present[run.id] = holders[run.unique_key]
            # The holder of a key may have ended between the two statements.
            missing = [run for run in missing if run.id not in present]
            if not missing:
                break
        if missing:
            raise QueueError(
                f"{missing[0].task}: its unique key changed hands too often; try again"
            )
        now = time()
        rung = await self.broker.ring(
            # A ten thousandth of a second apart, so that they are taken in this order.
            Doorbell(run.id, run.queue, run.priority, now + number / 10_000)
            for number, run in enumerate(runs)
            if states.get(run.id) == "pending"
        )
        return [Enqueued(present.get(r.id, r.id), r.id not in present, rung) for r in runs]


async def twice(call: Callable[[], Awaitable[T]]) -> T:
    """Call again if PostgreSQL was away: a pool notices a restart only when it uses a connection.

    Only for calls that may be repeated.
    """
    try:
        return await call()
    except DatabaseError:
        return await call()


class BlockingQueue:
    """The same queue for code that does not run on the event loop."""

    def __init__(self, queue: Queue, portal: BlockingPortal) -> None:
        self.queue = queue
        self.portal = portal

    @classmethod
    @contextmanager
    def connected(cls, config: Config, catalog: Catalog) -> Iterator[BlockingQueue]:
        """Connect, with an event loop in a thread of its own."""
        with (
            start_blocking_portal() as portal,
            portal.wrap_async_context_manager(Queue.connected(config, catalog, size=2)) as queue,
        ):
            yield cls(queue, portal)

    def enqueue(self, name: str, payload: Given = None, **options: Any) -> Enqueued:
        """Enqueue a run of a task, with the options of `Queue.enqueue`."""
        return self.portal.call(partial(self.queue.enqueue, name, payload, **options))

    def call(self, function: Callable[[Queue], Awaitable[T]]) -> T:
        """Let the event loop do something with the queue."""
        return self.portal.call(function, self.queue)
