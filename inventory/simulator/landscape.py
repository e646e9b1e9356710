"""A landscape of shoots, computed from a seed and a size: nothing is stored but a few bytes per shoot.

Every shoot lives in a *slot*. Its traits come from one hash of (seed, slot), so a slot has the same
names and ids wherever and whenever it is looked at. What is stored is enough to find the n-th item of
any list without walking it: small counts per slot and their prefix sums per place and per seed cluster.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate

from inventory.simulator.groups import Group, Place
from inventory.simulator.names import ACCOUNTS, REGIONS, WORDS, Names, base36
from inventory.simulator.slots import (
    BARE,
    DUAL_STACK,
    FORCED,
    GARDEN,
    GONE,
    HIBERNATED,
    LEAKED,
    LIVE,
    OWN_VPC,
    PAIRED,
    STRAY,
    TERMINATED,
    TERMINATING,
    UNBORN,
    UNREPORTED,
    UNSCHEDULED,
    UNTAGGED_VPC,
    WORKERLESS,
    Slot,
)

MOST_SHOOTS = 1_000_000

KINDS = ("vpcs", "subnets", "instances", "interfaces")


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
        self.place_index = {(p.account, p.region): i for i, p in enumerate(self.places)}
        self.first_garden_slot = shoots + max(2, shoots * 3 // 100)
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
        self.flags = array("H")
        self.state = array("B")
        self.roll = array("B")
        self._add_slots(self.first_garden_slot + self.managed_count)
        for slot in range(shoots, self.first_garden_slot):
            self._leak(slot)
        self._build()

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

    def _add_slots(self, count: int) -> None:
        for slot in range(len(self.state), len(self.state) + count):
            self._add_slot(slot)

    def _add_slot(self, slot: int) -> None:
        d = self.digest(slot)
        garden = slot - self.first_garden_slot
        in_garden = 0 <= garden < self.managed_count
        zones = 1 + d[8] % 3
        machines = 1 + d[9] % 11
        flags = 0
        if in_garden:
            project = self.project_count
            place = garden % len(REGIONS)
            seed = 0 if garden and garden % 5 else self.managed_count
            machines = 3 + d[9] % 6
            flags = GARDEN
        else:
            project = int.from_bytes(d[0:3], "big") % self.project_count
            place = project % len(ACCOUNTS) * len(REGIONS) + d[4] % len(REGIONS)
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
            if slot < len(FORCED):
                flags = FORCED[slot]
                machines = max(machines, 4)
        if machines < 4:
            flags &= ~(TERMINATING | UNBORN | UNREPORTED)
        if flags & (HIBERNATED | UNSCHEDULED | WORKERLESS):
            flags &= ~(STRAY | TERMINATED | TERMINATING | UNBORN | UNREPORTED)
        if d[17] < 40:
            flags |= DUAL_STACK
        if d[19] < 26:
            flags |= PAIRED
        self.project.append(project)
        self.place.append(place)
        self.seed_of.append(seed)
        self.zones.append(zones)
        self.machines.append(machines)
        self.balancers.append(d[18] % 3)
        self.left.append(min(machines, d[20] % 4))
        self.flags.append(flags)
        self.state.append(LIVE)
        self.roll.append(0)

    def _leak(self, slot: int) -> None:
        """Take a shoot out of the garden and leave its infrastructure, in part or as a whole."""
        kept = self.flags[slot] & (DUAL_STACK | PAIRED)
        bare = not self.left[slot] and bool(self.digest(slot)[21] & 1)
        if slot == self.shoots:
            self.left[slot], bare = min(2, self.machines[slot]), False
        elif slot == self.shoots + 1:
            bare = True
        self.flags[slot] = kept | (BARE if bare else 0)
        self.state[slot] = LEAKED

    def counts(self, slot: int) -> tuple[int, int, int, int, int]:
        """The number of VPCs, subnets, instances, network interfaces and Machines of a slot."""
        state, flags = self.state[slot], self.flags[slot]
        if state == GONE or flags & (UNSCHEDULED | WORKERLESS):
            return 0, 0, 0, 0, 0
        zones = self.zones[slot]
        if state == LEAKED:
            if flags & BARE:
                return 1, 0, 0, 0, 0
            left = self.left[slot]
            return 1, 3 * zones, left, left + zones, 0
        if flags & HIBERNATED:
            return 1, 3 * zones, 0, zones, 0
        machines = self.machines[slot]
        attached = machines
        if flags & UNBORN:
            attached -= 1
        if flags & STRAY:
            attached += 1
        instances = attached + (1 if flags & TERMINATED else 0)
        interfaces = attached + zones * (1 + self.balancers[slot])
        return 1, 3 * zones, instances, interfaces, machines

    def _build(self) -> None:
        """Compute the lists of the current generation."""
        places: list[list[int]] = [[] for _ in self.places]
        seeds: list[list[int]] = [[] for _ in range(self.seed_count)]
        projects: list[list[int]] = [[] for _ in range(self.project_count + 1)]
        counts = []
        for slot in range(len(self.state)):
            numbers = self.counts(slot)
            counts.append(numbers)
            if numbers[0]:
                places[self.place[slot]].append(slot)
            if numbers[4]:
                seeds[self.seed_of[slot]].append(slot)
            if self.state[slot] == LIVE:
                projects[self.project[slot]].append(slot)
        self.by_place = [
            Group.of(slots, {kind: [counts[s][k] for s in slots] for k, kind in enumerate(KINDS)})
            for slots in places
        ]
        self.by_seed = [
            Group.of(slots, {"machines": [counts[s][4] for s in slots]}) for slots in seeds
        ]
        self.garden_shoots = array("I", (slot for slots in projects for slot in slots))
        """The slots of all shoots that the garden lists, project by project."""
        self.project_starts = array("I", accumulate((len(p) for p in projects), initial=0))

    def project_shoots(self, project: int) -> Sequence[int]:
        return self.garden_shoots[self.project_starts[project] : self.project_starts[project + 1]]

    # time

    def tick(self) -> Ticked:
        """Change 8 % of the shoots: delete 2 %, create 2 %, roll the machines of 4 %.

        Of other shoots, some of the Machines that had no provider id get one.
        """
        self.generation += 1
        gardens = range(self.first_garden_slot, self.first_garden_slot + self.managed_count)
        candidates = [
            slot
            for slot in self.garden_shoots
            if not self.flags[slot] & UNSCHEDULED and slot not in gardens
        ]
        candidates.sort(key=self._tick_key)
        share = max(1, len(candidates) * 2 // 100)
        deletions = candidates[: max(2, share)] if len(candidates) > 8 else candidates[:1]
        leaked = 0
        for rank, slot in enumerate(deletions):
            leaves = not self.flags[slot] & (OWN_VPC | WORKERLESS)
            if rank % 3 == 1 and leaves:
                self._leak(slot)
                leaked += 1
            else:
                self.state[slot] = GONE
        rolled = settled = 0
        for slot in candidates[len(deletions) :]:
            flags = self.flags[slot]
            if rolled < 2 * share and not flags & (HIBERNATED | WORKERLESS):
                self.roll[slot] = (self.roll[slot] + 1) % 256
                rolled += 1
            elif flags & (UNBORN | UNREPORTED) and (not settled or self._tick_key(slot)[7] & 1):
                self.flags[slot] = flags & ~(UNBORN | UNREPORTED)
                settled += 1
        self._add_slots(share)
        self._build()
        return Ticked(self.generation, len(deletions), leaked, share, rolled, settled)

    def _tick_key(self, slot: int) -> bytes:
        hasher = self._tick_base.copy()
        hasher.update(self.generation.to_bytes(4, "big") + slot.to_bytes(4, "big"))
        return hasher.digest()
