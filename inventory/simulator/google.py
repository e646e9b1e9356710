"""What Google Cloud shows of a landscape: pages of each list of a project, in all its places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from inventory.simulator import google_compute, google_network
from inventory.simulator.amazon import slot_items
from inventory.simulator.control_plane import seed_zone
from inventory.simulator.google_clusters import soil_node
from inventory.simulator.google_compute import control_plane_disk
from inventory.simulator.google_fixed import fixed
from inventory.simulator.google_urls import Placed
from inventory.simulator.groups import Group, Part, fixed_part, page
from inventory.simulator.landscape import Landscape
from inventory.simulator.slots import Slot

WHOLE: dict[str, Callable[[Slot], list[Placed]]] = {
    "networks": google_network.networks,
    "subnetworks": google_network.subnetworks,
    "addresses": google_network.addresses,
    "rules": google_network.rules,
    "pools": google_network.pools,
}
LISTS = (*WHOLE, "instances", "disks")


class Google:
    """The lists of one landscape, by project."""

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape
        self.fixed = {project: fixed(landscape, project) for project in landscape.projects}
        self.places = {
            project: [
                index
                for index, place in enumerate(landscape.places)
                if (place.provider, place.account) == ("gcp", project)
            ]
            for project in landscape.projects
        }

    def total(self, project: str, kind: str) -> int:
        return sum(part.total for part in self._parts(project, kind))

    def page(self, project: str, kind: str, offset: int, limit: int) -> Iterator[Placed]:
        """Items [offset, offset + limit) of a list, each with its scope."""
        return page(self._parts(project, kind), offset, limit)

    def _parts(self, project: str, kind: str) -> list[Part[Placed]]:
        landscape = self.landscape
        parts = [fixed_part(self.fixed[project].get(kind, []))]
        for place in self.places[project]:
            group = landscape.by_place[place]
            parts.append(Part(group.total(f"gcp:{kind}"), partial(self._of_slots, group, kind)))
            if kind == "disks":
                for seed, host in landscape.hosts(place):
                    parts.append(self._hosted(seed, host))
        if kind == "disks" and project == landscape.projects[0]:
            parts.append(self._hosted(landscape.managed_count, None))
        return parts

    def _hosted(self, seed: int, host: Slot | None) -> Part[Placed]:
        group = self.landscape.by_seed[seed]
        return Part(group.total("seed:pvs"), partial(self._of_seed, seed, host))

    def _of_slots(self, group: Group, kind: str, offset: int, limit: int) -> Iterator[Placed]:
        for slot, first, last in slot_items(self.landscape, group, "gcp", kind, offset, limit):
            if kind == "instances":
                yield from (google_compute.instance(slot, n) for n in range(first, last))
            elif kind == "disks":
                yield from google_compute.disks(slot, first, last)
            else:
                yield from WHOLE[kind](slot)[first:last]

    def _of_seed(self, seed: int, host: Slot | None, offset: int, limit: int) -> Iterator[Placed]:
        landscape = self.landscape
        group = landscape.by_seed[seed]
        project, zone = seed_zone(landscape, seed)
        holder = host.machine(0).name if host else soil_node(0)[1]
        label = host.technical_id if host else None
        for slot, first, last in slot_items(landscape, group, "seed", "pvs", offset, limit):
            for number in range(first, last):
                yield control_plane_disk(slot, number, project, zone, holder, label)
