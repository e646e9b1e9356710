"""A worker: taskiq receives doorbells, the ledger says whose run it is, threads do it."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from time import monotonic
from typing import Any, TypeVar
from uuid import UUID

from psycopg_pool import ConnectionPool
from taskiq.acks import AcknowledgeType
from taskiq.receiver import Receiver

from inventory import logs
from inventory.catalog import Catalog
from inventory.config import Config, current_name
from inventory.db import engine
from inventory.errors import DatabaseError, QueueError
from inventory.runtime.background import background
from inventory.runtime.batch import Batch
from inventory.runtime.broker import RUN, Broker
from inventory.runtime.clients import Clients
from inventory.runtime.context import Connection, Context, now
from inventory.runtime.health import server_checks
from inventory.runtime.ledger import Claimed, Ledger, Outcome, never_idle
from inventory.runtime.ping import answer
from inventory.runtime.policy import CANCELLED, LOST, STOPPING
from inventory.runtime.queue import Queue, addresses
from inventory.runtime.reaper import Reaper
from inventory.runtime.run import attempt
from inventory.runtime.timing import Timing
from inventory.telemetry.meters import Meters
from inventory.telemetry.monitor import Monitor

log = logging.getLogger(__name__)
T = TypeVar("T")
RETRY_PAUSE = 0.5
LAST_CALL = 0.5
"""How long interrupted runs have to notice, after the grace period."""
AFTER_EXIT = 2.0
"""When the run of a thread that nobody can stop may begin again: its process has ended by then."""


async def work(
    config: Config,
    catalog: Catalog,
    *,
    stop: asyncio.Event,
    queues: Mapping[str, int] | None = None,
    concurrency: int | None = None,
    timing: Timing | None = None,
    ready: Callable[[Worker], None] = lambda worker: None,
    monitor: Monitor | None = None,
) -> bool:
    """Run tasks until `stop` is set, then finish or hand back what is under way.

    Returns whether every thread has ended; one that has not is stuck in a call that nobody can
    interrupt.  Raises DatabaseError if PostgreSQL is away at the start.
    """
    timing = timing or Timing()
    monitor = monitor or Monitor(Meters("worker"))
    concurrency = concurrency or config.worker.concurrency
    dsn, redis_url = addresses(config)
    queues = dict(queues or config.worker.queues)
    broker = Broker(redis_url, queues=queues, strict=config.worker.strict_priority)
    async with Ledger.opened(dsn, size=6, timing=timing) as ledger:
        settings = never_idle(timing.idle)
        with engine.pool(
            dsn, size=concurrency + 2, application="inventory-run", settings=settings
        ) as pool:
            queue = Queue(ledger, broker, catalog)
            worker = Worker(config, catalog, queue, pool, concurrency, monitor.meters)
            ledger.observe = monitor.meters.sql("ledger")
            monitor.meters.pool("ledger", ledger.pool)
            monitor.meters.pool("run", pool)
            try:
                async with monitor.serving(
                    {**server_checks(config, queue), "worker": worker.require_reporting}
                ):
                    ready(worker)
                    return await worker.run(stop)
            finally:
                await broker.shutdown()


class Worker:
    """One worker process, or one of several inside a process."""

    def __init__(
        self,
        config: Config,
        catalog: Catalog,
        queue: Queue,
        pool: ConnectionPool[Connection],
        concurrency: int,
        meters: Meters,
    ) -> None:
        self.meters = meters
        meters.slots.set(concurrency)
        meters.busy.set_function(lambda: len(self.active))
        self.config = config
        self.catalog = catalog
        self.queue = queue
        self.ledger = queue.ledger
        self.broker = queue.broker
        self.timing = queue.ledger.timing
        self.pool = pool
        self.concurrency = concurrency
        self.host, self.pid = socket.gethostname(), os.getpid()
        self.name = f"{self.host}/{self.pid}/{secrets.token_hex(3)}"
        self.started_at = datetime.now(UTC)
        self.clients = Clients(config)
        self._redact = logs.Redaction(config.secrets())
        self.active: dict[UUID, Context] = {}
        self._claiming: set[UUID] = set()
        self._recording: set[UUID] = set()
        self._given_up: set[UUID] = set()
        self.status = "active"
        self._beat_at = monotonic()
        self._busy: set[asyncio.Task[Any] | None] = set()
        self._idle = asyncio.Event()
        self._beat_now = asyncio.Event()
        self._executor = ThreadPoolExecutor(concurrency, thread_name_prefix="run")
        self._claim: Batch[UUID, UUID, Claimed] = Batch(self._claim_all, lambda run_id: run_id)
        self._finish: Batch[UUID, Outcome, str] = Batch(self._finish_all, lambda o: o.id)

    async def run(self, stop: asyncio.Event) -> bool:
        """Work until told to stop."""
        self.broker.slots = self.concurrency
        self.broker.stopping = stop.is_set
        self.broker.register_task(self._answer(), task_name=RUN)
        receiver = Receiver(
            self.broker,
            max_async_tasks=self.concurrency,
            max_prefetch=0,
            validate_params=False,
            ack_type=AcknowledgeType.WHEN_EXECUTED,
            wait_tasks_timeout=0.01,
        )
        await self._beat()
        log.info("worker started", extra={"worker": self.name, "concurrency": self.concurrency})
        parts = (self._beats, self._reports, self._cancels, self._pings, self._reaping)
        async with background(*parts, pause=self.timing.beat):
            await receiver.listen(stop)
            self.status = "stopping"
            await self._settle()
        self.status = "stopped"
        with suppress(DatabaseError):
            await self._beat()
        self._executor.shutdown(wait=False, cancel_futures=True)
        self.clients.close()
        log.info("worker stopped", extra={"worker": self.name, "stuck": len(self._busy)})
        return not self._busy

    def _answer(self) -> Callable[[str], Awaitable[None]]:
        async def answer(run_id: str) -> None:
            await self._doorbell(run_id)

        # taskiq renames what is registered, which it could not do with a method.
        return answer

    async def _doorbell(self, run_id: str) -> None:
        """A doorbell rang: run it, if it is still to be run and nobody else has it."""
        if self.status != "active":
            return
        recording: asyncio.Task[None] | None = None
        run = UUID(run_id)
        if run in self.active or run in self._claiming:
            # An attempt that we lost may still go on here; the reaper rings again.
            return
        self._claiming.add(run)
        with self._counted(), suppress(DatabaseError):
            try:
                believed_until = now() + self.timing.lease
                # A doorbell that finds PostgreSQL away is forgotten; the reaper rings again.
                claimed = await self._claim(run)
                if claimed is not None:
                    recording = await self._do(self._context(claimed, believed_until))
            finally:
                self._claiming.discard(run)
        # The slot is free while the outcome is on its way to the disk, unless too many are.
        if recording is not None and len(self._busy) > self.concurrency:
            await recording

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Count the coroutine among those that a stopping worker waits for."""
        this = asyncio.current_task()
        self._busy.add(this)
        try:
            yield
        finally:
            self._busy.discard(this)
            if not self._busy:
                self._idle.set()

    def _context(self, claimed: Claimed, believed_until: float) -> Context:
        return Context(
            claimed,
            config=self.config,
            catalog=self.catalog,
            queue=self.queue,
            pool=self.pool,
            clients=self.clients,
            redact=self._redact,
            worker=self.name,
            believed_until=believed_until,
        )

    async def _do(self, context: Context) -> asyncio.Task[None]:
        """Do a run. Returns the task that records how it ended."""
        self.active[context.id] = context
        if self.status != "active":
            context.interrupt(STOPPING)
        outcome: Outcome | None = None
        began = monotonic()
        try:
            outcome = await attempt(context, self._executor)
        finally:
            if outcome is not None:
                self._measure(context.claimed, outcome, monotonic() - began)
            self._recording.add(context.id)
            recording = asyncio.create_task(self._record(context, outcome))
            # Until it has begun, nothing else counts it.
            self._busy.add(recording)
        return recording

    def _measure(self, claimed: Claimed, outcome: Outcome, seconds: float) -> None:
        task, queue = self._known(claimed.task), claimed.queue
        self.meters.attempt(task, queue, outcome.state, outcome.error_code, seconds)
        if outcome.scope is not None:
            self.meters.collected(
                task, seen=outcome.seen, written=outcome.written, deleted=outcome.deleted
            )

    def _known(self, name: str) -> str:
        """The name of a task of ours: a label must not be whatever somebody enqueued."""
        name = current_name(name)
        return name if name in self.catalog.tasks else "unknown"

    async def require_reporting(self) -> None:
        """Raise QueueError unless the worker runs and PostgreSQL hears from it."""
        if self.status != "active":
            raise QueueError(f"the worker is {self.status}")
        silent = monotonic() - self._beat_at
        if silent > self.timing.lease:
            raise QueueError(f"the worker has not been able to report for {silent:.0f} s")

    async def _record(self, context: Context, outcome: Outcome | None) -> None:
        with self._counted():
            try:
                if outcome is not None and context.reason != LOST:
                    await self._persist(lambda: self._finish(outcome))
                elif context.reason == STOPPING:
                    self._given_up.add(context.id)
            finally:
                self._recording.discard(context.id)
                if self.active.get(context.id) is context:
                    del self.active[context.id]

    async def _claim_all(self, ids: Any) -> dict[UUID, Claimed]:
        return await self.ledger.claim(self.name, ids)

    async def _finish_all(self, outcomes: Any) -> dict[UUID, str]:
        return await self.ledger.finish(self.name, outcomes)

    async def _persist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Outlive an absence of PostgreSQL: what was done must not be done again for that."""
        while True:
            try:
                return await call()
            except DatabaseError as error:
                log.warning("outcome waits", extra={"reason": str(error)})
                await asyncio.sleep(RETRY_PAUSE)

    async def _settle(self) -> None:
        """Let runs end within the grace period, then hand back those that did not."""
        await self._until_idle(self.timing.grace)
        for context in list(self.active.values()):
            context.interrupt(STOPPING)
        await self._until_idle(LAST_CALL)
        await self._hand_back(self._given_up)
        stuck = {run_id for run_id, each in self.active.items() if each.reason == STOPPING}
        stuck -= self._recording
        # Nobody may begin them before this process has ended.
        await self._hand_back(stuck, AFTER_EXIT)

    async def _hand_back(self, runs: Collection[UUID], delay: float = 0.0) -> None:
        if not runs:
            return
        with suppress(DatabaseError):
            bells = await self.ledger.hand_back(self.name, list(runs), delay)
            await self.broker.ring(bells)
            log.info("runs handed back", extra={"runs": len(runs)})

    async def _until_idle(self, limit: float) -> None:
        self._idle.clear()
        if self._busy:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), limit)

    async def _beats(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._beat_now.wait(), self.timing.beat)
            self._beat_now.clear()
            try:
                await self._beat()
            except DatabaseError as error:
                log.warning("worker cannot report", extra={"reason": str(error)})
                await asyncio.sleep(RETRY_PAUSE)
                self._beat_now.set()

    async def _beat(self) -> None:
        held = dict(self.active)
        believed_until = now() + self.timing.lease
        pulse = await self.ledger.renew(self._description(), list(held))
        self.broker.paused = pulse.paused
        self._beat_at = monotonic()
        for run_id, context in held.items():
            if run_id in pulse.held:
                context.believed_until = believed_until
                if run_id in pulse.cancelled:
                    context.interrupt(CANCELLED)
            elif self.active.get(run_id) is context:
                context.interrupt(LOST)
        await self._hand_back(pulse.unheard - self.active.keys() - self._claiming)

    async def _cancels(self) -> None:
        async for ids in self.broker.cancels():
            if ids & self.active.keys():
                # The ledger says whether it is true; asking it is what a beat does.
                self._beat_now.set()

    async def _pings(self) -> None:
        await answer(self.broker, self.name)

    async def _reports(self) -> None:
        written: dict[UUID, tuple[int, int | None]] = {}
        while True:
            await asyncio.sleep(self.timing.report)
            told = {i: c.done for i, c in self.active.items() if c.done is not None}
            news = [(i, *done) for i, done in told.items() if written.get(i) != done]
            written = told
            if news:
                with suppress(DatabaseError):
                    await self.ledger.report(self.name, news)

    async def _reaping(self) -> None:
        reaper = Reaper(self.ledger, self.broker)
        while True:
            await asyncio.sleep(self.timing.reap)
            try:
                await reaper.round()
            except DatabaseError:
                # Every lease ran out while PostgreSQL was away; those who live renew theirs first.
                await asyncio.sleep(2 * self.timing.beat)
            except QueueError as error:
                log.warning("doorbells cannot be counted", extra={"reason": str(error)})

    def _description(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "host": self.host,
            "pid": self.pid,
            "concurrency": self.concurrency,
            "queues": self.broker.queues,
            "status": self.status,
            "active": len(self.active),
            "started_at": self.started_at,
        }
