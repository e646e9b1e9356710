"""Ask the worker processes whether they are there: a round trip through Redis to each of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from contextlib import suppress
from secrets import token_hex
from typing import Any

from inventory.runtime.broker import AWAY, BLOCK, Broker, away


def question(broker: Broker) -> str:
    """The channel of the question. Channels know no databases, so its name says which is ours."""
    return f"inventory:ping:{broker.connection_pool.connection_kwargs.get('db') or 0}"


def reply(token: str) -> str:
    """The channel of the answers to one question."""
    return f"inventory:pong:{token}"


async def answer(broker: Broker, worker: str) -> None:
    """Answer whoever asks, for as long as the worker lives. Outlives Redis."""
    while True:
        try:
            async with broker.redis.pubsub() as channel:
                await channel.subscribe(question(broker))
                while True:
                    heard: Any = await channel.get_message(
                        ignore_subscribe_messages=True, timeout=BLOCK
                    )
                    if heard is not None:
                        await broker.redis.publish(reply(heard["data"].decode()), worker)
        except AWAY:
            await asyncio.sleep(BLOCK)


async def ping(broker: Broker, expected: Collection[str], *, wait: float) -> dict[str, float]:
    """The workers that answer within `wait` seconds, and how many seconds it took each.

    Ends as soon as all that are expected, and as many as heard the question, have answered.
    Raises QueueError when Redis is away.
    """
    token = token_hex(8)
    heard: dict[str, float] = {}
    try:
        async with broker.redis.pubsub() as channel:
            await channel.subscribe(reply(token))
            await channel.get_message(timeout=wait)
            began = time.monotonic()
            asked = int(await broker.redis.publish(question(broker), token))
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    while len(heard) < asked or not heard.keys() >= set(expected):
                        told: Any = await channel.get_message(
                            ignore_subscribe_messages=True, timeout=BLOCK
                        )
                        if told is not None:
                            heard[told["data"].decode()] = time.monotonic() - began
    except AWAY as error:
        raise away(error) from error
    return heard
