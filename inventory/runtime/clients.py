"""The connected sources of a process: one client each, shared by its runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from inventory.config import Config
from inventory.core.scope import SourceClient
from inventory.core.source import Source
from inventory.errors import AccessDenied

MAX_AGE = 1800.0
MIN_AGE = 60.0


@dataclass
class _Lent:
    client: SourceClient
    since: float = field(default_factory=time.monotonic)
    users: int = 0
    retired: bool = False


class Clients:
    """Clients by source. A client that is half an hour old or was refused access is replaced, and
    closed when its last run ends.
    """

    def __init__(
        self, config: Config, *, max_age: float = MAX_AGE, min_age: float = MIN_AGE
    ) -> None:
        self.config = config
        self.min_age = min_age
        self.max_age = max_age
        self._clients: dict[str, _Lent] = {}
        self._guard = threading.Lock()
        self._connecting: dict[str, threading.Lock] = {}

    @contextmanager
    def of(self, source: Source) -> Iterator[SourceClient]:
        """Lend the client of a source. Raises what connecting raises."""
        lent = self._take(source)
        try:
            yield lent.client
        except AccessDenied:
            # Its credentials may have been replaced since it connected, unless that was just now.
            if time.monotonic() - lent.since > self.min_age:
                self._retire(source, lent)
            raise
        finally:
            self._give_back(lent)

    def close(self) -> None:
        """Close the clients that nobody uses, and the others when they are given back."""
        with self._guard:
            known = list(self._clients.values())
            self._clients.clear()
            for lent in known:
                lent.retired = True
        for lent in known:
            if lent.users == 0:
                lent.client.close()

    def _take(self, source: Source) -> _Lent:
        with self._guard:
            connecting = self._connecting.setdefault(source.key, threading.Lock())
        # One connects, the others wait for its client instead of connecting as well.
        with connecting:
            with self._guard:
                lent = self._clients.get(source.key)
                if lent is not None and time.monotonic() - lent.since < self.max_age:
                    lent.users += 1
                    return lent
            fresh = _Lent(source.client(self.config), users=1)
            with self._guard:
                old, self._clients[source.key] = lent, fresh
            if old is not None:
                self._retire(source, old)
            return fresh

    def _retire(self, source: Source, lent: _Lent) -> None:
        with self._guard:
            lent.retired = True
            unused = lent.users == 0
            if self._clients.get(source.key) is lent:
                del self._clients[source.key]
        if unused:
            lent.client.close()

    def _give_back(self, lent: _Lent) -> None:
        with self._guard:
            lent.users -= 1
            close = lent.retired and lent.users == 0
        if close:
            lent.client.close()
