"""Whose turn it is: by priority inside a queue, by order or by weight between queues."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from uuid import uuid4

import pytest

from inventory.runtime.broker import Broker, key
from inventory.runtime.ledger import Doorbell
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


async def test_queues_are_drawn_by_their_weights(queue, redis, redis_url):
    weights = {"critical": 6, "default": 3, "low": 1}
    await queue.broker.ring(Doorbell(uuid4(), name, 0, n) for name in weights for n in range(700))
    broker = Broker(redis_url, queues=weights, draw=random.Random(4).random)

    for _ in range(1000):
        await broker._pop()
    await broker.shutdown()

    popped = {name: 700 - redis.zcard(key(name)) for name in weights}
    assert popped == {
        "critical": pytest.approx(600, abs=40),
        "default": pytest.approx(300, abs=40),
        "low": pytest.approx(100, abs=30),
    }


def test_what_an_empty_queue_leaves_is_shared_by_weight(redis_url):
    broker = Broker(redis_url, queues={"a": 6, "b": 3, "c": 1}, draw=random.Random(4).random)

    orders = [broker._order() for _ in range(10_000)]

    second = Counter(order[1] for order in orders if order[0] == "a")
    assert second["b"] / second.total() == pytest.approx(3 / 4, abs=0.02)
    assert all(sorted(order) == ["a", "b", "c"] for order in orders)


async def test_a_worker_takes_no_more_than_it_has_slots_for(config, queue, ledger, redis):
    for number in range(10):
        await queue.enqueue("drill:task:nap", {"note": f"{number}", "seconds": 0.6})

    async with working(config, concurrency=2):
        await until(lambda: ledger.states().get("active") == 2)
        await asyncio.sleep(0.2)
        assert redis.zcard(key("default")) == 8
