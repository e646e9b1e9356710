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

    def __init__(self, ask: Callable[[], T], *, seconds: float, after_failure: float = 30) -> None:
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

    def forget(self) -> None:
        """Ask again next time."""
        with self._lock:
            self._until = 0.0

    def _renew(self) -> None:
        try:
            self._value, self._error = [self._ask()], None
        except SourceError as error:
            self._error = error
        now = time.monotonic()
        self._until = now + (self._seconds if self._error is None else self._after_failure)
