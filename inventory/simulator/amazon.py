"""What AWS shows of a landscape: pages of each list of a place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from inventory.simulator import amazon_balancers, amazon_compute, amazon_network
from inventory.simulator.amazon_compute import control_plane_volume, instance
from inventory.simulator.amazon_fixed import fixed, zone_names
from inventory.simulator.amazon_interfaces import interface
from inventory.simulator.amazon_rows import Instance, Interface, Subnet, Volume, Vpc
from inventory.simulator.groups import Group, Part, fixed_part, page
from inventory.simulator.landscape import Landscape
from inventory.simulator.slots import Slot

__all__ = ["LISTS", "Amazon", "zone_names"]

WHOLE: dict[str, Callable[[Slot], list[Any]]] = {
    "vpcs": amazon_network.vpcs,
    "subnets": amazon_network.subnets,
    "dhcp_options": amazon_network.dhcp_options,
    "internet_gateways": amazon_network.internet_gateways,
    "nat_gateways": amazon_network.nat_gateways,
    "addresses": amazon_network.addresses,
    "security_groups": amazon_network.security_groups,
    "volumes": amazon_compute.volumes,
    "snapshots": amazon_compute.snapshots,
    "classic": amazon_balancers.classic,
    "balancers": amazon_balancers.balancers,
}
"""Lists of which a slot has few items, that are made together."""

SINGLE: dict[str, Callable[[Slot, int], Any]] = {"instances": instance, "interfaces": interface}
"""Lists of which a slot has many items, that are made one by one."""

LISTS = (*WHOLE, *SINGLE)


def slot_items(
    landscape: Landscape, group: Group, side: str, kind: str, offset: int, limit: int
) -> Iterator[tuple[Slot, int, int]]:
    for slot, first, last in group.spans(f"{side}:{kind}", offset, limit):
        yield landscape.slot(slot), first, last


class Amazon:
    """The lists of one landscape, by place."""

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape
        self.places = landscape.places[: landscape.aws_places]
        self.fixed = [fixed(landscape, place) for place in self.places]

    def total(self, place: int, kind: str) -> int:
        return sum(part.total for part in self._parts(place, kind))

    def page(self, place: int, kind: str, offset: int, limit: int) -> Iterator[Any]:
        """Items [offset, offset + limit) of a list."""
        return page(self._parts(place, kind), offset, limit)

    def _parts(self, place: int, kind: str) -> list[Part[Any]]:
        group = self.landscape.by_place[place]
        parts = [
            fixed_part(self.fixed[place].get(kind, [])),
            Part(group.total(f"aws:{kind}"), partial(self._of_slots, group, kind)),
        ]
        if kind == "volumes":
            for seed, host in self.landscape.hosts(place):
                hosted = self.landscape.by_seed[seed]
                parts.append(Part(hosted.total("seed:pvs"), partial(self._of_seed, hosted, host)))
        return parts

    def _of_slots(self, group: Group, kind: str, offset: int, limit: int) -> Iterator[Any]:
        for slot, first, last in slot_items(self.landscape, group, "aws", kind, offset, limit):
            if make := WHOLE.get(kind):
                yield from make(slot)[first:last]
            else:
                single = SINGLE[kind]
                yield from (single(slot, position) for position in range(first, last))

    def _of_seed(self, group: Group, host: Slot, offset: int, limit: int) -> Iterator[Volume]:
        for slot, first, last in slot_items(self.landscape, group, "seed", "pvs", offset, limit):
            for number in range(first, last):
                yield control_plane_volume(slot, number, host)

    # the lists that everybody reads

    def vpcs(self, place: int, offset: int, limit: int) -> Iterator[Vpc]:
        return self.page(place, "vpcs", offset, limit)

    def subnets(self, place: int, offset: int, limit: int) -> Iterator[Subnet]:
        return self.page(place, "subnets", offset, limit)

    def instances(self, place: int, offset: int, limit: int) -> Iterator[Instance]:
        return self.page(place, "instances", offset, limit)

    def interfaces(self, place: int, offset: int, limit: int) -> Iterator[Interface]:
        return self.page(place, "interfaces", offset, limit)
