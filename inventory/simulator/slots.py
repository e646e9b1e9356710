"""One slot of the landscape: a shoot, or what is left of one, with its names and ids."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from inventory.simulator.landscape import Landscape

# States of a slot. A leaked shoot is gone from the garden but not from the cloud.
LIVE, LEAKED, GONE = 0, 1, 2

HIBERNATED = 1 << 0
"""The network exists, no machine does."""
UNSCHEDULED = 1 << 1
"""No seed and no technical id yet, hence nothing in the cloud."""
WORKERLESS = 1 << 2
"""A control plane only: no worker groups, nothing in the cloud."""
OWN_VPC = 1 << 3
"""The VPC is the user's and not named after the shoot; the subnets carry the cluster tag."""
UNTAGGED_VPC = 1 << 4
"""Of those: the VPC itself has no cluster tag, and no name."""
STRAY = 1 << 5
"""One instance that no Machine claims."""
TERMINATED = 1 << 6
"""One instance of a former machine is still listed, without network."""
TERMINATING = 1 << 7
"""The first machine is being terminated."""
UNBORN = 1 << 8
"""The last machine has no instance yet, and no provider id."""
UNREPORTED = 1 << 9
"""One machine has an instance, but its provider id is not written yet."""
DUAL_STACK = 1 << 10
PAIRED = 1 << 11
"""Two instances share a reservation."""
BARE = 1 << 12
"""Leaked, and only the VPC is left."""
GARDEN = 1 << 13
"""A shoot in namespace `garden` that a seed runs on."""

FORCED = (
    0,
    HIBERNATED,
    OWN_VPC,
    OWN_VPC | UNTAGGED_VPC,
    STRAY,
    UNSCHEDULED,
    TERMINATED | TERMINATING,
    UNBORN | UNREPORTED,
    WORKERLESS,
    STRAY | TERMINATED,
    STRAY | UNBORN,
    STRAY,
)
"""The first slots have every case, so that a small landscape is a complete one."""

STRAY_MACHINE, FORMER_MACHINE = 200, 201
"""Machine numbers of instances that have no Machine."""

_LETTERS = str.maketrans("0123456789abcdef", "bcdfghjklmnpqrst")
TYPES = (
    ("m5.large", "x86_64"),
    ("m5.xlarge", "x86_64"),
    ("c6g.large", "arm64"),
    ("r5.2xlarge", "x86_64"),
)


class Zone(NamedTuple):
    name: str
    zone_id: str
    hex: str
    """Hash digits for the ids of what Gardener makes once per zone."""

    @property
    def nodes_subnet(self) -> str:
        return f"subnet-0{self.hex[0:16]}"

    @property
    def private_subnet(self) -> str:
        return f"subnet-0{self.hex[16:32]}"

    @property
    def public_subnet(self) -> str:
        return f"subnet-0{self.hex[32:48]}"


class Machine(NamedTuple):
    number: int
    name: str
    hex: str
    zone: int
    address: str
    node: str
    instance_id: str


def zone_id(region: str, account_number: int, zone: int) -> str:
    """The id of a zone: accounts see the same zones in different order."""
    continent, side, number = region.split("-")
    side = {"central": "c", "west": "w", "east": "e", "south": "s"}.get(side, side[:2])
    return f"{continent}{side}{number}-az{(zone + account_number) % 3 + 1}"


class Slot:
    """A view of a slot in the current generation."""

    def __init__(self, landscape: Landscape, index: int) -> None:
        self.landscape = landscape
        self.index = index
        self.state = landscape.state[index]
        self.flags = landscape.flags[index]
        self.roll = landscape.roll[index]
        self.place = landscape.places[landscape.place[index]]
        self.project = landscape.project[index]
        self.seed = landscape.seed_of[index]
        self.digest = landscape.digest(index)
        self.hex = self.digest.hex()
        self.name = landscape.shoot_name(index)
        self.technical_id = f"shoot--{landscape.project_name(self.project)}--{self.name}"
        self.machine_count = 0 if self.state != LIVE else landscape.counts(index)[4]

    @property
    def provider(self) -> str:
        return self.place.provider

    @property
    def is_scheduled(self) -> bool:
        return not self.flags & UNSCHEDULED

    @property
    def is_hibernated(self) -> bool:
        return bool(self.flags & HIBERNATED)

    @property
    def vpc_id(self) -> str:
        return f"vpc-0{self.hex[64:80]}"

    @property
    def created_at(self) -> str:
        d = self.digest
        return f"2024-{d[41] % 12 + 1:02}-{d[42] % 28 + 1:02}T{d[43] % 24:02}:{d[44] % 60:02}:00Z"

    @property
    def account_number(self) -> int:
        return self.landscape.accounts.index(self.place.account)

    @cached_property
    def zones(self) -> list[Zone]:
        region, first = self.place.region, self.digest[22]
        zones = []
        for number in range(self.landscape.zones[self.index]):
            letter = (first + number) % 3
            zones.append(
                Zone(
                    region + "abc"[letter],
                    zone_id(region, self.account_number, letter),
                    self.landscape.zone_hex(self.index, number),
                )
            )
        return zones

    @cached_property
    def workers(self) -> list[tuple[str, str, str]]:
        """Name, machine type and architecture of the worker groups."""
        if self.flags & WORKERLESS:
            return []
        first = self.digest[23]
        count = 1 + first % 2
        return [
            (f"{('worker', 'pool')[n]}-{n}", *TYPES[(first + n) % len(TYPES)]) for n in range(count)
        ]

    @cached_property
    def domain(self) -> str:
        region = self.place.region
        return "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"

    def machine(self, number: int, *, roll: int | None = None) -> Machine:
        """A machine by its number, in the current roll or in an earlier one.

        Once the machines were rolled, the former machine is the first of the previous roll.
        """
        if number == FORMER_MACHINE and self.roll:
            return self.machine(0, roll=self.roll - 1)
        roll = self.roll if roll is None else roll
        digits = self.landscape.machine_hex(self.index, number, roll)
        zone = number % len(self.zones)
        worker = self.workers[number % len(self.workers)][0]
        pool = f"{self.hex[100:103]}{roll:02x}".translate(_LETTERS)
        unique = f"{number & 15:x}{digits[74:78]}".translate(_LETTERS)
        octet = 10 + number + 16 * (roll % 14) if number < 16 else 50 + number
        return Machine(
            number,
            f"{self.technical_id}-{worker}-z{zone + 1}-{pool}-{unique}",
            digits,
            zone,
            f"10.250.{zone * 32}.{octet}",
            f"ip-10-250-{zone * 32}-{octet}.{self.domain}",
            f"i-0{digits[0:16]}",
        )

    # which of the machines are in a state of their own

    def is_unborn(self, number: int) -> bool:
        return bool(self.flags & UNBORN) and number == self.machine_count - 1

    def is_unreported(self, number: int) -> bool:
        return bool(self.flags & UNREPORTED) and number == self.machine_count - 2

    def is_terminating(self, number: int) -> bool:
        return bool(self.flags & TERMINATING) and number == 0

    @cached_property
    def instance_numbers(self) -> list[int]:
        """The machine numbers of the slot's instances, in listing order."""
        if self.state == LEAKED:
            return [] if self.flags & BARE else list(range(self.landscape.left[self.index]))
        numbers = list(range(self.machine_count - (1 if self.flags & UNBORN else 0)))
        if self.flags & STRAY:
            numbers.append(STRAY_MACHINE)
        if self.flags & TERMINATED:
            numbers.append(FORMER_MACHINE)
        return numbers
