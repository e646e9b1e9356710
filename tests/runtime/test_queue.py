"""Enqueue: what is accepted, what is refused, and what one key or one parent makes once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from inventory.errors import DatabaseError, PayloadError, QueueError
from inventory.runtime.queue import BlockingQueue, Queue
from inventory.runtime.requests import Options, request
from tests.runtime.conftest import CATALOG, until, working


async def test_an_unknown_task_is_refused_with_the_closest_names(queue, ledger):
    with pytest.raises(PayloadError, match="did you mean toy:task:collect-things"):
        await queue.enqueue("toy:task:collect-thing")

    assert ledger.states() == {}


async def test_a_wrong_payload_is_refused_by_key(queue, ledger):
    with pytest.raises(
        PayloadError, match=r"payload\.acount_id: no such key; known are account_id"
    ):
        await queue.enqueue("toy:task:collect-things", {"acount_id": "1"})
    with pytest.raises(PayloadError, match=r"payload\.seconds: .* valid number"):
        await queue.enqueue("drill:task:nap", "seconds: soon")
    with pytest.raises(PayloadError, match="a mapping is expected"):
        await queue.enqueue("drill:task:nap", "[1, 2]")

    assert ledger.states() == {}


async def test_a_payload_may_be_text_and_a_task_may_have_its_old_name(queue, ledger):
    run = await queue.enqueue("aux:task:housekeeper", "default: 24h")

    row = ledger.run(run.id)
    assert (row["task"], row["payload"]) == ("common:task:housekeeper", {"default": "24h"})


async def test_what_postgresql_cannot_keep_is_refused(queue):
    with pytest.raises(PayloadError, match="cannot keep this payload"):
        await queue.enqueue("drill:task:jot", {"note": "nul \0"})


async def test_options_become_columns(queue, ledger):
    deadline = datetime.now(UTC) + timedelta(hours=1)

    run = await queue.enqueue(
        "drill:task:noop",
        queue="low",
        priority=3,
        timeout=timedelta(minutes=5),
        max_retry=7,
        deadline=deadline,
    )

    row = ledger.run(run.id)
    assert [row[c] for c in ("queue", "priority", "timeout", "max_retry", "deadline", "state")] == [
        "low",
        3,
        300.0,
        7,
        deadline,
        "pending",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_retry": -1}, "max_retry must be 0 or more"),
        ({"timeout": timedelta()}, "timeout must be longer"),
        ({"run_at": datetime(2026, 1, 1)}, "needs a time zone"),  # noqa: DTZ001
    ],
)
async def test_senseless_options_are_refused(queue, options, message):
    with pytest.raises(PayloadError, match=message):
        await queue.enqueue("drill:task:noop", **options)


async def test_a_key_is_taken_until_its_run_has_ended(config, queue, ledger):
    first = await queue.enqueue("drill:task:noop", unique_key="k")
    second = await queue.enqueue("drill:task:jot", unique_key="k")

    assert (second.id, second.created) == (first.id, False)

    async with working(config):
        await until(lambda: ledger.run(first.id)["state"] == "completed")
    third = await queue.enqueue("drill:task:noop", unique_key="k")
    assert third.created


async def test_fifty_at_once_with_one_key_make_one_run(queue, ledger):
    made = await asyncio.gather(
        *(queue.enqueue("drill:task:noop", unique_key="k") for _ in range(50))
    )

    assert len({each.id for each in made}) == 1
    assert sum(each.created for each in made) == 1
    assert ledger.states() == {"pending": 1}


async def test_a_task_that_is_unique_waits_once_and_may_run_beside_another(
    config, queue, ledger, notes
):
    first = await queue.enqueue("drill:task:jot-once", {"note": "a"})
    again = await queue.enqueue("drill:task:jot-once", {"note": "a"})
    other = await queue.enqueue("drill:task:jot-once", {"note": "b"})
    elsewhere = await queue.enqueue("drill:task:jot-once", {"note": "a"}, queue="low")
    assert (again.id, other.created, elsewhere.created) == (first.id, True, True)

    ledger.do(
        "UPDATE common_run SET state = 'active', started_at = now(), worker_id = 'w',"
        " lease_until = now() + interval '1h' WHERE id = %s",
        first.id,
    )
    assert (await queue.enqueue("drill:task:jot-once", {"note": "a"})).created


async def test_a_new_run_supersedes_the_same_that_waits_for_its_retry(queue, ledger):
    failed = await queue.enqueue("drill:task:jot-once", {"note": "a"})
    ledger.do(
        "UPDATE common_run SET state = 'retry', started_at = now(), attempt = 1,"
        " run_at = now() + interval '1h' WHERE id = %s",
        failed.id,
    )

    fresh = await queue.enqueue("drill:task:jot-once", {"note": "a"})

    assert fresh.created
    assert ledger.run(failed.id)["state"] == "cancelled"


async def test_a_delayed_run_starts_when_its_time_has_come(config, queue, ledger):
    run = await queue.enqueue("drill:task:noop", delay=timedelta(seconds=0.6))
    assert ledger.run(run.id)["state"] == "scheduled"

    async with working(config):
        await until(lambda: ledger.run(run.id)["state"] == "completed")

    row = ledger.run(run.id)
    late = (row["started_at"] - row["created_at"]).total_seconds()
    assert 0.6 <= late < 1.5


async def test_the_same_children_of_one_parent_are_made_once(queue, ledger):
    parent = await queue.enqueue("drill:task:noop")

    def children(count):
        options = Options(parent_id=parent.id)
        return [request(CATALOG, "drill:task:jot", {"note": f"{n}"}, options) for n in range(count)]

    first = await queue.enqueue_all(children(3))
    second = await queue.enqueue_all(children(5))

    assert [each.created for each in second] == [False] * 3 + [True] * 2
    assert [each.id for each in second[:3]] == [each.id for each in first]
    assert ledger.states() == {"pending": 6}


async def test_without_redis_a_run_is_accepted_and_starts_when_redis_is_back(
    config, ledger, caplog
):
    deaf = config.model_validate(
        {**config.model_dump(), "redis": {"endpoint": "redis://127.0.0.1:1/0"}}
    )
    async with Queue.connected(deaf, CATALOG) as queue:
        run = await queue.enqueue("drill:task:noop")

    assert (run.created, run.rung) == (True, False)
    assert "doorbell not rung" in caplog.text

    async with working(config):
        await until(lambda: ledger.run(run.id)["state"] == "completed")


async def test_without_postgresql_nothing_is_accepted(config):
    dsn = "postgresql://nobody@127.0.0.1:1/none"
    nowhere = config.model_validate({**config.model_dump(), "database": {"dsn": dsn}})

    with pytest.raises(
        DatabaseError, match=r"127\.0\.0\.1:1/none cannot be reached.*database\.dsn"
    ):
        async with Queue.connected(nowhere, CATALOG):
            pass


def test_threads_and_commands_enqueue_as_well(config, ledger):
    with BlockingQueue.connected(config, CATALOG) as queue:
        run = queue.enqueue("drill:task:jot", {"note": "a"}, priority=2)
        with pytest.raises(PayloadError):
            queue.enqueue("drill:task:no-such")

    assert ledger.run(run.id)["priority"] == 2


async def test_the_size_of_a_queue_cannot_be_told_without_redis(config):
    deaf = config.model_validate(
        {**config.model_dump(), "redis": {"endpoint": "redis://127.0.0.1:1/0"}}
    )
    async with Queue.connected(deaf, CATALOG) as queue:
        with pytest.raises(QueueError, match=r"redis\.endpoint"):
            await queue.broker.sizes(["default"])
