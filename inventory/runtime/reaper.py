"""Make due what is due, and ring again where a doorbell got lost."""

from __future__ import annotations

import logging
import time

from inventory.runtime.broker import Broker
from inventory.runtime.ledger import Ledger

log = logging.getLogger(__name__)

IN_HAND = 100
"""So many doorbells may be between Redis and the ledger without being lost."""
AT_ONCE = 20_000


class Reaper:
    """Any worker or scheduler has one; of all of them one works at a time."""

    def __init__(self, ledger: Ledger, broker: Broker) -> None:
        self.ledger = ledger
        self.broker = broker
        self._searched = 0.0
        self._swept = 0.0

    async def round(self) -> int:
        """Do one round, unless another process is at it. Returns how many doorbells it rang.

        Raises DatabaseError or QueueError if a server is away; the next round does the rest.
        """
        due = await self.ledger.reap()
        if due is None:
            return 0
        await self.broker.ring(due)
        if time.monotonic() - self._swept >= self.ledger.timing.abandon / 2:
            self._swept = time.monotonic()
            if abandoned := await self.ledger.abandon():
                log.info("runs of a collect that is gone cancelled", extra={"runs": abandoned})
        if time.monotonic() - self._searched < self.ledger.timing.lost:
            return len(due)
        self._searched = time.monotonic()
        return len(due) + await self._ring_lost()

    async def _ring_lost(self) -> int:
        """Ring for those that have waited longest, and for more where there are fewer doorbells than
        runs: what got lost was in front.

        Whoever has a doorbell keeps it and its place, so ringing once more does no harm.  Counting
        alone is not enough: doorbells of runs that came later, or that were cancelled, would hide
        for as long as a queue is busy that those of others are missing.
        """
        waiting = await self.ledger.waiting()
        if not waiting:
            return 0
        sizes = await self.broker.sizes(waiting)
        rung = 0
        for queue, count in waiting.items():
            missing = max(count - sizes[queue], 0)
            if missing > IN_HAND:
                log.warning("doorbells lost", extra={"queue": queue, "runs": missing})
            bells = await self.ledger.doorbells(queue, min(missing + IN_HAND, AT_ONCE))
            await self.broker.ring(bells)
            rung += len(bells)
        return rung
