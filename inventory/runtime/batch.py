"""Calls that arrive in the same moment share a statement."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
I = TypeVar("I")  # noqa: E741 - an item
V = TypeVar("V")


class Batch(Generic[K, I, V]):
    """Sends items together and gives each caller its own answer, None where there is none.

    It waits for nothing: what arrives while a statement is under way goes with the next one, so
    that the more there is to do, the fewer statements and commits each takes.
    """

    def __init__(
        self,
        send: Callable[[Sequence[I]], Awaitable[Mapping[K, V]]],
        key: Callable[[I], K],
    ) -> None:
        self._send = send
        self._key = key
        self._waiting: list[tuple[I, asyncio.Future[V | None]]] = []
        self._sender: asyncio.Task[None] | None = None

    async def __call__(self, item: I) -> V | None:
        """Send an item. Raises what sending the batch raised."""
        answer: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._drain())
        return await answer

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                answers = await self._send([item for item, _ in batch])
            except Exception as error:  # noqa: BLE001 - each caller gets it
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for item, answer in batch:
                if not answer.done():
                    answer.set_result(answers.get(self._key(item)))
