"""Make due what is due, and ring again where a doorbell got lost."""

from __future__ import annotations

import logging

from inventory.runtime.broker import Broker
from inventory.runtime.ledger import Ledger

log = logging.getLogger(__name__)


async def reap(ledger: Ledger, broker: Broker) -> int:
    """Do one round, unless another process is at it. Returns how many doorbells it rang.

    Raises DatabaseError or QueueError if one of the servers is away; the next round does the rest.
    """
    due = await ledger.reap()
    if due is None:
        return 0
    await broker.ring(due)
    return len(due) + await ring_lost(ledger, broker)


async def ring_lost(ledger: Ledger, broker: Broker) -> int:
    """Ring for every run of a queue that has fewer doorbells than runs have waited for a while.

    Whoever has a doorbell keeps it and its place, so ringing for all of them does no harm.
    """
    waiting = await ledger.waiting()
    if not waiting:
        return 0
    sizes = await broker.sizes(waiting)
    rung = 0
    for queue, count in waiting.items():
        if sizes[queue] >= count:
            continue
        log.warning("doorbells lost", extra={"queue": queue, "runs": count - sizes[queue]})
        async for page in ledger.doorbells(queue):
            await broker.ring(page)
            rung += len(page)
    return rung
