"""How much one caller may have at a time, decided before anything of a request is read."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from inventory.web.bodies import Malformed

REMEMBERED = 10_000
"""Callers whose last minute is known; those who were quiet for longest are forgotten."""


@dataclass
class Guards:
    """Limits per caller, kept by this process for itself. 0 is no limit.

    Requests have a bucket that holds a minute's worth and fills evenly, so that a burst is served
    and a stream of more is not.
    """

    concurrency: int = 0
    requests_per_minute: int = 0
    subscriptions: int = 0
    clock: Callable[[], float] = time.monotonic
    _running: Counter[str] = field(default_factory=Counter)
    _streaming: Counter[str] = field(default_factory=Counter)
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)
    """What is left of a caller's minute, and when that was."""

    @contextmanager
    def request(self, caller: str) -> Iterator[None]:
        """Let a request in, or raise Malformed 429."""
        self.spend(caller)
        limit = self.concurrency
        if limit and self._running[caller] >= limit:
            raise _too_many(
                f"{caller} has {limit} requests under way, and more are not served at a time", 1
            )
        with _counted(self._running, caller):
            yield

    @contextmanager
    def subscription(self, caller: str) -> Iterator[None]:
        """Let a subscription in, or raise Malformed 429."""
        limit = self.subscriptions
        if limit and self._streaming[caller] >= limit:
            raise _too_many(
                f"{caller} has {limit} subscriptions, and more are not served at a time", 10
            )
        with _counted(self._streaming, caller):
            yield

    @property
    def streaming(self) -> int:
        """How many subscriptions there are."""
        return self._streaming.total()

    def spend(self, caller: str) -> None:
        """Count a request, or raise Malformed 429."""
        size = self.requests_per_minute
        if not size:
            return
        now = self.clock()
        left, since = self._buckets.pop(caller, (float(size), now))
        left = min(size, left + (now - since) * size / 60)
        # Put back at the end: the first ones are those who were quiet for longest.
        self._buckets[caller] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > REMEMBERED:
            del self._buckets[next(iter(self._buckets))]
        if left < 1:
            raise _too_many(
                f"{caller} has sent {size} requests within a minute, and more are not served",
                math.ceil((1 - left) * 60 / size),
            )


def _too_many(message: str, seconds: int) -> Malformed:
    return Malformed(
        429,
        f"{message}; try again in {seconds} s",
        "TOO_MANY_REQUESTS",
        **{"Retry-After": str(seconds)},
    )


@contextmanager
def _counted(counter: Counter[str], caller: str) -> Iterator[None]:
    counter[caller] += 1
    try:
        yield
    finally:
        counter[caller] -= 1
        if not counter[caller]:
            del counter[caller]
