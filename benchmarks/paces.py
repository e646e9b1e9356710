"""How soon a run begins and is cancelled, how many a worker does, and how soon it stops."""

from __future__ import annotations

import asyncio
import signal
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from benchmarks import notes, table
from benchmarks.contenders import CATALOG, SLOTS, TIMING, Contender, Ours, Stock, noted
from benchmarks.ground import cpu_seconds
from inventory.runtime.control import Control
from inventory.runtime.queue import Enqueued, Queue
from inventory.runtime.requests import Options, request

NOOPS, CHILDREN, SAMPLES, CANCELLED = 4000, 20_000, 200, 60
START_MS, CANCEL_MS, RUNS_S, FAN_S = 50, 100, 800, 10_000
FAR = 10_000_000
"""Numbers from here on are of runs that only make sure that a worker works."""


async def measure(all_of_them: Sequence[Contender], dsn: str) -> None:
    """Measure ours, and taskiq's list broker where it does the same."""
    ours, listed = all_of_them[0], all_of_them[1]
    assert isinstance(ours, Ours)
    assert isinstance(listed, Stock)
    rows = []
    async with Queue.connected(ours.config, CATALOG, timing=TIMING) as queue:
        rows += await _fan(queue, dsn)
        rows += await _noops(ours, listed, dsn)
        rows += await _starts(queue, ours)
        rows += await _cancels(queue, ours)
        rows += await _stop(queue, ours, dsn)
    table.show(
        "Pace: one worker process of ten slots", ["what", "ours", "taskiq list", "goal"], rows
    )


async def _fan(queue: Queue, dsn: str) -> list[list[str]]:
    """Children of one parent, into a queue that nobody serves."""
    parent = await queue.enqueue("labour:task:noop", queue="nobody")
    options = Options(queue="nobody", parent_id=parent.id)
    cpu, began = time.process_time(), time.perf_counter()
    made = await queue.enqueue_all(
        request(CATALOG, "labour:task:noop", {"number": n}, options) for n in range(CHILDREN)
    )
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    assert sum(each.created for each in made) == CHILDREN
    _sql(dsn, "DELETE FROM common_run")
    pace = CHILDREN / took
    used = f"{pace:.0f} ({CHILDREN / cpu:.0f} a second of our CPU)"
    return [["children enqueued a second", used, "", table.verdict(pace, FAN_S, at_least=True)]]


async def _noops(ours: Ours, listed: Stock, dsn: str) -> list[list[str]]:
    """Runs that do nothing, all enqueued before the worker starts."""
    await ours.enqueue("noop", NOOPS)
    ours.start()
    await _workers(dsn)
    await _sql_until(dsn, "SELECT count(*) = 0 FROM common_run WHERE state <> 'completed'")
    pid = ours.processes[-1].pid
    used = cpu_seconds(pid)
    ((took,),) = _sql(
        dsn,
        "SELECT extract(epoch FROM max(finished_at) - min(started_at))::float8 FROM common_run",
    )
    listed.notes.unlink(missing_ok=True)
    await listed.enqueue("noop", NOOPS, first=1)
    listed.start()
    await noted(listed, "end", NOOPS)
    ends = [n.at for n in notes.read(listed.notes)]
    theirs = NOOPS / (max(ends) - min(ends))
    listed.close()
    pace = NOOPS / float(str(took))
    cpu = f"{pace:.0f} ({1000 * used / NOOPS:.2f} ms of CPU each, its start included)"
    verdict = table.verdict(pace, RUNS_S, at_least=True)
    return [["runs of nothing a second", cpu, f"{theirs:.0f}, without a ledger", verdict]]


async def _starts(queue: Queue, ours: Ours) -> list[list[str]]:
    """From the call that enqueues to the first line of the task, on an idle worker."""
    took = []
    for number in range(FAR, FAR + SAMPLES):
        began = time.monotonic()
        await queue.enqueue("labour:task:toil", {"number": number})
        took.append(1000 * (await _at(ours.notes, "begin", number) - began))
        await _at(ours.notes, "end", number)
    return [["enqueued → begun, p50 / p99 ms", *_percentiles(took, START_MS)]]


async def _cancels(queue: Queue, ours: Ours) -> list[list[str]]:
    """From the call that cancels to the line of the task that hears of it."""
    took = []
    for number in range(2 * FAR, 2 * FAR + CANCELLED):
        run = await queue.enqueue("labour:task:wait", {"number": number})
        await _at(ours.notes, "begin", number)
        began = time.monotonic()
        await Control(queue).cancel([run.id])
        took.append(1000 * (await _at(ours.notes, "cancelled", number) - began))
    return [["cancelled → heard, p50 / p99 ms", *_percentiles(took, CANCEL_MS)]]


async def _stop(queue: Queue, ours: Ours, dsn: str) -> list[list[str]]:
    """SIGTERM while every slot is busy for longer than the grace period."""
    runs: list[Enqueued] = [
        await queue.enqueue("labour:task:toil", {"number": 3 * FAR + n, "seconds": 30})
        for n in range(SLOTS)
    ]
    for number in range(SLOTS):
        await _at(ours.notes, "begin", 3 * FAR + number)
    worker, began = ours.processes[-1], time.monotonic()
    worker.send_signal(signal.SIGTERM)
    await asyncio.to_thread(worker.wait)
    took = time.monotonic() - began
    ((left,),) = _sql(
        dsn,
        "SELECT count(*) FROM common_run WHERE state = 'active' OR attempt > 0 AND id = ANY(%s)",
        [run.id for run in runs],
    )
    verdict = table.verdict(took, TIMING.grace + 1)
    text = f"{took:.1f} s, {left} left active or counted"
    return [[f"stop with a grace of {TIMING.grace:g} s", text, "", verdict]]


def _percentiles(took: list[float], goal: float) -> tuple[str, str, str]:
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return f"{cuts[49]:.1f} / {cuts[98]:.1f}", "", table.verdict(cuts[98], goal)


async def _at(path: Path, event: str, number: int) -> float:
    """When a run noted an event."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for each in reversed(notes.read(path)):
            if (each.event, each.number) == (event, number):
                return each.at
        await asyncio.sleep(0.001)
    raise SystemExit(f"run {number} did not {event} within a minute")


async def _workers(dsn: str) -> None:
    await _sql_until(dsn, "SELECT count(*) > 0 FROM common_worker WHERE status = 'active'")


async def _sql_until(dsn: str, question: str) -> None:
    until = time.monotonic() + 60
    while _sql(dsn, question) != [(True,)]:
        if time.monotonic() > until:
            raise SystemExit(f"it did not come within a minute: {question}")
        await asyncio.sleep(0.3)


def _sql(dsn: str, statement: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as db:
        cursor = db.execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []
