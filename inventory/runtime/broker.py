"""The taskiq broker: one sorted set of doorbells per queue in Redis.

A doorbell is a taskiq message with the id of a run and nothing else; what the run is and whether
anyone may start it is decided in PostgreSQL.  So Redis may lose, repeat or reorder doorbells.  A
sorted set, and not a list, because ringing twice leaves one doorbell, and because it orders by
priority first and by time second.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from taskiq import AckableMessage
from taskiq.message import BrokerMessage, TaskiqMessage
from taskiq_redis.redis_broker import BaseRedisBroker

from inventory.errors import QueueError
from inventory.runtime.ledger import Doorbell

log = logging.getLogger(__name__)

RUN = "inventory:run"
"""The one taskiq task that there is: it runs what the ledger says."""
CANCEL_CHANNEL = "inventory:cancel"
AWAY = (RedisError, OSError)
MAX_PRIORITY = 500
EPOCH = 1_767_225_600
"""The beginning of 2026: from here on times are counted, so that they stay small."""
BLOCK = 1.0
PAGE = 1000
SHORTEST_PAUSE = 0.05
LONGEST_PAUSE = 2.0


def key(queue: str) -> str:
    """The Redis key of a queue's doorbells."""
    return f"inventory:queue:{queue}"


class Broker(BaseRedisBroker):
    """Carries doorbells. Never raises because Redis is away: the ledger rings again later."""

    def __init__(
        self,
        url: str,
        *,
        queues: Mapping[str, int] | None = None,
        strict: bool = False,
        draw: Callable[[], float] = random.random,
    ) -> None:
        # Retrying is ours to do; redis-py alone would block an enqueue for ten seconds.
        super().__init__(
            url,
            max_connection_pool_size=20,
            timeout=5,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=2,
            socket_timeout=BLOCK + 4,
            health_check_interval=15,
        )
        self.redis: Redis = Redis(connection_pool=self.connection_pool)
        self.queues = dict(queues or {"default": 1})
        self.strict = strict
        self.paused: frozenset[str] = frozenset()
        self.slots = 1
        """How many runs the worker does at a time; so many doorbells are out at most."""
        self.out = 0
        self.stopping: Callable[[], bool] = lambda: False
        self._draw = draw

    async def ring(self, doorbells: Iterable[Doorbell]) -> bool:
        """Tell workers of runs that wait. False if Redis is away."""
        by_queue: dict[str, dict[bytes, float]] = defaultdict(dict)
        for bell in doorbells:
            message = self._message(bell.id, bell.queue, bell.priority)
            by_queue[bell.queue][message.message] = _score(bell.priority, bell.at)
        try:
            for queue, members in by_queue.items():
                everything = list(members.items())
                for start in range(0, len(everything), PAGE):
                    page = dict(everything[start : start + PAGE])
                    await self.redis.zadd(key(queue), page, nx=True)
        except AWAY as error:
            log.warning("doorbell not rung", extra={"reason": str(error)})
            return False
        return True

    async def kick(self, message: BrokerMessage) -> None:
        """Send one message: what taskiq's own scheduler and kickers call."""
        labels = message.labels
        bell = Doorbell(
            id=UUID(message.task_id),
            queue=str(labels.get("queue_name") or "default"),
            priority=int(labels.get("priority") or 0),
            at=time.time(),
        )
        await self.ring([bell])

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        """Yield doorbells, as many as there are free slots, until closed. Outlives Redis."""
        pause = SHORTEST_PAUSE
        while not self.stopping():
            try:
                messages = await self._pop()
            except AWAY as error:
                if pause == SHORTEST_PAUSE:
                    log.warning("Redis is away", extra={"reason": str(error)})
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            if pause > SHORTEST_PAUSE:
                log.info("Redis is back")
                pause = SHORTEST_PAUSE
            self.out += len(messages)
            for message in messages:
                yield AckableMessage(data=message, ack=self._answered)

    def _answered(self) -> None:
        self.out -= 1

    async def _pop(self) -> Sequence[bytes]:
        order = self._order()
        if not order:
            await asyncio.sleep(BLOCK / 4)
            return ()
        popped = await self.redis.bzpopmin([key(queue) for queue in order], timeout=BLOCK)
        if popped is None:
            return ()
        name, first, _ = cast("tuple[bytes, bytes, float]", popped)
        more = min(self.slots - self.out - 1, PAGE)
        if more < 1:
            return (first,)
        rest = cast("list[tuple[bytes, float]]", await self.redis.zpopmin(name, more))
        return (first, *(message for message, _ in rest))

    def _order(self) -> list[str]:
        """The open queues, in the order in which this pop looks into them."""
        weights = {q: weight for q, weight in self.queues.items() if q not in self.paused}
        if self.strict or len(weights) < 2:
            return sorted(weights, key=lambda queue: -weights[queue])
        # Drawn without replacement, by weight: a queue's chance to be first is its share.
        drawn = {queue: self._draw() ** (1 / weight) for queue, weight in weights.items()}
        return sorted(drawn, key=lambda queue: -drawn[queue])

    async def sizes(self, queues: Iterable[str]) -> dict[str, int]:
        """How many doorbells each queue has. Raises QueueError."""
        names = list(queues)
        try:
            async with self.redis.pipeline(transaction=False) as pipe:
                for queue in names:
                    pipe.zcard(key(queue))
                return dict(zip(names, await pipe.execute(), strict=True))
        except AWAY as error:
            raise away(error) from error

    async def announce_cancel(self, ids: Sequence[UUID]) -> None:
        """Tell the workers that have these runs at once; they hear it later anyway."""
        try:
            await self.redis.publish(CANCEL_CHANNEL, ",".join(map(str, ids)))
        except AWAY as error:
            log.warning("cancel not announced", extra={"reason": str(error)})

    async def cancels(self) -> AsyncGenerator[frozenset[UUID], None]:
        """Yield ids that somebody wants to be cancelled."""
        while True:
            try:
                async with self.redis.pubsub() as channel:
                    await channel.subscribe(CANCEL_CHANNEL)
                    while True:
                        heard: Any = await channel.get_message(
                            ignore_subscribe_messages=True, timeout=BLOCK
                        )
                        if heard is not None:
                            text = heard["data"].decode()
                            yield frozenset(UUID(part) for part in text.split(","))
            except AWAY:
                await asyncio.sleep(LONGEST_PAUSE)

    async def shutdown(self) -> None:
        """Close every connection."""
        await super().shutdown()
        await self.redis.aclose()

    def _message(self, run_id: UUID, queue: str, priority: int) -> BrokerMessage:
        # The same run gives the same bytes, or else a second ring would be a second doorbell.
        return self.formatter.dumps(
            TaskiqMessage(
                task_id=str(run_id),
                task_name=RUN,
                labels={"queue_name": queue, "priority": priority},
                args=[str(run_id)],
                kwargs={},
            )
        )


def away(error: BaseException) -> QueueError:
    return QueueError(
        f"Redis cannot be reached: {str(error).rstrip('.')}. Check redis.endpoint, and that the server runs."
    )


def _score(priority: int, at: float) -> float:
    # Tenths of milliseconds of this century's decades need 43 bits and a priority 10: together
    # they fit the 53 bits of a score.
    rank = max(-MAX_PRIORITY, min(MAX_PRIORITY, priority))
    return -rank * 8e12 + int((at - EPOCH) * 10_000)
