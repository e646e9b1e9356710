"""What operators do with runs and queues: cancel, retry, archive, delete, pause, resume, drain."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import time
from typing import Any
from uuid import UUID, uuid4

import psycopg

from inventory.errors import PayloadError
from inventory.runtime import overview
from inventory.runtime.choice import STATES, Choice
from inventory.runtime.ledger import Doorbell, NewRun
from inventory.runtime.queue import Enqueued, Queue
from inventory.runtime.requests import Options, request

BATCH = 1000

# An active run is only asked to stop; its worker records the end.
CANCEL = """
UPDATE common_run
SET state = CASE WHEN state = 'active' THEN state ELSE 'cancelled' END,
    cancel_requested = state = 'active', run_at = NULL,
    finished_at = CASE WHEN state = 'active' THEN NULL ELSE now() END, updated_at = now()
WHERE id IN (
    SELECT id FROM common_run
    WHERE id = ANY(%(ids)s) AND state = ANY(%(states)s)
    ORDER BY id FOR NO KEY UPDATE)
RETURNING id, state, queue, priority
"""
RETRY = """
UPDATE common_run
SET state = 'pending', attempt = 0, run_at = NULL, finished_at = NULL, enqueued_at = now(),
    cancel_requested = false, updated_at = now()
WHERE id IN (
    SELECT id FROM common_run
    WHERE id = ANY(%(ids)s) AND state = ANY(%(states)s)
    ORDER BY id FOR NO KEY UPDATE)
RETURNING id, state, queue, priority
"""
ARCHIVE = """
UPDATE common_run
SET state = 'archived', run_at = NULL, finished_at = now(), updated_at = now(),
    error = COALESCE(error, 'archived by an operator'), error_code = COALESCE(error_code, 'ARCHIVED')
WHERE id IN (
    SELECT id FROM common_run
    WHERE id = ANY(%(ids)s) AND state = ANY(%(states)s)
    ORDER BY id FOR NO KEY UPDATE)
RETURNING id, state, queue, priority
"""
DELETE = """
DELETE FROM common_run WHERE id IN (
    SELECT id FROM common_run
    WHERE id = ANY(%(ids)s) AND state = ANY(%(states)s)
    ORDER BY id FOR UPDATE)
RETURNING id, 'deleted', queue, priority
"""
COUNT = """
SELECT r.task, r.state, count(*) FROM common_run r
WHERE {condition} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""
FIND = "SELECT r.id FROM common_run r WHERE {condition} ORDER BY r.created_at, r.id"
STATES_OF = "SELECT id, state FROM common_run WHERE id = ANY(%(ids)s)"
PAUSE = """
INSERT INTO common_queue (name, paused_at) VALUES (%(queue)s, now())
ON CONFLICT (name) DO UPDATE SET paused_at = now(), updated_at = now()
WHERE common_queue.paused_at IS NULL
RETURNING name
"""
RESUME = """
UPDATE common_queue SET paused_at = NULL, updated_at = now()
WHERE name = %(queue)s AND paused_at IS NOT NULL
RETURNING name
"""


@dataclass(frozen=True)
class Verb:
    """Something to do with runs, and the states in which it can be done."""

    name: str
    done: str
    statement: str
    states: tuple[str, ...]


VERBS = {
    verb.name: verb
    for verb in (
        Verb("cancel", "cancelled", CANCEL, ("scheduled", "pending", "active", "retry")),
        Verb(
            "retry",
            "retried",
            RETRY,
            ("scheduled", "retry", "completed", "archived", "cancelled"),
        ),
        Verb(
            "archive",
            "archived",
            ARCHIVE,
            ("scheduled", "pending", "retry", "completed", "cancelled"),
        ),
        Verb("delete", "deleted", DELETE, tuple(state for state in STATES if state != "active")),
    )
}
DRAINED = VERBS["delete"].states
"""The states that a queue can be drained of."""


