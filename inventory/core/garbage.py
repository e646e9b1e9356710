"""Python's search for cyclic garbage, less often while answers are parsed.

A page is a hundred thousand small objects, none of them garbage; looking through them at the usual rate doubles the
cost of reading.  The rate is the process's, so it is counted who wants it low.  It is never turned off: threads that
make real garbage meanwhile are served, only later.
"""

from __future__ import annotations

import gc
import threading
from types import TracebackType

THRESHOLD = 250_000
"""New objects that start a search; Python's own is 700. More than a page, so that it is parsed and gone before."""


class SeldomCollected:
    """A context in which garbage is looked for seldom; may be entered by many threads at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before = gc.get_threshold()

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                self._before = gc.get_threshold()
                gc.set_threshold(max(THRESHOLD, self._before[0]), *self._before[1:])
            self._users += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                gc.set_threshold(*self._before)


# One for the process, as the rate is.
seldom_collected = SeldomCollected()
