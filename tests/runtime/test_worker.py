"""A run is done once, however often its doorbell rings, and ends as its task ended."""

from __future__ import annotations

import asyncio
import logging
import os
from datetime import UTC, datetime, timedelta
from time import time
from uuid import uuid4

import pytest

from inventory.runtime.broker import key
from inventory.runtime.control import Control
from inventory.runtime.ledger import Doorbell
from inventory.runtime.policy import backoff
from tests.runtime.conftest import until, working


def ended(ledger, run_id, state):
    return lambda: ledger.run(run_id)["state"] == state


async def test_a_run_completes_and_keeps_what_its_task_returned(config, queue, ledger, notes):
    run = await queue.enqueue("drill:task:jot", {"note": "a"})

    async with working(config):
        await until(ended(ledger, run.id, "completed"))

    row = ledger.run(run.id)
    assert row["result"] == {"noted": "a"}
    assert row["started_at"] <= row["finished_at"]
    assert (row["attempt"], row["lease_until"], row["error"]) == (1, None, None)
    assert notes() == ["a"]


async def test_doorbells_rung_again_and_again_start_a_run_once(config, queue, ledger, notes, redis):
    runs = [await queue.enqueue("drill:task:jot", {"note": f"n{n}"}) for n in range(20)]
    bells = [Doorbell(run.id, "default", 0, time()) for run in runs]

    async with working(config), working(config):
        for _ in range(10):
            await queue.broker.ring(bells)
            await asyncio.sleep(0.02)
        await until(lambda: ledger.states() == {"completed": 20})

    assert sorted(notes()) == sorted(f"n{n}" for n in range(20))


async def test_doorbells_of_nobody_and_rubbish_do_no_harm(config, queue, ledger, redis):
    await queue.broker.ring([Doorbell(uuid4(), "default", 0, time())])
    redis.zadd(key("default"), {"{": 1, '{"task_id": 7}': 2, "\x00\xff": 3})

    async with working(config):
        run = await queue.enqueue("drill:task:noop")
        await until(ended(ledger, run.id, "completed"))


async def test_a_bug_is_tried_again_until_its_attempts_are_used_up(config, queue, ledger, notes):
    run = await queue.enqueue("drill:task:broken")

    async with working(config):
        for attempt in (1, 2):
            await until(
                lambda attempt=attempt: (
                    (row := ledger.run(run.id))["state"] == "retry" and row["attempt"] == attempt
                )
            )
            ledger.do("UPDATE common_run SET run_at = now() WHERE id = %s", run.id)
        await until(ended(ledger, run.id, "archived"))

    row = ledger.run(run.id)
    assert row["error"] == "ZeroDivisionError: division by zero"
    assert notes() == ["attempt 1", "attempt 2", "attempt 3"]


def test_attempts_wait_longer_and_longer_but_six_hours_at_most():
    assert [backoff(n, lambda: 0.0) for n in (1, 2, 3, 6)] == [15, 16, 31, 640]
    assert backoff(1, lambda: 1.0) == 45
    assert backoff(25, lambda: 1.0) == 6 * 3600


@pytest.mark.parametrize(
    ("task", "code"), [("denied", "SOURCE_ACCESS_DENIED"), ("refused", "PAYLOAD_INVALID")]
)
async def test_what_cannot_get_better_is_archived_at_once(config, queue, ledger, task, code):
    run = await queue.enqueue(f"drill:task:{task}")

    async with working(config):
        await until(ended(ledger, run.id, "archived"))

    assert (ledger.run(run.id)["attempt"], ledger.run(run.id)["error_code"]) == (1, code)


