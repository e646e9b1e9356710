"""The lists of a seed's API, by position."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from inventory.simulator.control_plane import (
    OF_SLOTS,
    fixed_persistent_volumes,
    pending_bastion,
    seed_dns_record,
)
from inventory.simulator.groups import Part, fixed_part, page
from inventory.simulator.landscape import Landscape
from inventory.simulator.machines import Object, machine

KINDS = {
    "machines": "machines",
    "persistentvolumes": "pvs",
    "dnsrecords": "dnsrecords",
    "dnsentries": "dnsentries",
    "bastions": "bastions",
}
"""The plurals of Kubernetes, and what `sizes` calls them."""


class SeedObjects:
    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape

    def total(self, seed: int, plural: str) -> int:
        return sum(part.total for part in self._parts(seed, plural))

    def page(self, seed: int, plural: str, offset: int, limit: int) -> Iterator[Object]:
        return page(self._parts(seed, plural), offset, limit)

    def _parts(self, seed: int, plural: str) -> list[Part[Object]]:
        kind = KINDS[plural]
        group = self.landscape.by_seed[seed]
        parts = [Part(group.total(f"seed:{kind}"), partial(self._of_slots, seed, kind))]
        if plural == "persistentvolumes":
            parts.append(fixed_part(fixed_persistent_volumes(self.landscape, seed)))
        elif plural == "dnsrecords":
            parts.append(fixed_part([seed_dns_record(self.landscape, seed)]))
        elif plural == "bastions" and seed == 0:
            parts.append(fixed_part([pending_bastion()]))
        return parts

    def _of_slots(self, seed: int, kind: str, offset: int, limit: int) -> Iterator[Object]:
        landscape = self.landscape
        for index, first, last in landscape.by_seed[seed].spans(f"seed:{kind}", offset, limit):
            yield from self.of_slot(index, kind, first, last)

    def of_slot(self, index: int, kind: str, first: int, last: int) -> Iterator[Object]:
        """The objects of a shoot, most of them in the namespace of its name."""
        slot = self.landscape.slot(index)
        if kind == "machines":
            yield from (machine(slot, number) for number in range(first, last))
        else:
            yield from OF_SLOTS[kind](slot)[first:last]
