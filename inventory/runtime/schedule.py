"""The jobs of the configuration and our own, as a taskiq schedule source.

Any number of schedulers may run.  A tick has a run in the ledger, unique by job and tick: the
scheduler whose insert wins sends it, and the others let it pass.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from taskiq import ScheduleSource
from taskiq.exceptions import ScheduledTaskCancelledError
from taskiq.scheduler.scheduled_task import ScheduledTask

from inventory.catalog import Catalog
from inventory.config import Config, Job, current_name
from inventory.errors import ConfigError, DatabaseError, PayloadError
from inventory.runtime.broker import RUN
from inventory.runtime.ledger import Ledger, NewRun
from inventory.runtime.requests import Options, request
from inventory.runtime.spec import Ticks, ticks
from inventory.telemetry import tracing

if TYPE_CHECKING:
    # `scheduler jobs` starts faster without Prometheus.
    from inventory.telemetry.meters import Meters

log = logging.getLogger(__name__)
LONGEST_SILENCE = 30.0

# The ledger must not grow for ever; a job of the same task in the configuration replaces these.
OURS = (
    Job(
        name="common:task:delete-completed-tasks",
        spec="@every 1h",
        payload={"older_than": "1d"},
    ),
    Job(
        name="common:task:delete-archived-tasks",
        spec="@every 1d",
        payload={"older_than": "30d"},
    ),
)


def utc() -> datetime:
    """The time by this machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Planned:
    """A job that was checked: its task exists, its payload and its spec can be read."""

    id: str
    task: str
    spec: str
    ticks: Ticks
    run: NewRun
    """What each tick enqueues."""
    description: str | None = None


def plan(config: Config, catalog: Catalog, *, ours: Iterable[Job] = OURS) -> list[Planned]:
    """Read all jobs. Raises ConfigError that names each job that cannot work, and the remedy."""
    configured = config.scheduler.jobs
    replaced = {job.name for job in configured}
    jobs = [job for job in ours if job.name not in replaced and job.name in catalog.tasks]
    planned, problems = [], []
    for job in [*jobs, *configured]:
        if not job.is_enabled:
            continue
        try:
            planned.append(_planned(config, catalog, job))
        except (ConfigError, PayloadError) as error:
            problems.append(str(error))
    if problems:
        raise ConfigError("scheduler.jobs: " + "\n".join(problems))
    return planned


def _planned(config: Config, catalog: Catalog, job: Job) -> Planned:
    when = ticks(job.spec, job=job.id)
    try:
        options = Options(
            queue=job.queue,
            priority=job.priority,
            usual_queue=config.scheduler.default_queue,
        )
        run = request(catalog, job.name, job.payload, options)
    except PayloadError as error:
        raise PayloadError(f"job {job.id}: {error}") from error
    doc = job.desc or catalog.tasks[current_name(job.name)].doc.splitlines()[0]
    return Planned(job.id, current_name(job.name), job.spec, when, run, doc)


class Schedule(ScheduleSource):
    """What is due. Keeps nothing in memory: which ticks were is in the database."""

    def __init__(
        self,
        ledger: Ledger,
        planned: Iterable[Planned],
        meters: Meters | None = None,
        clock: Callable[[], datetime] = utc,
    ) -> None:
        self.ledger = ledger
        self.meters = meters
        self.clock = clock
        self._looked_at = monotonic()
        self.planned = {job.id: job for job in planned}

    async def startup(self) -> None:
        """Let the ledger know the jobs. A job that is new starts with its next tick."""
        await self.ledger.know_jobs(self._known(self.clock()))

    async def stay_known(self) -> None:
        """Say that the jobs are still there: one that nobody says so of is no longer configured."""
        await self.ledger.still_known(list(self.planned))

    async def get_schedules(self) -> list[ScheduledTask]:
        """The ticks that are due and were not enqueued: of each job the last one only."""
        now = self.clock()
        latest = await self.ledger.last_ticks(list(self.planned))
        due = [
            (job, tick)
            for job in self.planned.values()
            if (tick := job.ticks.before(now)) > latest.get(job.id, tick)
        ]
        self._looked_at = monotonic()
        if self.meters is not None:
            self.meters.round_at.set(now.timestamp())
        return [_scheduled(job, tick) for job, tick in due]

    async def pre_send(self, task: ScheduledTask) -> None:
        """Record the run of a tick, or cancel the tick if another scheduler did."""
        job, tick = self.planned[task.labels["job"]], task.time
        assert tick is not None  # noqa: S101 - we made it
        assert task.task_id is not None  # noqa: S101
        run = replace(job.run, id=UUID(task.task_id), job=job.id, tick=tick)
        following = job.ticks.after(max(tick, self.clock()))
        with tracing.span(f"tick {job.id}", {"inventory.task": job.task}, kind="PRODUCER"):
            run = replace(run, traceparent=tracing.traceparent())
            is_ours = await self.ledger.tick(run, following)
        if not is_ours:
            if self.meters is not None:
                self.meters.ticks.labels("passed").inc()
            raise ScheduledTaskCancelledError
        if self.meters is not None:
            self.meters.tick((self.clock() - tick).total_seconds())
        log.info("job due", extra={"job": job.id, "tick": tick.isoformat(), "run": task.task_id})

    async def require_rounds(self) -> None:
        """Raise DatabaseError unless it was lately possible to look for what is due."""
        silent = monotonic() - self._looked_at
        if silent > LONGEST_SILENCE:
            raise DatabaseError(f"the scheduler could not look for what is due for {silent:.0f} s")

    def next_tick(self, now: datetime) -> datetime | None:
        """When there is something to do again."""
        return min((job.ticks.after(now) for job in self.planned.values()), default=None)

    def _known(self, now: datetime) -> list[dict[str, object]]:
        return [
            {
                "name": job.id,
                "task": job.task,
                "spec": job.spec,
                "description": job.description,
                "queue": job.run.queue,
                "priority": job.run.priority,
                "payload": job.run.payload,
                "last_tick": job.ticks.before(now),
                "next_tick": job.ticks.after(now),
            }
            for job in self.planned.values()
        ]


def _scheduled(job: Planned, tick: datetime) -> ScheduledTask:
    run_id = str(uuid4())
    return ScheduledTask(
        task_name=RUN,
        labels={"queue_name": job.run.queue, "priority": job.run.priority, "job": job.id},
        args=[run_id],
        kwargs={},
        task_id=run_id,
        schedule_id=f"{job.id} {tick.isoformat()}",
        time=tick,
    )
