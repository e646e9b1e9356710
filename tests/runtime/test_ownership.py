"""A run has one owner at a time, and only what its owner says counts."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace

from inventory.runtime.broker import key
from inventory.runtime.ledger import Doorbell
from inventory.runtime.reaper import Reaper
from tests.runtime.conftest import FAST, until, working


async def test_an_attempt_that_was_frozen_does_nothing_more_once_another_has_begun(
    config, queue, ledger, notes, process
):
    run = await queue.enqueue("drill:task:march", {"count": 60, "seconds": 0.02})
    frozen = process()
    await until(lambda: len(notes()) > 5)
    frozen.send(signal.SIGSTOP)

    async with working(config):
        await until(lambda: "2" in {note[0] for note in notes()})
        frozen.send(signal.SIGCONT)
        await until(lambda: ledger.run(run.id)["state"] == "completed")

    attempts = [note[0] for note in notes()]
    assert attempts == sorted(attempts)
    assert attempts.count("2") == 60
    assert frozen.end(signal.SIGTERM) == 0


async def test_what_a_late_attempt_writes_behind_its_fence_is_undone(config, queue, ledger, notes):
    run = await queue.enqueue("drill:task:fenced", {"note": "behind", "seconds": 0.4})

    async with working(config):
        await until(lambda: notes() == ["start"])
        ledger.do("UPDATE common_run SET worker_id = 'another' WHERE id = %s", run.id)
        await until(lambda: notes() == ["start", "refused"])

    assert ledger("SELECT name FROM common_queue") == []
    assert (ledger.run(run.id)["state"], ledger.run(run.id)["worker_id"]) == ("active", "another")


async def test_what_an_attempt_writes_behind_its_fence_stays_while_it_counts(config, queue, ledger):
    run = await queue.enqueue("drill:task:fenced", {"note": "behind"})

    async with working(config):
        await until(lambda: ledger.run(run.id)["state"] == "completed")

    assert ledger("SELECT name FROM common_queue") == [{"name": "behind"}]


async def test_what_an_attempt_collected_that_lost_its_run_is_not_stored(
    config, queue, ledger, world
):
    world.troubles, world.delay = {"2/east": "slow"}, 0.05
    world.write()
    payload = {"account_id": "2", "region": "east"}
    run = await queue.enqueue("toy:task:collect-things", payload)

    # Its worker does not hear of it before it stores.
    async with working(config, timing=replace(FAST, beat=60, lease=600)):
        await until(lambda: (ledger.run(run.id)["progress"] or 0) >= 1000)
        ledger.do("UPDATE common_run SET worker_id = 'another' WHERE id = %s", run.id)
        before = ledger.run(run.id)
        await asyncio.sleep(2)

    assert ledger("SELECT id FROM toy_thing") == []
    assert ledger("SELECT scope FROM common_scope WHERE status = 'complete'") == []
    assert ledger.run(run.id) == before


async def test_a_run_that_its_worker_never_heard_of_is_handed_back(config, queue, ledger):
    run = await queue.enqueue("drill:task:noop", queue="elsewhere")

    async with working(config):
        await until(lambda: ledger("SELECT name FROM common_worker"))
        ledger.do(
            "UPDATE common_run SET state = 'active', attempt = 1, started_at = now(),"
            " lease_until = now() + interval '1h', worker_id = (SELECT name FROM common_worker)"
            " WHERE id = %s",
            run.id,
        )
        await until(lambda: ledger.run(run.id)["state"] == "pending")

    assert ledger.run(run.id)["attempt"] == 0


async def test_a_worker_does_not_begin_again_what_it_still_does(config, queue, ledger, notes):
    run = await queue.enqueue("drill:task:stuck", {"note": "a", "seconds": 1.2})

    async with working(config):
        await until(lambda: notes() == ["start a"])
        # As after a freeze: the ledger took the run away, and rings for it.
        ledger.do(
            "UPDATE common_run SET state = 'pending', worker_id = NULL, lease_until = NULL,"
            " enqueued_at = now() WHERE id = %s",
            run.id,
        )
        await queue.broker.ring([Doorbell(run.id, "default", 0, 0)])
        await until(lambda: ledger.run(run.id)["state"] == "completed")

    assert notes() == ["start a", "end a", "start a", "end a"]
    assert ledger.run(run.id)["attempt"] == 2


async def test_a_stopping_worker_leaves_nothing_active_and_counts_no_attempt_that_was_not(
    config, queue, ledger, notes, process
):
    for number in range(600):
        await queue.enqueue("drill:task:jot", {"note": f"{number}"})
    stopping = process()
    await until(lambda: len(notes()) > 20)

    status = await asyncio.to_thread(stopping.end, signal.SIGTERM)

    assert status == 0
    assert set(ledger.states()) == {"completed", "pending"}
    assert ledger.one("SELECT sum(attempt) FROM common_run") == ledger.states()["completed"]
    assert len(notes()) == ledger.states()["completed"]


async def test_doorbells_that_came_later_hide_no_lost_one(queue, ledger, redis):
    lost = [await queue.enqueue("drill:task:noop") for _ in range(3)]
    redis.flushdb()
    for _ in range(5):
        await queue.enqueue("drill:task:noop")
    ledger.do(
        "UPDATE common_run SET enqueued_at = now() - interval '1 min' WHERE id = ANY(%s)",
        [run.id for run in lost],
    )

    await Reaper(queue.ledger, queue.broker).round()

    assert redis.zcard(key("default")) == 8