@dataclass(frozen=True)
class Done:
    """What a verb applied to, with the states from then on, and why to which runs it did not."""

    states: dict[UUID, str] = field(default_factory=dict)
    refused: dict[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Control:
    """Operations on what is in the ledger."""

    queue: Queue

    def states_of(self, verb: str) -> Sequence[str]:
        """The states in which a verb can be applied."""
        return VERBS[verb].states

    # -- runs ---------------------------------------------------------------------------------------

    async def count(self, verb: str, choice: Choice) -> list[dict[str, Any]]:
        """How many of the chosen runs a verb would apply to, by task and state."""
        condition, given = _applicable(verb, choice)
        rows = await self._all(COUNT.replace("{condition}", condition), **given)
        return [dict(zip(("task", "state", "runs"), row, strict=True)) for row in rows]

    async def find(self, verb: str, choice: Choice) -> list[UUID]:
        """The chosen runs that a verb would apply to, the oldest first."""
        condition, given = _applicable(verb, choice)
        rows = await self._all(FIND.replace("{condition}", condition), **given)
        return [row[0] for row in rows]

    async def apply(self, verb: str, ids: Iterable[UUID]) -> Done:
        """Do it to these runs. What is in another state, or unknown, is left and told."""
        done = Done()
        every = list(dict.fromkeys(ids))
        for start in range(0, len(every), BATCH):
            await self._apply(VERBS[verb], every[start : start + BATCH], done)
        in_order = (
            {run: found[run] for run in every if run in found}
            for found in (done.states, done.refused)
        )
        return Done(*in_order)

    async def cancel(self, ids: Sequence[UUID]) -> Done:
        """Cancel runs. An active one is asked to stop and stays `active` until it has."""
        return await self.apply("cancel", ids)

    async def retry(self, ids: Sequence[UUID]) -> Done:
        """Run again at once what waits for its time or has come to an end."""
        return await self.apply("retry", ids)

    async def archive(self, ids: Sequence[UUID]) -> Done:
        """Put aside what is not active."""
        return await self.apply("archive", ids)

    async def delete(self, ids: Sequence[UUID]) -> Done:
        """Forget runs that are not active."""
        return await self.apply("delete", ids)

    async def _apply(self, verb: Verb, ids: list[UUID], done: Done) -> None:
        try:
            rows = await self._all(verb.statement, ids=ids, states=list(verb.states))
        except psycopg.errors.UniqueViolation:
            if len(ids) == 1:
                done.refused[ids[0]] = (
                    "another live run holds its unique key; cancel that one first"
                )
                return
            half = len(ids) // 2
            await self._apply(verb, ids[:half], done)
            await self._apply(verb, ids[half:], done)
            return
        done.states.update({row[0]: row[1] for row in rows})
        active = [row[0] for row in rows if row[1] == "active"]
        if active:
            await self.queue.broker.announce_cancel(active)
        now = time()
        await self.queue.broker.ring(
            # A ten thousandth of a second apart, so that they are taken in this order.
            Doorbell(run, queue, rank, now + number / 10_000)
            for number, (run, state, queue, rank) in enumerate(rows)
            if state == "pending"
        )
        left = [run for run in ids if run not in done.states]
        if left:
            known = dict(await self._all(STATES_OF, ids=left))
            done.refused.update({run: _reason(verb, known.get(run)) for run in left})

    # -- queues -------------------------------------------------------------------------------------

    async def queues(self, known: Iterable[str] = ()) -> list[dict[str, Any]]:
        """Every queue: what is in it, who takes from it. `known` may have never been used."""
        return await overview.queues(self.queue.ledger, self._known(known))

    async def pause(self, queue: str, known: Iterable[str] = ()) -> bool:
        """Start no more runs of a queue. False if it is paused. Raises PayloadError."""
        await self.check_queue(queue, known)
        return bool(await self._all(PAUSE, queue=queue))

    async def resume(self, queue: str, known: Iterable[str] = ()) -> bool:
        """Start runs of a queue again. False if it is not paused. Raises PayloadError."""
        await self.check_queue(queue, known)
        return bool(await self._all(RESUME, queue=queue))

    async def size(self, queue: str, states: Sequence[str], known: Iterable[str] = ()) -> int:
        """How many runs of a queue are in these states. Raises PayloadError."""
        rows = {row["name"]: row for row in await self.queues(known)}
        if queue not in rows:
            raise missing("queue", queue, list(rows))
        return sum(rows[queue][state] for state in states)

    async def drain(self, queue: str, states: Sequence[str], known: Iterable[str] = ()) -> int:
        """Forget all runs of a queue in states other than active. Raises PayloadError."""
        await self.check_queue(queue, known)
        ids = await self.find("delete", Choice(queue=queue, states=states))
        return len((await self.apply("delete", ids)).states)

    async def check_queue(self, queue: str, known: Iterable[str] = ()) -> None:
        """Raise PayloadError, with the queues that there are, for one that nobody ever used."""
        names = [row["name"] for row in await self.queues(known)]
        if queue not in names:
            raise missing("queue", queue, names)

    def _known(self, more: Iterable[str]) -> set[str]:
        return {task.queue for task in self.queue.catalog.tasks.values()} | set(more)

    # -- workers and jobs ---------------------------------------------------------------------------

    async def workers(self) -> list[dict[str, Any]]:
        """The workers of the last day, the ones that are gone last."""
        return await overview.workers(self.queue.ledger)

    async def jobs(self) -> list[dict[str, Any]]:
        """The jobs that schedulers know, with what became of the latest run of each."""
        return await overview.jobs(self.queue.ledger)

    async def run_job(self, name: str, configured: Mapping[str, NewRun] | None = None) -> Enqueued:
        """Enqueue what a job's tick would. Raises PayloadError for a job that no scheduler knows.

        `configured` are the runs of jobs that no scheduler may have heard of yet.
        """
        jobs = {job["name"]: job for job in await self.jobs()}
        if configured and name in configured:
            run = configured[name]
        elif name in jobs:
            options = Options(queue=jobs[name]["queue"], priority=jobs[name]["priority"])
            run = request(self.queue.catalog, jobs[name]["task"], jobs[name]["payload"], options)
        else:
            raise missing("job", name, [*jobs, *(configured or ())])
        (enqueued,) = await self.queue.enqueue_all([replace(run, id=uuid4(), job=name)])
        return enqueued

    async def _all(self, statement: str, **given: Any) -> list[Any]:
        return await self.queue.ledger.fetch(statement, given)


def missing(kind: str, name: str, known: Sequence[str]) -> PayloadError:
    """The error for a name that there is not, with those that there are."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        hint = f"did you mean {' or '.join(close)}?"
    elif known:
        hint = f"there are {', '.join(sorted(known)[:20])}"
    else:
        hint = "there is none yet; a scheduler makes its jobs known when it starts"
    return PayloadError(f"no {kind} is named {name!r}; {hint}")


def _applicable(verb: str, choice: Choice) -> tuple[str, dict[str, Any]]:
    condition, given = choice.condition()
    return f"({condition}) AND r.state = ANY(%(applicable)s)", {
        **given,
        "applicable": list(VERBS[verb].states),
    }


def _reason(verb: Verb, state: str | None) -> str:
    if state is None:
        return "no run has this id"
    if verb.name == "retry" and state == "pending":
        return "it is pending, so it runs as soon as a worker is free"
    if state == "active":
        return f"it is active; cancel it before it is {verb.done}"
    return f"it is {state}, and only what is {' or '.join(verb.states)} can be {verb.done}"
