"""The processes that are injured, and the one that asks for work."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

from inventory.catalog import Catalog
from inventory.config import Config
from inventory.errors import DatabaseError
from inventory.runtime.control import Control
from inventory.runtime.ledger import NewRun
from inventory.runtime.process import run_worker, stop_on_signals
from inventory.runtime.queue import Queue
from inventory.runtime.scheduler import schedule
from inventory.runtime.timing import Timing
from inventory.sources import common
from tests.chaos import load
from tests.chaos.journal import Journal
from tests.chaos.plan import LEASE

CATALOG = Catalog.of([common.source, load.source])
TIMING = Timing(lease=LEASE, beat=0.6, reap=0.3, lost=1.0, grace=1.0, stretch=0.02, idle=5.0)
QUEUES = ("critical", "default", "low")
PAUSE = 0.04
"""Seconds between two requests of the enqueuer."""


def worker(settings: str) -> None:
    """Be a worker, as long as it lasts."""
    config = _begin(settings, "worker")
    with suppress(DatabaseError):
        run_worker(config, CATALOG, timing=TIMING)


def scheduler(settings: str, ahead: float) -> None:
    """Be a scheduler whose clock is so many seconds ahead."""
    config = _begin(settings, "scheduler")
    journal = Journal(config.home)

    async def main() -> None:
        await schedule(
            config,
            CATALOG,
            stop=stop_on_signals(),
            timing=TIMING,
            ready=lambda source: journal.write("schedules", ahead=ahead),
            clock=lambda: datetime.now(UTC) + timedelta(seconds=ahead),
        )

    with suppress(DatabaseError):
        asyncio.run(main())


def enqueuer(settings: str, seed: int) -> None:
    """Ask for work until told to stop, and note what was accepted."""
    config = _begin(settings, "enqueuer")
    asyncio.run(_enqueue(config, Random(seed)))


async def _enqueue(config: Config, random: Random) -> None:
    stop, journal, accepted = stop_on_signals(), Journal(config.home), list[UUID]()
    async with Queue.connected(config, CATALOG, timing=TIMING) as queue:
        while not stop.is_set():
            try:
                accepted.append(await _ask(queue, random))
                journal.write("accepted", run=str(accepted[-1]))
                if random.random() < 0.05:
                    await Control(queue).cancel([random.choice(accepted[-60:])])
            except DatabaseError as error:
                # Nobody was promised anything.
                journal.write("not accepted", reason=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), PAUSE)


async def _ask(queue: Queue, random: Random) -> UUID:
    number = random.randrange(2**31)
    options: dict[str, Any] = {
        "queue": random.choices(QUEUES, (2, 5, 2))[0],
        "priority": random.randrange(3),
    }
    if random.random() < 0.2:
        options["delay"] = timedelta(seconds=random.uniform(0, 3))
    if random.random() < 0.1:
        options["unique_key"] = f"key {random.randrange(3)}"
    if random.random() < 0.02:
        return await _poison(queue, random)
    kinds = {"walk": 50, "drift": 15, "falter": 10, "keep": 15, "refuse": 2, "sulk": 4, "fan": 3}
    (name,) = random.choices([*kinds, "die"], [*kinds.values(), 0.4])
    payload: dict[str, Any] = {"number": number, "steps": random.randrange(1, 12)}
    if name == "walk" and random.random() < 0.05:
        payload |= {"steps": 60, "pause": 0.1}
    if name == "sulk":
        payload |= {"pause": random.uniform(0, 2)}
    if name == "fan":
        payload |= {"steps": random.randrange(20, 120)}
    if name in ("falter", "die"):
        payload |= {"fails": random.randrange(1, 4)}
    return (await queue.enqueue(f"chaos:task:{name}", payload, **options)).id


async def _poison(queue: Queue, random: Random) -> UUID:
    """What no enqueue would accept, as if another version had written it."""
    task = random.choice(("chaos:task:walk", "chaos:task:nobody-knows"))
    payload = random.choice(({"steps": "many"}, {"stairs": 1}, {"number": {"a": [None]}}))
    run = NewRun(id=uuid4(), task=task, queue="default", payload=payload)
    (enqueued,) = await queue.enqueue_all([run])
    return enqueued.id


def _begin(settings: str, name: str) -> Config:
    config = Config.model_validate_json(settings)
    # Beside asyncio, which takes it over; before it, a signal ends the process as usual.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    logging.basicConfig(
        filename=Path(config.home) / f"{name}.log",
        level=logging.INFO,
        format="%(asctime)s %(process)d %(name)s %(message)s",
    )
    return config
