"""Run the scheduler. Several may run; each tick is sent once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

from taskiq import TaskiqScheduler

from inventory.catalog import Catalog
from inventory.config import Config
from inventory.errors import DatabaseError, QueueError
from inventory.runtime.background import background
from inventory.runtime.health import server_checks
from inventory.runtime.queue import Queue
from inventory.runtime.reaper import Reaper
from inventory.runtime.schedule import Schedule, plan, utc
from inventory.runtime.timing import Timing
from inventory.telemetry.meters import Meters
from inventory.telemetry.monitor import Monitor

log = logging.getLogger(__name__)
LONGEST_WAIT = 5.0
RETRY_PAUSE = 1.0
KNOWN_EVERY = 30.0


async def schedule(
    config: Config,
    catalog: Catalog,
    *,
    stop: asyncio.Event,
    timing: Timing | None = None,
    ready: Callable[[Schedule], None] = lambda source: None,
    monitor: Monitor | None = None,
    clock: Callable[[], datetime] = utc,
) -> None:
    """Enqueue each job when it is due, until `stop` is set.

    Raises ConfigError for a job that cannot work and DatabaseError if PostgreSQL is away, both at
    the start only.
    """
    planned = plan(config, catalog)
    monitor = monitor or Monitor(Meters("scheduler"))
    async with Queue.connected(config, catalog, timing=timing) as queue:
        source = Schedule(queue.ledger, planned, monitor.meters, clock)
        monitor.meters.jobs.set(len(planned))
        if monitor.listening is not None:
            queue.ledger.observe = monitor.meters.sql("ledger")
            monitor.meters.pool("ledger", queue.ledger.pool)
        scheduler = TaskiqScheduler(queue.broker, [source])
        await source.startup()
        for job in planned:
            log.info("job known", extra={"job": job.id, "task": job.task, "spec": job.spec})
        for queue_name in {job.run.queue for job in planned} - config.worker.queues.keys():
            log.warning(
                "no worker of this configuration takes from the queue of a job",
                extra={"queue": queue_name, "remedy": "name it in worker.queues"},
            )
        ready(source)
        checks = {**server_checks(config, queue), "scheduler": source.require_rounds}
        parts = (partial(_reap, queue), partial(_stay_known, source))
        async with (
            monitor.serving(checks),
            background(*parts, pause=queue.ledger.timing.beat),
        ):
            while not stop.is_set():
                wait = await _round(scheduler, source)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), wait)


async def _round(scheduler: TaskiqScheduler, source: Schedule) -> float:
    """Send what is due. Returns how long nothing will be."""
    try:
        for task in await source.get_schedules():
            await scheduler.on_ready(source, task)
    except DatabaseError as error:
        # The ticks are not lost: what was due meanwhile is made up.
        log.warning("scheduler waits", extra={"reason": str(error)})
        return RETRY_PAUSE
    now = source.clock()
    following = source.next_tick(now)
    if following is None:
        return LONGEST_WAIT
    return min(max((following - now).total_seconds(), 0.01), LONGEST_WAIT)


async def _reap(queue: Queue) -> None:
    """Make due what is due, as workers do, so that it happens while no worker runs as well."""
    reaper = Reaper(queue.ledger, queue.broker)
    while True:
        await asyncio.sleep(queue.ledger.timing.reap)
        try:
            await reaper.round()
        except DatabaseError:
            await asyncio.sleep(2 * queue.ledger.timing.beat)
        except QueueError as error:
            log.warning("doorbells cannot be counted", extra={"reason": str(error)})


async def _stay_known(source: Schedule) -> None:
    while True:
        await asyncio.sleep(KNOWN_EVERY)
        with suppress(DatabaseError):
            await source.stay_known()
