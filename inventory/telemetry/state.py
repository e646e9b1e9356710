"""What the database says of everything: steady gauges, the same whichever process tells them.

One statement reads all of it.  Its answer is kept for some seconds, and the longer it took the
longer, so that any number of scrapes costs PostgreSQL next to nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import psycopg
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from inventory.errors import InventoryError
from inventory.telemetry.original import GAUGES

log = logging.getLogger(__name__)
Fetch = Callable[[str], Awaitable[list[Any]]]
Facts = Mapping[str, list[list[Any]]]

KEPT = 5.0
"""Seconds that an answer serves."""
SHARE = 0.05
"""So much of the time may be spent on reading it."""
PATIENCE = 4.0
MOST_SCOPES = 5000
"""So many scopes get series of their own, the least fresh first; all are counted."""
MOST_QUEUES = 400
"""So many pairs of a queue and a state; each `inventory collect` has a queue of its own, and all of
them are told as `collect`.
"""
RUN_STATES = ("pending", "active", "scheduled", "retry", "archived", "completed")

# Each part is a list of rows. Workers that were not heard of for half a minute are gone.
STATEMENT = f"""
SELECT json_build_object(
'clock', (SELECT json_build_array(json_build_array(extract(epoch FROM clock_timestamp())))),
'runs', (SELECT json_agg(json_build_array(queue, state, runs, oldest)) FROM (
    SELECT regexp_replace(queue, '^collect-[0-9a-f]{{12}}$', 'collect') AS queue, state,
           count(*) AS runs,
           extract(epoch FROM now() - min(enqueued_at) FILTER (WHERE state = 'pending')) AS oldest
    FROM common_run GROUP BY 1, 2 ORDER BY runs DESC LIMIT {MOST_QUEUES}) AS r),
'paused', (SELECT json_agg(json_build_array(name, paused_at IS NOT NULL)) FROM common_queue),
'workers', (SELECT json_agg(json_build_array(status, n)) FROM (
    SELECT status, count(*) AS n FROM common_worker
    WHERE status <> 'stopped' AND seen_at > now() - interval '30 seconds' GROUP BY status) AS w),
'late', (SELECT json_build_array(json_build_array(
        greatest(0, extract(epoch FROM now() - min(next_tick))), count(*)))
    FROM common_job
    WHERE next_tick > (SELECT max(seen_at) - interval '5 minutes' FROM common_job)),
'held', (SELECT json_agg(json_build_array(source, model, account, region, seed, held)) FROM (
    SELECT source, model, account, region,
           CASE WHEN source = 'g' AND scope <> 'garden' THEN scope END AS seed,
           sum(rows_seen) AS held
    FROM common_scope WHERE last_complete_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5) AS h),
'statuses', (SELECT json_agg(json_build_array(source, model, status, n)) FROM (
    SELECT source, model, status, count(*) AS n FROM common_scope GROUP BY 1, 2, 3) AS s),
'scopes', (SELECT json_agg(json_build_array(source, model, scope, status, age)) FROM (
    SELECT source, model, scope, status,
           extract(epoch FROM now() - coalesce(last_complete_at, created_at)) AS age
    FROM common_scope ORDER BY age DESC LIMIT {MOST_SCOPES}) AS s),
'leaks', (SELECT json_agg(json_build_array(rule, status, n)) FROM (
    SELECT rule, CASE WHEN resolved_at IS NOT NULL THEN 'resolved'
                      WHEN is_withheld THEN 'withheld' ELSE 'open' END AS status, count(*) AS n
    FROM common_leak GROUP BY 1, 2) AS l),
'rules', (SELECT json_agg(json_build_array(
        name, status, extract(epoch FROM now() - evaluated_at))) FROM common_leak_rule),
'links', (SELECT json_agg(json_build_array(state, n)) FROM (
    SELECT CASE WHEN error IS NOT NULL THEN 'failed' WHEN requested_at IS NOT NULL THEN 'waiting'
                ELSE 'current' END AS state, count(*) AS n FROM common_link GROUP BY 1) AS l),
'housekeeper', (SELECT json_agg(json_build_array(model_name, count, spared)) FROM (
    SELECT DISTINCT ON (model_name) model_name, count, spared FROM common_housekeeper_run
    ORDER BY model_name, started_at DESC) AS h)
)"""  # noqa: S608 - of our own constants


class State:
    """Reads the state at most every few seconds, and writes it down for Prometheus."""

    def __init__(self, fetch: Fetch, queue: Callable[[], Awaitable[object]]) -> None:
        """`fetch` runs a statement and returns its rows, `queue` asks Redis something; both raise an
        InventoryError.
        """
        self._fetch = fetch
        self._ask_queue = queue
        self._text = b""
        self._until = 0.0
        self._reading = asyncio.Lock()

    async def text(self) -> bytes:
        """Everything in Prometheus' text form. Never raises because a server is away."""
        if time.monotonic() < self._until:
            return self._text
        async with self._reading:
            # Whoever waited for the one that read takes what that one brought.
            if time.monotonic() >= self._until:
                await self._read()
        return self._text

    async def _read(self) -> None:
        began, wall = time.monotonic(), time.time()
        facts, queue = await asyncio.gather(self._facts(), self._queue_answers())
        took = time.monotonic() - began
        # The clock of PostgreSQL was read somewhere in between.
        middle = wall + took / 2
        registry = CollectorRegistry()
        registry.register(_Families(facts, queue_up=queue, took=took, middle=middle))
        # Thousands of lines, which the loop need not wait for.
        self._text = await asyncio.to_thread(generate_latest, registry)
        self._until = time.monotonic() + max(KEPT, took / SHARE)

    async def _facts(self) -> Facts | None:
        try:
            async with asyncio.timeout(PATIENCE):
                ((found,),) = await self._fetch(STATEMENT)
        except (InventoryError, psycopg.Error, TimeoutError) as error:
            log.warning("state cannot be read", extra={"reason": str(error) or "no answer in time"})
            return None
        return {part: rows or [] for part, rows in found.items()}

    async def _queue_answers(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._ask_queue()
        except (InventoryError, TimeoutError):
            return False
        return True


def _gauge(name: str, doc: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, doc, labels=labels)


class _Families(Collector):
    """Rows → families."""

    def __init__(self, facts: Facts | None, *, queue_up: bool, took: float, middle: float) -> None:
        self.is_known = facts is not None
        self.facts = facts or {}
        self.queue_up = queue_up
        self.took = took
        self.middle = middle

    def rows(self, part: str) -> list[list[Any]]:
        return self.facts.get(part, [])

    def collect(self) -> Iterator[Metric]:
        yield from self._servers()
        yield from self._queues()
        yield from self._schedule()
        yield from self._resources()
        yield from self._freshness()
        yield from self._leaks()

    def _servers(self) -> Iterator[Metric]:
        up = _gauge("inventory_database_up", "Whether PostgreSQL answers.")
        up.add_metric((), self.is_known)
        queue = _gauge("inventory_queue_up", "Whether Redis answers.")
        queue.add_metric((), self.queue_up)
        took = _gauge("inventory_state_read_seconds", "How long reading this state took.")
        took.add_metric((), self.took)
        skew = _gauge(
            "inventory_clock_skew_seconds", "How far PostgreSQL's clock is ahead of this machine's."
        )
        for (clock,) in self.rows("clock"):
            skew.add_metric((), clock - self.middle)
        yield from (up, queue, took, skew)

    def _queues(self) -> Iterator[Metric]:
        runs = _gauge("asynq_tasks_enqueued_total", "Runs in the ledger.", "queue", "state")
        size = _gauge("asynq_queue_size", "Runs that have not come to an end, or failed.", "queue")
        latency = _gauge("asynq_queue_latency_seconds", "Age of the oldest pending run.", "queue")
        paused = _gauge("asynq_queue_paused_total", "Whether the queue is paused.", "queue")
        known: dict[str, dict[str, int]] = {"default": {}} if self.is_known else {}
        oldest: dict[str, float] = {}
        for queue, state, count, age in self.rows("runs"):
            known.setdefault(queue, {})[state] = count
            oldest[queue] = max(oldest.get(queue, 0.0), age or 0.0)
        stopped = {name for name, is_paused in self.rows("paused") if is_paused}
        for queue in known.keys() | stopped:
            states = known.get(queue, {})
            for state in (*RUN_STATES, "cancelled"):
                runs.add_metric((queue, state), states.get(state, 0))
            size.add_metric((queue,), sum(states.get(state, 0) for state in RUN_STATES[:-1]))
            latency.add_metric((queue,), oldest.get(queue, 0.0))
            paused.add_metric((queue,), queue in stopped)
        workers = _gauge("inventory_workers", "Workers that report.", "status")
        reporting = {"active": 0, **dict(self.rows("workers"))} if self.is_known else {}
        for status, count in reporting.items():
            workers.add_metric((status,), count)
        yield from (runs, size, latency, paused, workers)

    def _schedule(self) -> Iterator[Metric]:
        late = _gauge(
            "inventory_schedule_overdue_seconds",
            "How long the job that waits longest has been due: no scheduler takes care of it.",
        )
        jobs = _gauge("inventory_schedule_jobs", "Jobs that schedulers look after.")
        for overdue, count in self.rows("late"):
            late.add_metric((), overdue or 0.0)
            jobs.add_metric((), count)
        yield from (late, jobs)

    def _resources(self) -> Iterator[Metric]:
        held = _gauge(
            "inventory_resources",
            "Resources that complete listings held. `region` is the seed in Gardener.",
            *("source", "model", "account", "region"),
        )
        old: dict[str, GaugeMetricFamily] = {}
        sums: dict[tuple[str, tuple[str, ...]], int] = {}
        for source, model, account, region, seed, count in self.rows("held"):
            held.add_metric((source, model, account or "", region or seed or ""), count)
            if model in GAUGES:
                name, labels = GAUGES[model]
                old.setdefault(name, _gauge(f"inventory_{name}", f"Rows of {model}.", *labels))
                told = {"account_id": account, "project_id": account, "region": region}
                values = tuple(str({**told, "seed": seed}.get(label) or "") for label in labels)
                sums[name, values] = sums.get((name, values), 0) + count
        for (name, values), count in sums.items():
            old[name].add_metric(values, count)
        yield held
        yield from old.values()
        deleted = _gauge(
            "inventory_housekeeper_deleted_records",
            "Rows that the housekeeper's last run removed.",
            "model_name",
        )
        spared = _gauge(
            "inventory_housekeeper_spared_records",
            "Rows past their retention that its last run kept, since nobody knows.",
            "model_name",
        )
        for model, removed, kept in self.rows("housekeeper"):
            deleted.add_metric((model,), removed)
            spared.add_metric((model,), kept)
        yield from (deleted, spared)

    def _freshness(self) -> Iterator[Metric]:
        counts = _gauge(
            "inventory_scopes",
            "Scopes by how their last attempt ended; `suspicious` waits for a confirmation.",
            *("source", "model", "status"),
        )
        for source, model, status, count in self.rows("statuses"):
            counts.add_metric((source, model, status), count)
        age = _gauge(
            "inventory_scope_age_seconds",
            "Since the last complete listing of the scope, or since it is known if there was none.",
            *("source", "model", "scope"),
        )
        status_of = _gauge(
            "inventory_scope_status",
            "How the last attempt of the scope ended; always 1.",
            *("source", "model", "scope", "status"),
        )
        for source, model, scope, status, seconds in self.rows("scopes"):
            age.add_metric((source, model, scope), seconds)
            status_of.add_metric((source, model, scope, status), 1)
        links = _gauge("inventory_links", "Link tables by whether they are up to date.", "state")
        for state, count in self.rows("links"):
            links.add_metric((state,), count)
        yield from (counts, age, status_of, links)

    def _leaks(self) -> Iterator[Metric]:
        leaks = _gauge(
            "inventory_leaks",
            "Findings by rule: `open`, `withheld` while nobody knows, `resolved`.",
            *("rule", "status"),
        )
        found = {(rule, status): count for rule, status, count in self.rows("leaks")}
        for rule in sorted({name for name, *_ in self.rows("rules")} | {rule for rule, _ in found}):
            for status in ("open", "withheld", "resolved"):
                leaks.add_metric((rule, status), found.get((rule, status), 0))
        answers = _gauge(
            "inventory_leak_rule_status",
            "Whether the rule could answer: `answered`, `partial`, `withheld`; always 1.",
            *("rule", "status"),
        )
        asked = _gauge("inventory_leak_rule_age_seconds", "Since the rule was last asked.", "rule")
        for rule, status, seconds in self.rows("rules"):
            answers.add_metric((rule, status), 1)
            asked.add_metric((rule,), seconds)
        yield from (leaks, answers, asked)


def families() -> list[Metric]:
    """What the state consists of, when nothing is known."""
    return list(_Families(None, queue_up=False, took=0.0, middle=0.0).collect())
