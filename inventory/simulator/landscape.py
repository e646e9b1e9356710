"""A landscape of shoots, computed from a seed and a size: nothing is stored but a few bytes per shoot.

Every shoot lives in a *slot*. Its traits come from one hash of (seed, slot), so a slot has the same
names and ids wherever and whenever it is looked at. What is stored is enough to find the n-th item of
any list without walking it: small counts per slot and their prefix sums per place and per seed cluster.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import accumulate

from inventory.simulator.flags import (
    BARE,
    BASTION,
    DUAL_STACK,
    FORCED,
    FORCED_AWS,
    GARDEN,
    GONE,
    HIBERNATED,
    LEAKED,
    LIVE,
    OWN_VPC,
    PAIRED,
    STALE,
    STRAY,
    TERMINATED,
    TERMINATING,
    UNBORN,
    UNKNOWN_IMAGE,
    UNREPORTED,
    UNSCHEDULED,
    UNTAGGED_VPC,
    WORKERLESS,
)
from inventory.simulator.groups import Group, Place
from inventory.simulator.names import (
    ACCOUNTS,
    GCP_PROJECTS,
    GCP_ZONES,
    REGIONS,
    WORDS,
    Names,
    base36,
)
from inventory.simulator.sizes import measure
from inventory.simulator.slots import Slot
from inventory.simulator.ticking import Ticked, tick

MOST_SHOOTS = 1_000_000


class Landscape(Names):
    """A pure function of (shoots, seed), and of the number of ticks since."""

    def __init__(self, shoots: int = 20, seed: int = 1) -> None:
        if not 0 <= shoots <= MOST_SHOOTS:
            raise ValueError(f"a landscape has 0 to {MOST_SHOOTS} shoots, not {shoots}")
        super().__init__(shoots)
        self.shoots = shoots
        self.seed = seed
        self.generation = 0
        self.accounts = ACCOUNTS
        self.places = [
            Place("aws", account, region, region == REGIONS[0])
            for account in ACCOUNTS
            for region in REGIONS
        ]
        self.projects = GCP_PROJECTS
        self.aws_places = len(self.places)
        """The places of AWS come first, those of Google Cloud behind."""
        self.places += [
            Place("gcp", project, region, region == next(iter(GCP_ZONES)))
            for project in GCP_PROJECTS
            for region in GCP_ZONES
        ]
        self.place_index = {(p.account, p.region): i for i, p in enumerate(self.places)}
        self.first_garden_slot = shoots + max(4, shoots * 3 // 100)
        self._slot_base = blake2b(b"slot %d" % seed)
        self._zone_base = blake2b(b"zone %d" % seed)
        self._machine_base = blake2b(b"machine %d" % seed)
        self._tick_base = blake2b(b"tick %d" % seed, digest_size=8)
        self.project = array("H")
        self.place = array("B")
        self.seed_of = array("H")
        self.zones = array("B")
        self.machines = array("B")
        self.balancers = array("B")
        self.left = array("B")
        self.disks = array("B")
        """Persistent volumes inside the shoot."""
        self.flags = array("I")
        self.state = array("B")
        self.roll = array("B")
        self.add_slots(self.first_garden_slot + self.managed_count)
        for slot in range(shoots, self.first_garden_slot):
            self.leak(slot)
        self.build()

    # slots

    def digest(self, slot: int) -> bytes:
        hasher = self._slot_base.copy()
        hasher.update(slot.to_bytes(4, "big"))
        return hasher.digest()

    def zone_hex(self, slot: int, zone: int) -> str:
        hasher = self._zone_base.copy()
        hasher.update(slot.to_bytes(4, "big") + bytes((zone,)))
        return hasher.hexdigest()

    def machine_hex(self, slot: int, machine: int, roll: int) -> str:
        hasher = self._machine_base.copy()
        hasher.update(slot.to_bytes(4, "big") + bytes((machine, roll)))
        return hasher.hexdigest()

    def slot(self, index: int) -> Slot:
        return Slot(self, index)

    def shoot_name(self, slot: int) -> str:
        garden = slot - self.first_garden_slot
        if 0 <= garden < self.managed_count:
            return self.seed_shoot_name(garden)
        word = WORDS[self.digest(slot)[40] % len(WORDS)][:4]
        return f"{word}-{base36(slot)}"

    def slot_of(self, namespace: str, name: str) -> int | None:
        """The slot of a shoot that exists in the garden."""
        index = self.project_of_namespace(namespace)
        if index is None:
            return None
        if index == self.project_count:
            for seed in range(self.managed_count):
                if self.seed_shoot_name(seed) == name:
                    return self.first_garden_slot + seed
            return None
        try:
            slot = int(name.rpartition("-")[2], 36)
        except ValueError:
            return None
        found = (
            0 <= slot < len(self.state)
            and self.state[slot] == LIVE
            and self.project[slot] == index
            and self.shoot_name(slot) == name
        )
        return slot if found else None

    def add_slots(self, count: int) -> None:
        for slot in range(len(self.state), len(self.state) + count):
            self._add_slot(slot)

    def _add_slot(self, slot: int) -> None:
        d = self.digest(slot)
        garden = slot - self.first_garden_slot
        in_garden = 0 <= garden < self.managed_count
        zones = 1 + d[8] % 3
        machines = 1 + d[9] % 11
        balancers = d[18] % 3
        disks = d[50] % 4
        flags = 0
        if in_garden:
            project = self.project_count
            place = self._place(self.seed_provider(garden), 0, garden)
            seed = 0 if garden and garden % 5 else self.managed_count
            machines = 3 + d[9] % 6
            balancers = max(balancers, 1)
            flags = GARDEN
        else:
            project = int.from_bytes(d[0:3], "big") % self.project_count
            place = self._place(self._provider(slot, d[46]), project, d[4])
            seed = int.from_bytes(d[5:8], "big") % self.managed_count
            kind = d[10]
            if kind < 20:
                flags = HIBERNATED
            elif kind < 25:
                flags = UNSCHEDULED
            elif kind < 30:
                flags = WORKERLESS
            elif kind < 38:
                flags = OWN_VPC
            elif kind < 46:
                flags = OWN_VPC | UNTAGGED_VPC
            if d[12] < 3:
                flags |= STRAY
            if d[13] < 13:
                flags |= TERMINATED
            if d[14] < 8:
                flags |= TERMINATING
            if d[15] < 8:
                flags |= UNBORN
            if d[16] < 6:
                flags |= UNREPORTED
            if d[47] < 8:
                flags |= BASTION
            if d[48] < 8:
                flags |= UNKNOWN_IMAGE
            if d[49] < 20:
                flags |= STALE
            if slot < len(FORCED):
                flags = FORCED[slot]
                machines = max(machines, 4)
                balancers = max(balancers, 1)
                disks = max(disks, 2)
        if machines < 4:
            flags &= ~(TERMINATING | UNBORN | UNREPORTED)
        if flags & (HIBERNATED | UNSCHEDULED | WORKERLESS):
            flags &= ~(STRAY | TERMINATED | TERMINATING | UNBORN | UNREPORTED)
            flags &= ~(BASTION | UNKNOWN_IMAGE | STALE)
        if d[17] < 40:
            flags |= DUAL_STACK
        if d[19] < 26:
            flags |= PAIRED
        self.project.append(project)
        self.place.append(place)
        self.seed_of.append(seed)
        self.zones.append(zones)
        self.machines.append(machines)
        self.balancers.append(balancers)
        self.left.append(min(machines, d[20] % 4))
        self.disks.append(disks)
        self.flags.append(flags)
        self.state.append(LIVE)
        self.roll.append(0)

    def _provider(self, slot: int, digit: int) -> str:
        """Two shoots in five are on Google Cloud; the first slots and the first leaks are planted."""
        if 0 <= slot - self.shoots < 4:
            return "aws" if slot - self.shoots < 2 else "gcp"
        if slot < len(FORCED):
            return "aws" if slot < FORCED_AWS else "gcp"
        return "gcp" if digit < 102 else "aws"

    def _place(self, provider: str, owner: int, region: int) -> int:
        if provider == "aws":
            return owner % len(ACCOUNTS) * len(REGIONS) + region % len(REGIONS)
        count = len(GCP_ZONES)
        return self.aws_places + owner % len(GCP_PROJECTS) * count + region % count

    def leak(self, slot: int) -> None:
        """Take a shoot out of the garden and leave its infrastructure, in part or as a whole."""
        kept = self.flags[slot] & (DUAL_STACK | PAIRED)
        bare = not self.left[slot] and bool(self.digest(slot)[21] & 1)
        first = slot - self.shoots
        if first in (0, 2):
            self.left[slot], bare = min(2, self.machines[slot]), False
            kept |= DUAL_STACK | PAIRED
        elif first in (1, 3):
            bare = True
        if 0 <= first < 4:
            self.balancers[slot] = max(self.balancers[slot], 1)
            self.disks[slot] = max(self.disks[slot], 2)
        self.flags[slot] = kept | (BARE if bare else 0)
        self.state[slot] = LEAKED

    def build(self) -> None:
        """Compute the lists of the current generation."""
        places: list[list[int]] = [[] for _ in self.places]
        seeds: list[list[int]] = [[] for _ in range(self.seed_count)]
        projects: list[list[int]] = [[] for _ in range(self.project_count + 1)]
        for slot, state in enumerate(self.state):
            flags = self.flags[slot]
            if state != GONE and not flags & (UNSCHEDULED | WORKERLESS):
                places[self.place[slot]].append(slot)
            if state == LIVE:
                projects[self.project[slot]].append(slot)
                if not flags & UNSCHEDULED:
                    seeds[self.seed_of[slot]].append(slot)
        self.by_place = [Group(slots, self.measure) for slots in places]
        self.by_seed = [Group(slots, self.measure) for slots in seeds]
        self.garden_shoots = array("I", (slot for slots in projects for slot in slots))
        """The slots of all shoots that the garden lists, project by project."""
        self.project_starts = array("I", accumulate((len(p) for p in projects), initial=0))

    def project_shoots(self, project: int) -> Sequence[int]:
        return self.garden_shoots[self.project_starts[project] : self.project_starts[project + 1]]

    def measure(self, kind: str, slot: int) -> int:
        """How many items of a list a slot has."""
        return measure(self, kind, slot)

    def hosts(self, place: int) -> Iterator[tuple[int, Slot]]:
        """The managed seeds whose shoots are in a place, with those shoots."""
        for seed in range(self.managed_count):
            slot = self.first_garden_slot + seed
            if self.place[slot] == place:
                yield seed, self.slot(slot)

    # time

    def tick(self) -> Ticked:
        """Let time pass: see `ticking.tick`."""
        return tick(self)

    def tick_key(self, slot: int) -> bytes:
        hasher = self._tick_base.copy()
        hasher.update(self.generation.to_bytes(4, "big") + slot.to_bytes(4, "big"))
        return hasher.digest()
