"""Whose turn it is: by priority inside a queue, by order or by weight between queues."""

from __future__ import annotations

import asyncio

from inventory.runtime.broker import key
from tests.runtime.conftest import until, working


async def test_of_one_queue_the_highest_priority_goes_first(config, queue, notes, ledger):
    for note, priority in (("low", -1), ("first", 0), ("second", 0), ("high", 5)):
        await queue.enqueue("drill:task:jot", {"note": note}, priority=priority)

    async with working(config, concurrency=1):
        await until(lambda: ledger.states() == {"completed": 4})

    assert notes() == ["high", "first", "second", "low"]


async def test_with_strict_priority_the_heavier_queue_goes_first(config, queue, notes, ledger):
    strict = config.model_validate(
        {**config.model_dump(), "worker": {"strict_priority": True, "concurrency": 1}}
    )
    for number in range(5):
        await queue.enqueue("drill:task:jot", {"note": f"low{number}"}, queue="low")
    for number in range(5):
        await queue.enqueue("drill:task:jot", {"note": f"high{number}"}, queue="critical")

    async with working(strict, queues={"low": 1, "critical": 6}):
        await until(lambda: ledger.states() == {"completed": 10})

    assert [note[:-1] for note in notes()] == ["high"] * 5 + ["low"] * 5


async def test_by_weight_no_queue_waits_for_ever(config, queue, notes, ledger):
    for name in ("low", "critical"):
        for _ in range(60):
            await queue.enqueue("drill:task:jot", {"note": name}, queue=name)

    async with working(config, queues={"low": 1, "critical": 6}, concurrency=1):
        await until(lambda: ledger.states() == {"completed": 120})

    first = notes()[:50]
    assert 0 < first.count("low") < first.count("critical")


async def test_a_worker_takes_no_more_than_it_has_slots_for(config, queue, ledger, redis):
    for number in range(10):
        await queue.enqueue("drill:task:nap", {"note": f"{number}", "seconds": 0.6})

    async with working(config, concurrency=2):
        await until(lambda: ledger.states().get("active") == 2)
        await asyncio.sleep(0.2)
        assert redis.zcard(key("default")) == 8
