"""Each tick of each job runs once, whoever schedules it and whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from inventory.errors import ConfigError
from inventory.runtime.schedule import plan
from inventory.runtime.scheduler import schedule
from tests.runtime.conftest import CATALOG, FAST, until, working


def with_jobs(config, *jobs):
    return config.model_validate({**config.model_dump(), "scheduler": {"jobs": list(jobs)}})


def jot(note, spec="@every 1s", **more):
    return {"name": "drill:task:jot", "spec": spec, "payload": {"note": note}, **more}


@asynccontextmanager
async def scheduling(config, *, ahead: float = 0.0) -> AsyncIterator[None]:
    """A scheduler whose clock is so many seconds ahead."""
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(
        schedule(
            config,
            CATALOG,
            stop=stop,
            timing=FAST,
            ready=lambda source: ready.set(),
            clock=lambda: datetime.now(UTC) + timedelta(seconds=ahead),
        )
    )
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        yield
    finally:
        stop.set()
        await task


async def test_three_schedulers_run_each_tick_once(config, ledger, notes):
    config = with_jobs(config, jot("a", id="a"), jot("b", id="b", queue="low", priority=4))

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(working(config, queues={"default": 1, "low": 1}))
        for _ in range(3):
            await stack.enter_async_context(scheduling(config))
        await asyncio.sleep(3.5)

    for job in ("a", "b"):
        ticks = [row["tick"] for row in ledger("SELECT tick FROM common_run WHERE job = %s", job)]
        assert 3 <= len(ticks) <= 4
        assert len(set(ticks)) == len(ticks)
        assert notes().count(job) == len(ticks)
    assert ledger("SELECT DISTINCT queue, priority FROM common_run WHERE job = 'b'") == [
        {"queue": "low", "priority": 4}
    ]


async def test_clocks_that_differ_and_a_rolling_restart_leave_one_run_for_each_tick(config, ledger):
    config = with_jobs(config, jot("a", "@every 2s", id="a"), jot("b", "@every 3s", id="b"))
    enough = asyncio.Event()

    async def restarted(ahead: float, life: float) -> None:
        while not enough.is_set():
            async with scheduling(config, ahead=ahead):
                await asyncio.wait({asyncio.ensure_future(enough.wait())}, timeout=life)

    began = datetime.now(UTC) + timedelta(seconds=2)
    schedulers = [asyncio.create_task(restarted(a, 1 + a)) for a in (-0.5, 0.0, 0.5)]
    await until(lambda: len(ledger("SELECT tick FROM common_run WHERE job = 'a'")) >= 5)
    ended = datetime.now(UTC) - timedelta(seconds=1)
    enough.set()
    await asyncio.gather(*schedulers)

    for job, distance in (("a", 2), ("b", 3)):
        rows = ledger("SELECT tick FROM common_run WHERE job = %s ORDER BY tick", job)
        ticks = [row["tick"] for row in rows]
        assert len(set(ticks)) == len(ticks)
        steady = [tick for tick in ticks if began <= tick <= ended]
        assert {b - a for a, b in pairwise(steady)} == {timedelta(seconds=distance)}


async def test_ticks_missed_while_nobody_scheduled_are_made_up_once(config, ledger):
    config = with_jobs(config, jot("a", "0 * * * *", id="a"))
    async with scheduling(config):
        assert ledger.states() == {}
    ledger.do("UPDATE common_job SET last_tick = last_tick - interval '5 hours' WHERE name = 'a'")

    async with scheduling(config), scheduling(config):
        await until(lambda: ledger.states() == {"pending": 1})
        await asyncio.sleep(0.5)

    assert ledger.states() == {"pending": 1}
    (run,) = ledger("SELECT tick, job, payload FROM common_run")
    assert run["tick"] == ledger.one("SELECT last_tick FROM common_job WHERE name = 'a'")
    assert run["payload"] == {"note": "a"}


async def test_a_new_job_starts_with_its_next_tick(config, ledger):
    async with scheduling(with_jobs(config, jot("a", "0 0 1 1 *", id="a"))):
        await asyncio.sleep(0.3)

    assert ledger.states() == {}
    (job,) = ledger("SELECT task, spec, next_tick FROM common_job WHERE name = 'a'")
    assert (job["task"], job["spec"]) == ("drill:task:jot", "0 0 1 1 *")
    assert (job["next_tick"].month, job["next_tick"].day) == (1, 1)


async def test_without_redis_ticks_are_recorded_and_run_later(config, ledger, notes):
    deaf = config.model_validate(
        {**config.model_dump(), "redis": {"endpoint": "redis://127.0.0.1:1/0"}}
    )
    async with scheduling(with_jobs(deaf, jot("a", id="a"))):
        await until(lambda: ledger.states().get("pending", 0) >= 2)

    async with working(config):
        await until(lambda: set(ledger.states()) == {"completed"})
    assert len(notes()) >= 2


def test_every_job_is_checked_at_the_start_and_named(config):
    wrong = with_jobs(
        config,
        {"id": "first", "name": "drill:task:jog", "spec": "@hourly"},
        {"id": "second", "name": "drill:task:jot", "spec": "@hourly", "payload": {"nota": "a"}},
        {"id": "third", "name": "drill:task:noop", "spec": "@hourly"},
    )

    with pytest.raises(ConfigError) as refused:
        plan(wrong, CATALOG)

    first, second = str(refused.value).splitlines()
    assert first.startswith(
        "scheduler.jobs: job first: no task is named 'drill:task:jog'; did you mean drill:task:jot"
    )
    assert second == (
        "job second: drill:task:jot: payload.nota: no such key; known are note, seconds, count"
    )


def test_our_own_jobs_keep_the_ledger_small_unless_replaced(config):
    usual = plan(config, CATALOG)
    replaced = plan(
        with_jobs(
            config,
            {
                "name": "common:task:delete-completed-tasks",
                "spec": "@daily",
                "is_enabled": False,
            },
        ),
        CATALOG,
    )

    assert [job.run.task for job in usual] == [
        "common:task:delete-completed-tasks",
        "common:task:delete-archived-tasks",
    ]
    assert [job.run.task for job in replaced] == ["common:task:delete-archived-tasks"]
