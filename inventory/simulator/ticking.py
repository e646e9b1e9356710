"""Time passes in a landscape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.simulator.flags import (
    GONE,
    HIBERNATED,
    OWN_VPC,
    UNBORN,
    UNREPORTED,
    UNSCHEDULED,
    WORKERLESS,
)

if TYPE_CHECKING:
    from inventory.simulator.landscape import Landscape


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one tick changed, in shoots."""

    generation: int
    deleted: int
    leaked: int
    """Of the deleted: how many left their infrastructure behind."""
    created: int
    rolled: int
    settled: int
    """Beside those: shoots where a Machine got its provider id, and its instance if it had none."""


def tick(landscape: Landscape) -> Ticked:
    """Change 8 % of the shoots: delete 2 %, create 2 %, roll the machines of 4 %.

    Of other shoots, some of the Machines that had no provider id get one.
    """
    landscape.generation += 1
    first = landscape.first_garden_slot
    gardens = range(first, first + landscape.managed_count)
    candidates = [
        slot
        for slot in landscape.garden_shoots
        if not landscape.flags[slot] & UNSCHEDULED and slot not in gardens
    ]
    candidates.sort(key=landscape.tick_key)
    share = max(1, len(candidates) * 2 // 100)
    deletions = candidates[: max(2, share)] if len(candidates) > 8 else candidates[:1]
    leaked = 0
    for rank, slot in enumerate(deletions):
        leaves = not landscape.flags[slot] & (OWN_VPC | WORKERLESS)
        if rank % 3 == 1 and leaves:
            landscape.leak(slot)
            leaked += 1
        else:
            landscape.state[slot] = GONE
    rolled = settled = 0
    for slot in candidates[len(deletions) :]:
        flags = landscape.flags[slot]
        if rolled < 2 * share and not flags & (HIBERNATED | WORKERLESS):
            landscape.roll[slot] = (landscape.roll[slot] + 1) % 256
            rolled += 1
        elif flags & (UNBORN | UNREPORTED) and (not settled or landscape.tick_key(slot)[7] & 1):
            landscape.flags[slot] = flags & ~(UNBORN | UNREPORTED)
            settled += 1
    landscape.add_slots(share)
    landscape.build()
    return Ticked(landscape.generation, len(deletions), leaked, share, rolled, settled)
