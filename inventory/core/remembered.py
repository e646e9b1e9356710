"""A value that is expensive to ask for and good for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from inventory.errors import SourceError

T = TypeVar("T")


class Remembered(Generic[T]):
    """Asks when it has to: one thread asks, the others wait for its answer.

    A failure is remembered too, but shortly, so that a source that hangs is not asked by every
    thread in turn.
    """

    def __init__(
        self,
        ask: Callable[[], T],
        *,
        seconds: float | Callable[[T], float] = float("inf"),
        after_failure: float = 30,
    ) -> None:
        """`seconds` is how long a value is good for, or a function that tells by the value."""
        self._ask = ask
        self._seconds = seconds
        self._after_failure = after_failure
        self._lock = threading.Lock()
        self._until = 0.0
        self._value: list[T] = []
        self._error: SourceError | None = None

    def get(self) -> T:
        """The value, asked for again when it is too old."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._renew()
            if self._error is not None:
                raise self._error.with_traceback(None)
            return self._value[0]

    def peek(self) -> T | None:
        """The value as it is, or None if it was never asked for."""
        return self._value[0] if self._value else None

    def forget(self) -> None:
        """Ask again next time."""
        with self._lock:
            self._until = 0.0

    def _renew(self) -> None:
        try:
            value = self._ask()
        except SourceError as error:
            self._error, good_for = error, self._after_failure
        else:
            self._value, self._error = [value], None
            good_for = self._seconds(value) if callable(self._seconds) else self._seconds
        self._until = time.monotonic() + good_for
