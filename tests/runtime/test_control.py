"""Verbs at their edges: live keys, cancelled parents, queues whose owner was killed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from inventory.errors import PayloadError
from inventory.runtime.choice import Choice
from inventory.runtime.control import VERBS, Control
from inventory.runtime.reaper import Reaper
from tests.runtime.conftest import until, working

STATES = ("scheduled", "pending", "active", "retry", "completed", "archived", "cancelled")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", STATES)
async def test_a_verb_applies_in_its_states_and_tells_of_others(queue, ledger, verb, state):
    run = await queue.enqueue("drill:task:noop")
    ledger.do("UPDATE common_run SET state = %s", state)

    done = await Control(queue).apply(verb, [run.id, run.id])

    assert (run.id in done.states) == (state in VERBS[verb].states)
    assert (run.id in done.refused) == (state not in VERBS[verb].states)
    if run.id in done.refused:
        assert ledger.run(run.id)["state"] == state
        assert f"is {state}" in done.refused[run.id]


async def test_a_retry_of_many_leaves_out_those_whose_key_is_held(queue, ledger):
    held = [await queue.enqueue("drill:task:noop", unique_key=f"k{n}") for n in range(2)]
    free = [await queue.enqueue("drill:task:noop") for _ in range(5)]
    control = Control(queue)
    await control.cancel([run.id for run in (*held, *free)])
    for number in range(2):
        await queue.enqueue("drill:task:noop", unique_key=f"k{number}")

    done = await control.retry([run.id for run in (*free[:2], *held, *free[2:])])

    assert set(done.states) == {run.id for run in free}
    assert set(done.refused) == {run.id for run in held}
    assert all("unique key" in reason for reason in done.refused.values())
    assert ledger.states() == {"cancelled": 2, "pending": 7}


async def test_retried_runs_start_without_waiting_for_the_reaper(config, queue, ledger, notes):
    runs = [await queue.enqueue("drill:task:jot", {"note": str(n)}) for n in range(20)]
    control = Control(queue)
    await control.archive([run.id for run in runs])
    await queue.broker.redis.flushdb()

    done = await control.retry(await control.find("retry", Choice(states=["archived"])))

    assert len(done.states) == 20
    assert await queue.broker.sizes(["default"]) == {"default": 20}
    async with working(config):
        await until(lambda: len(notes()) == 20)


async def test_what_a_killed_collect_left_in_its_queue_is_cancelled(queue, ledger):
    left, taken = f"collect-{uuid4().hex[:12]}", f"collect-{uuid4().hex[:12]}"
    names = {"left": left, "taken": taken, "named": "collect-nightly", "usual": "default"}
    runs = {
        key: (await queue.enqueue("drill:task:noop", queue=name)).id for key, name in names.items()
    }
    ledger.do("UPDATE common_run SET enqueued_at = now() - interval '5 minutes'")
    fresh = await queue.enqueue("drill:task:noop", queue=left)
    ledger.do(
        "INSERT INTO common_worker (name, host, pid, concurrency, queues, status, started_at, seen_at)"
        " VALUES ('a', 'a', 1, 1, jsonb_build_object(%s::text, 1), 'active', now(), now())",
        taken,
    )

    await Reaper(queue.ledger, queue.broker).round()

    states = {key: ledger.run(run)["state"] for key, run in runs.items()}
    assert states == {
        "left": "cancelled",
        "taken": "pending",
        "named": "pending",
        "usual": "pending",
    }
    assert ledger.run(fresh.id)["state"] == "pending"
    assert ledger.run(runs["left"])["error_code"] == "ABANDONED"


async def test_a_job_that_no_scheduler_knows_is_refused(queue):
    with pytest.raises(PayloadError, match="a scheduler makes its jobs known when it starts"):
        await Control(queue).run_job("nightly")


def test_a_choice_reads_names_word_for_word_but_for_its_wildcards():
    now = datetime.now(UTC)
    condition, given = Choice(
        task="aws:task:collect_*", queue="a_b", error="50% of_", since=now - timedelta(hours=1)
    ).condition()

    assert condition == (
        "r.task LIKE %(task)s AND r.queue = %(queue)s AND "
        "(r.error ILIKE %(error)s OR r.error_code = upper(%(code)s)) AND r.created_at >= %(since)s"
    )
    assert given == {
        "task": r"aws:task:collect\_%",
        "queue": "a_b",
        "error": r"%50\% of\_%",
        "code": "50% of_",
        "since": now - timedelta(hours=1),
    }
