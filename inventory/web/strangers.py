"""Who was not let in: told to the log, without what they sent, and not once for each attempt."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, field

QUIET = 10.0
"""How long an address is not told of again, in seconds; its attempts are counted meanwhile."""
REMEMBERED = 1000

log = logging.getLogger(__name__)


@dataclass
class Strangers:
    """Failed attempts by address. Guessing is hopeless, but who guesses is worth knowing."""

    total: int = 0
    _seen: OrderedDict[str, tuple[float, int]] = field(default_factory=OrderedDict)

    def came(self, address: str | None, *, with_token: bool) -> None:
        """Count an attempt, and tell of it unless this address was told of just now."""
        self.total += 1
        whence, now = address or "unknown", time.monotonic()
        told_at, untold = self._seen.pop(whence, (float("-inf"), 0))
        if now - told_at < QUIET:
            self._seen[whence] = (told_at, untold + 1)
            return
        self._seen[whence] = (now, 0)
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        why = "unknown token" if with_token else "no token"
        log.warning(
            "not let in", extra={"address": whence, "reason": why, "attempts": untold + 1}
        )