@pytest.fixture
def unheard():
    """No log: pytest-xdist cannot send half of a surrogate pair from one process to another."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("unheard")
async def test_what_is_hard_to_write_down_harms_nobody(config, queue, ledger):
    returned = await queue.enqueue("drill:task:odd")
    raised = await queue.enqueue("drill:task:odd", {"note": "password=s3cr3t"}, max_retry=0)
    other = await queue.enqueue("drill:task:noop")

    async with working(config):
        await until(ended(ledger, other.id, "completed"))
        await until(ended(ledger, returned.id, "completed"))
        await until(ended(ledger, raised.id, "archived"))

    assert ledger.run(returned.id)["result"] == {
        "name": "zero \ufffd",
        "message": "\\u0000",
        "when": 1,
    }
    assert ledger.run(raised.id)["error"] == (
        "ValueError: zero \ufffd, half a pair ?, password=***"
    )


async def test_a_throttled_run_waits_as_long_as_it_was_told(config, queue, ledger, notes):
    run = await queue.enqueue("drill:task:throttled", {"seconds": 0.7})

    async with working(config):
        await until(ended(ledger, run.id, "retry"))
        told = ledger.one(
            "SELECT extract(epoch FROM run_at - updated_at)::float8 FROM common_run WHERE id = %s",
            run.id,
        )
        await until(ended(ledger, run.id, "completed"))

    assert told == pytest.approx(0.7)
    assert notes() == ["attempt 1", "attempt 2"]


async def test_a_poisoned_payload_is_archived_with_the_reason(config, queue, ledger):
    run = await queue.enqueue("drill:task:noop")
    ledger.do("""UPDATE common_run SET payload = '{"note": [1]}' WHERE id = %s""", run.id)

    async with working(config):
        await until(ended(ledger, run.id, "archived"))

    assert (
        ledger.run(run.id)["error"]
        == "drill:task:noop: payload.note: Input should be a valid string"
    )


async def test_a_name_that_no_worker_knows_is_given_up_after_three_attempts(config, queue, ledger):
    run = await queue.enqueue("drill:task:noop")
    ledger.do("UPDATE common_run SET task = 'drill:task:noob' WHERE id = %s", run.id)

    async with working(config):
        for attempt in (1, 2):
            await until(
                lambda attempt=attempt: (
                    (row := ledger.run(run.id))["state"] == "retry" and row["attempt"] == attempt
                )
            )
            ledger.do("UPDATE common_run SET run_at = now() WHERE id = %s", run.id)
        await until(ended(ledger, run.id, "archived"))

    assert "no task is named 'drill:task:noob'; did you mean" in ledger.run(run.id)["error"]


async def test_a_fan_out_that_is_tried_again_doubles_nothing(config, queue, ledger, notes):
    parent = await queue.enqueue("drill:task:fan", {"count": 30, "note": "fail"})

    async with working(config):
        await until(ended(ledger, parent.id, "completed"))
        await until(lambda: ledger.states() == {"completed": 31})

    assert ledger.run(parent.id)["attempt"] == 2
    assert sorted(notes()) == sorted(f"child {n}" for n in range(30))


@pytest.mark.parametrize("task", ["nap", "drift", "query"])
async def test_a_run_that_takes_too_long_is_stopped_and_tried_again(config, queue, ledger, task):
    run = await queue.enqueue(f"drill:task:{task}", {"seconds": 5}, timeout=timedelta(seconds=0.3))

    async with working(config):
        await until(ended(ledger, run.id, "retry"), within=3)

    assert (ledger.run(run.id)["error_code"], ledger.run(run.id)["error"]) == (
        "TIMEOUT",
        "It took longer than 0.3 s.",
    )


async def test_a_thread_that_cannot_be_stopped_keeps_its_run(config, queue, ledger, notes):
    run = await queue.enqueue("drill:task:stuck", {"seconds": 3}, timeout=timedelta(seconds=0.2))

    async with working(config):
        # Longer than its time and its lease; yet nobody else may start it.
        await asyncio.sleep(2.2)
        assert ledger.run(run.id)["state"] == "active"
        await until(ended(ledger, run.id, "completed"))

    assert notes() == ["start ", "end "]


async def test_after_its_deadline_a_run_is_not_started(config, queue, ledger, notes):
    run = await queue.enqueue("drill:task:jot", {"note": "a"})
    ledger.do("UPDATE common_run SET deadline = now() - interval '1s' WHERE id = %s", run.id)

    async with working(config):
        await until(ended(ledger, run.id, "archived"))

    assert ledger.run(run.id)["error_code"] == "DEADLINE_PASSED"
    assert notes() == []


@pytest.mark.parametrize("task", ["nap", "drift"])
async def test_at_its_deadline_a_run_ends_for_good(config, queue, ledger, task):
    deadline = datetime.now(UTC) + timedelta(seconds=0.8)
    run = await queue.enqueue(f"drill:task:{task}", {"seconds": 60}, deadline=deadline)

    async with working(config):
        await until(ended(ledger, run.id, "archived"))

    row = ledger.run(run.id)
    assert row["finished_at"] >= deadline
    assert row["error_code"] in ("TIMEOUT", "DEADLINE_PASSED")


async def test_a_run_that_waits_is_cancelled_at_once(config, queue, ledger, notes):
    run = await queue.enqueue("drill:task:jot", {"note": "a"})

    assert (await Control(queue).cancel([run.id])).states == {run.id: "cancelled"}

    async with working(config):
        await asyncio.sleep(0.3)
    assert notes() == []


@pytest.mark.parametrize("task", ["nap", "drift", "query"])
async def test_an_active_run_is_cancelled_within_moments(config, queue, ledger, task):
    run = await queue.enqueue(f"drill:task:{task}", {"seconds": 5})

    async with working(config):
        await until(ended(ledger, run.id, "active"))
        await asyncio.sleep(0.1)
        assert (await Control(queue).cancel([run.id])).states == {run.id: "active"}
        await until(ended(ledger, run.id, "cancelled"), within=1.5)


async def test_progress_is_readable_while_a_run_goes_on(config, queue, ledger):
    run = await queue.enqueue("drill:task:nap", {"seconds": 1})

    async with working(config):
        await until(lambda: (ledger.run(run.id)["progress"] or 0) > 5)
        assert ledger.run(run.id)["state"] == "active"
        assert ledger.run(run.id)["total"] == 50
        await until(ended(ledger, run.id, "completed"))


async def test_a_paused_queue_starts_nothing_until_it_is_resumed(config, queue, ledger, notes):
    control = Control(queue)
    assert await control.pause("default")
    assert not await control.pause("default")
    run = await queue.enqueue("drill:task:jot", {"note": "a"})

    async with working(config):
        await asyncio.sleep(0.5)
        assert notes() == []
        assert await control.resume("default")
        await until(ended(ledger, run.id, "completed"), within=3)


async def test_an_archived_run_can_be_run_again(config, queue, ledger, notes):
    run = await queue.enqueue("drill:task:jot", {"note": "a"})
    control = Control(queue)
    assert (await control.archive([run.id])).states == {run.id: "archived"}

    async with working(config):
        await asyncio.sleep(0.2)
        assert notes() == []
        assert (await control.retry([run.id])).states == {run.id: "pending"}
        await until(ended(ledger, run.id, "completed"))

    assert (await control.delete([run.id])).states == {run.id: "deleted"}
    assert ledger.states() == {}


async def test_a_worker_stops_at_any_moment(config, ledger):
    for number in range(10):
        began = time()
        async with working(config):
            await asyncio.sleep(number * 0.037)
        assert time() - began < 3

    workers = ledger("SELECT host, pid, concurrency, status, active FROM common_worker")
    assert len(workers) == 10
    assert {(w["pid"], w["concurrency"], w["status"], w["active"]) for w in workers} == {
        (os.getpid(), 4, "stopped", 0)
    }
