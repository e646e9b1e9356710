"""Who does the runs: our workers, and taskiq's with the brokers of taskiq-redis."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import redis
from taskiq.kicker import AsyncKicker

from benchmarks import notes, stock
from benchmarks.labour import source as labour
from benchmarks.stock import LEASE
from inventory.catalog import Catalog
from inventory.config import Config
from inventory.runtime.queue import Queue
from inventory.runtime.requests import Options, request
from inventory.runtime.timing import Timing
from inventory.sources import common

CATALOG = Catalog.of([common.source, labour])
TIMING = Timing(lease=LEASE, beat=LEASE / 6, reap=0.5, lost=1.0, grace=2.0)
SLOTS = 10
ROOT = Path(__file__).parents[1]


class Contender(Protocol):
    """Somebody who does runs."""

    name: str
    url: str
    """Its Redis."""
    notes: Path

    def start(self) -> None:
        """Start one more worker."""

    async def enqueue(self, task: str, count: int, seconds: float = 0.0, first: int = 0) -> None:
        """Ask for runs that are numbered from `first` on."""

    def close(self) -> None:
        """End every worker."""


class _Workers:
    """Worker processes, ended at the end."""

    def __init__(self, name: str, url: str, folder: Path) -> None:
        self.name, self.url = name, url
        self.notes = folder / f"notes-{name.replace(' ', '-')}"
        self.processes: list[subprocess.Popen[bytes]] = []

    def _start(self, command: Sequence[str], given: bytes = b"") -> subprocess.Popen[bytes]:
        environment = os.environ | {notes.FILE: str(self.notes), "BENCH_REDIS": self.url}
        running = subprocess.Popen(
            command,
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert running.stdin
        running.stdin.write(given)
        running.stdin.close()
        self.processes.append(running)
        return running

    def close(self) -> None:
        for running in self.processes:
            _end_all(running)


class Ours(_Workers):
    """Our workers, with the ledger."""

    def __init__(self, dsn: str, url: str, folder: Path) -> None:
        super().__init__("ours", url, folder)
        self.config = Config.model_validate(
            {
                "home": str(folder),
                "database": {"dsn": dsn},
                "redis": {"endpoint": url},
                "worker": {"concurrency": SLOTS},
            }
        )

    def start(self) -> None:
        given = self.config.model_dump_json(include={"home", "database", "redis", "worker"})
        self._start([sys.executable, "-m", "benchmarks.labour"], given.encode())

    async def enqueue(self, task: str, count: int, seconds: float = 0.0, first: int = 0) -> None:
        async with Queue.connected(self.config, CATALOG, timing=TIMING) as queue:
            await queue.enqueue_all(
                request(
                    CATALOG,
                    f"labour:task:{task}",
                    {"number": number, "seconds": seconds},
                    Options(),
                )
                for number in range(first, first + count)
            )


class Stock(_Workers):
    """taskiq's worker command and a broker of taskiq-redis."""

    def __init__(self, name: str, kind: str, url: str, folder: Path) -> None:
        super().__init__(name, url, folder)
        self.kind = kind

    def start(self) -> None:
        command = [sys.executable, "-m", "taskiq", "worker", f"benchmarks.stock:{self.kind}"]
        options = ["--workers", "1", "--max-async-tasks", str(SLOTS), "--log-level", "ERROR"]
        self._start([*command, *options, "--max-threadpool-threads", str(SLOTS)])

    async def enqueue(self, task: str, count: int, seconds: float = 0.0, first: int = 0) -> None:
        broker = stock.broker(self.kind, self.url)
        try:
            for number in range(first, first + count):
                given = {"number": number} | ({"seconds": seconds} if seconds else {})
                kicker: AsyncKicker[Any, Any] = AsyncKicker(task, broker, {})
                await kicker.kiq(**given)
        finally:
            await broker.shutdown()


@contextmanager
def contenders(dsn: str, url: str, folder: Path) -> Iterator[list[Contender]]:
    """All of them, each with a Redis database of its own, and ended at the end."""
    found: list[Contender] = [
        Ours(dsn, url.replace("db=0", "db=1"), folder),
        Stock("taskiq list", "listed", url.replace("db=0", "db=2"), folder),
        Stock("taskiq stream", "streamed", url.replace("db=0", "db=3"), folder),
    ]
    try:
        yield found
    finally:
        for each in found:
            each.close()


def wipe(contender: Contender) -> None:
    """Empty its Redis."""
    with redis.Redis.from_url(contender.url) as client:
        client.flushdb()


async def noted(contender: Contender, event: str, count: int, *, within: float = 60.0) -> bool:
    """Wait until so many different runs noted an event. False if it does not come."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if len({n.number for n in notes.read(contender.notes) if n.event == event}) >= count:
            return True
        await asyncio.sleep(0.2)
    return False


def _end_all(running: subprocess.Popen[bytes]) -> None:
    """End a process and its children, who are in a session of their own."""
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()
