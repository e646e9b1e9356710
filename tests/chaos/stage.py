"""Servers and processes, and what is done to them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import redis
import sqlalchemy as sa

from inventory.config import Config
from inventory.db import engine
from inventory.embedded import postgres as postgres_server
from inventory.embedded import process as servers
from inventory.embedded import redis as redis_server
from inventory.embedded import services
from inventory.embedded.home import Home
from inventory.runtime.broker import Broker, key
from inventory.runtime.context import now
from tests.chaos import actors, audit
from tests.chaos.plan import SCHEDULERS, SKEWS, WORKERS, Injury
from tests.runtime.process import Process

STOPPED_WITHIN = 30.0


@dataclass(frozen=True)
class Outage:
    """When something could not do its part, by `now()`."""

    what: str
    since: float
    until: float


@dataclass
class Stage:
    """Everything that can be injured."""

    home: Path
    stack: ExitStack
    seed: int
    outages: list[Outage] = field(default_factory=list)
    stops: list[tuple[float, bool]] = field(default_factory=list)
    """How long each stopping worker took, and whether it left nothing active."""

    def __post_init__(self) -> None:
        self.place = Home.prepare(self.home)
        found = self.stack.enter_context(services(self.home, durable=True))
        self.dsn, self.redis_url = str(found.dsn), str(found.redis_url)
        self.random = Random(self.seed)
        self.config = Config.model_validate(
            {
                "home": str(self.home),
                "database": {"dsn": self.dsn},
                "redis": {"endpoint": self.redis_url},
                "worker": {"concurrency": 6, "queues": {"critical": 6, "default": 3, "low": 1}},
                "scheduler": {"jobs": list(audit.JOBS)},
            }
        )
        self.settings = self.config.model_dump_json(exclude_unset=True)
        tables = list(actors.CATALOG.tables.values())
        connection = sa.create_engine(engine.sqlalchemy_url(self.dsn), poolclass=sa.NullPool)
        tables[0].metadata.create_all(connection, tables)
        self.sql(audit.TABLES)
        self.started: list[Process] = []
        self.held: set[Process] = set()
        """Those that an injury will start again."""
        self.workers = [self._worker() for _ in range(WORKERS)]
        self.schedulers = [self._scheduler(number) for number in range(SCHEDULERS)]
        self.enqueuer = self._start(actors.enqueuer, self.seed)

    def _start(self, function: Callable[..., None], *arguments: Any) -> Process:
        self.started.append(Process(function, self.settings, *arguments))
        return self.started[-1]

    def _worker(self) -> Process:
        return self._start(actors.worker)

    def _scheduler(self, number: int) -> Process:
        return self._start(actors.scheduler, SKEWS[number])

    def sql(self, statement: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.dsn, autocommit=True) as db:
            cursor = db.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    async def injure(self, injury: Injury) -> None:
        """Do it, and what ends it."""
        verb, _, noun = injury.kind.partition(" ")
        method: Callable[[Injury], Coroutine[Any, Any, None]]
        method = getattr(self, f"_{verb}_{noun.replace(' ', '_').lower()}")
        await method(injury)

    async def _kill_worker(self, injury: Injury) -> None:
        await self._end(self.workers[injury.victim], injury, signal.SIGKILL)

    async def _stop_worker(self, injury: Injury) -> None:
        process = self.workers[injury.victim]
        if process in self.held:
            return
        began = now()
        with self._holding(process):
            status = await self._ended(process, injury, signal.SIGTERM)
            # One that a run killed meanwhile has not stopped.
            if status == 0 and not any(outage.until > began for outage in self.outages):
                left = await self._on_postgres(audit.ACTIVE_OF, f"%/{process.pid}/%")
                self.stops.append((now() - began, left == [(0,)]))
            await asyncio.sleep(injury.lasts)

    async def _freeze_worker(self, injury: Injury) -> None:
        await self._freeze(self.workers[injury.victim], injury)

    async def _kill_scheduler(self, injury: Injury) -> None:
        await self._end(self.schedulers[injury.victim], injury, signal.SIGKILL)

    async def _restart_scheduler(self, injury: Injury) -> None:
        await self._end(self.schedulers[injury.victim], injury, signal.SIGTERM)

    async def _freeze_scheduler(self, injury: Injury) -> None:
        await self._freeze(self.schedulers[injury.victim], injury)

    async def _end(self, process: Process, injury: Injury, number: int) -> None:
        if process in self.held:
            return
        with self._holding(process):
            await self._ended(process, injury, number)
            await asyncio.sleep(injury.lasts)

    async def _ended(self, process: Process, injury: Injury, number: int) -> int | None:
        process.send(signal.SIGCONT)
        status = await asyncio.to_thread(process.end, number, within=STOPPED_WITHIN)
        if process.is_alive():
            raise AssertionError(f"{injury}: it did not stop within {STOPPED_WITHIN} s")
        return status

    @contextmanager
    def _holding(self, process: Process) -> Iterator[None]:
        self.held.add(process)
        try:
            yield
        finally:
            self.held.discard(process)

    async def _freeze(self, process: Process, injury: Injury) -> None:
        process.send(signal.SIGSTOP)
        await asyncio.sleep(injury.lasts)
        process.send(signal.SIGCONT)

    async def _kill_redis(self, injury: Injury) -> None:
        await self._restart("Redis", redis_server, signal.SIGKILL, injury)

    async def _kill_postgresql(self, injury: Injury) -> None:
        await self._restart("PostgreSQL", postgres_server, signal.SIGQUIT, injury)

    async def _restart(self, name: str, module: Any, number: int, injury: Injury) -> None:
        began, pid = now(), module.server(self.place, durable=True).running()
        # It is an outage from now on, and for an unknown while.
        self.outages.append(Outage(name, began, float("inf")))
        os.kill(pid, number)
        while servers.is_alive(pid):  # noqa: ASYNC110 - it is no coroutine
            await asyncio.sleep(0.02)
        await asyncio.sleep(injury.lasts)
        await asyncio.to_thread(self.stack.enter_context, services(self.home, durable=True))
        self.outages[-1] = Outage(name, began, now())

    async def _hang_redis(self, injury: Injury) -> None:
        pid = redis_server.server(self.place, durable=True).running()
        assert pid
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(injury.lasts)
        os.kill(pid, signal.SIGCONT)

    async def _wipe_redis(self, injury: Injury) -> None:
        await self._on_redis(lambda client: client.flushall())

    async def _steal_doorbells(self, injury: Injury) -> None:
        for queue in actors.QUEUES:
            await self._on_redis(partial(_steal, queue))

    async def _ring_at_random(self, injury: Injury) -> None:
        rows = await self._on_postgres(
            "SELECT id::text, queue FROM common_run ORDER BY created_at DESC LIMIT 50"
        )
        junk = {b"{": 1.0, b"\x00\xff": 2.0, b'{"task_id": 7}': 3.0}
        await self._on_redis(lambda client: client.zadd(key("default"), junk))
        broker = Broker(self.redis_url)
        with suppress(redis.RedisError, OSError):
            for run_id, queue in rows:
                message = broker._message(run_id, queue, 9)
                await broker.redis.zadd(key(queue), {message.message: 0})
        await broker.shutdown()

    async def _cut_postgresql(self, injury: Injury) -> None:
        await self._on_postgres(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND random() < 0.5"
        )

    async def _pause_queue(self, injury: Injury) -> None:
        queue = actors.QUEUES[injury.victim]
        await self._on_postgres(audit.PAUSE, queue)
        await asyncio.sleep(injury.lasts)
        while not await self._on_postgres(audit.RESUME, queue):  # noqa: ASYNC110
            await asyncio.sleep(0.2)

    async def _on_redis(self, call: Callable[[redis.Redis], Any]) -> None:
        def connected() -> None:
            client = redis.Redis.from_url(self.redis_url, socket_timeout=1)
            with client, suppress(redis.RedisError, OSError):
                call(client)

        await asyncio.to_thread(connected)

    async def _on_postgres(self, statement: str, *values: Any) -> list[Any]:
        with suppress(psycopg.Error):
            return await asyncio.to_thread(self.sql, statement, *values)
        return []

    async def revive(self) -> None:
        """Start again what died without being told to, until cancelled."""
        while True:
            await asyncio.sleep(0.3)
            for number, process in enumerate(self.workers):
                if not process.is_alive() and process not in self.held:
                    self.workers[number] = self._worker()
            for number, process in enumerate(self.schedulers):
                if not process.is_alive() and process not in self.held:
                    self.schedulers[number] = self._scheduler(number)

    def close(self) -> None:
        """End every process."""
        for process in self.started:
            process.end(signal.SIGKILL)


def _steal(queue: str, client: redis.Redis) -> None:
    client.zpopmin(key(queue), 20)
