"""taskiq with the brokers of taskiq-redis as they come, for `taskiq worker benchmarks.stock:listed`."""

from __future__ import annotations

import os
import time

from taskiq import AsyncBroker
from taskiq.serializers import JSONSerializer
from taskiq_redis import ListQueueBroker, RedisStreamBroker

from benchmarks.notes import note

URL = os.environ.get("BENCH_REDIS", "redis://127.0.0.1:1/0")
LEASE = 2.0
"""As long as our workers' lease is here: so much the stream broker waits for an acknowledgement."""


def broker(kind: str, url: str = URL) -> AsyncBroker:
    """A broker as it comes, but for JSON and for how soon a message counts as forgotten."""
    made: AsyncBroker = (
        ListQueueBroker(url, queue_name=kind)
        if kind == "listed"
        else RedisStreamBroker(
            url, queue_name=kind, consumer_id="0", idle_timeout=int(LEASE * 1000)
        )
    )
    return made.with_serializer(JSONSerializer())


def _noop(number: int) -> None:
    note("end", number)


def _toil(number: int, seconds: float) -> None:
    note("begin", number)
    time.sleep(seconds)
    note("end", number)


def _declare(broker: AsyncBroker) -> None:
    broker.register_task(_noop, task_name="noop")
    broker.register_task(_toil, task_name="toil")


listed, streamed = broker("listed"), broker("streamed")
_declare(listed)
_declare(streamed)
