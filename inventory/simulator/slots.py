"""One slot of the landscape: a shoot, or what is left of one, with its names and ids."""

from __future__ import annotations

from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from inventory.simulator.flags import (
    BARE,
    BASTION,
    BASTION_MACHINE,
    CUSTOM_PROFILES,
    CUSTOM_VERSION,
    FORMER_MACHINE,
    GARDEN,
    HIBERNATED,
    LEAKED,
    LIVE,
    OWN_VPC,
    STRAY,
    STRAY_MACHINE,
    TERMINATED,
    TERMINATING,
    UNBORN,
    UNKNOWN_IMAGE,
    UNKNOWN_VERSION,
    UNREPORTED,
    UNSCHEDULED,
    WORKERLESS,
)
from inventory.simulator.names import GCP_ZONES

if TYPE_CHECKING:
    from inventory.simulator.landscape import Landscape

_LETTERS = str.maketrans("0123456789abcdef", "bcdfghjklmnpqrst")
TYPES = (
    ("m5.large", "x86_64"),
    ("m5.xlarge", "x86_64"),
    ("c6g.large", "arm64"),
    ("r5.2xlarge", "x86_64"),
)
GCP_TYPES = (
    ("n2-standard-4", "x86_64"),
    ("e2-standard-2", "x86_64"),
    ("t2a-standard-4", "arm64"),
    ("c3-highmem-8", "x86_64"),
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
    """The position in the slot's zones."""
    address: str
    node: str
    instance_id: str


def numeric_id(digits: str) -> str:
    """An id as Google gives them: an unsigned integer of 64 bits, often above 2⁶³."""
    return str(int(digits[0:16], 16) | 1)


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
        asleep = self.flags & (HIBERNATED | UNSCHEDULED | WORKERLESS)
        self.machine_count = landscape.machines[index] if self.state == LIVE and not asleep else 0

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
        """What AWS calls the VPC; Google Cloud knows networks by name."""
        return f"vpc-0{self.hex[64:80]}"

    @property
    def network(self) -> str:
        """The name of the network at Google Cloud."""
        return f"corp-{self.hex[90:96]}" if self.flags & OWN_VPC else self.technical_id

    @property
    def created_at(self) -> str:
        d = self.digest
        return f"2024-{d[41] % 12 + 1:02}-{d[42] % 28 + 1:02}T{d[43] % 24:02}:{d[44] % 60:02}:00Z"

    @property
    def account_number(self) -> int:
        return self.landscape.accounts.index(self.place.account)

    def digits(self, kind: str) -> str:
        """128 hash digits for the ids of something of this slot."""
        return blake2b(f"{kind} {self.hex[0:48]}".encode()).hexdigest()

    @cached_property
    def zones(self) -> list[Zone]:
        region, first = self.place.region, self.digest[22]
        zones = []
        for number in range(self.landscape.zones[self.index]):
            letter = (first + number) % 3
            digits = self.landscape.zone_hex(self.index, number)
            if self.provider == "gcp":
                name = f"{region}-{GCP_ZONES[region][letter]}"
                zones.append(Zone(name, name, digits))
            else:
                identifier = zone_id(region, self.account_number, letter)
                zones.append(Zone(region + "abc"[letter], identifier, digits))
        return zones

    @cached_property
    def workers(self) -> list[tuple[str, str, str]]:
        """Name, machine type and architecture of the worker groups."""
        if self.flags & WORKERLESS:
            return []
        first = self.digest[23]
        count = 1 + first % 2
        types = TYPES if self.provider == "aws" else GCP_TYPES
        return [
            (f"{('worker', 'pool')[n]}-{n}", *types[(first + n) % len(types)]) for n in range(count)
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
        name = f"{self.technical_id}-{worker}-z{zone + 1}-{pool}-{unique}"
        google = self.provider == "gcp"
        return Machine(
            number,
            name,
            digits,
            zone,
            f"10.250.{zone * 32}.{octet}",
            name if google else f"ip-10-250-{zone * 32}-{octet}.{self.domain}",
            numeric_id(digits) if google else f"i-0{digits[0:16]}",
        )

    def instance_name(self, number: int) -> str | None:
        """The name of an instance, which for one that no Machine claims may be none.

        The console's "launch more like this" copies the tags of a machine, its name included.
        Google Cloud allows a name once per zone, so the copy is in another zone there.
        """
        if number == BASTION_MACHINE:
            return f"{self.technical_id}-{self.bastion_name}-bastion-{self.hex[104:109]}"
        if number != STRAY_MACHINE:
            return self.machine(number).name
        variant = self.index % 3
        if variant == 1:
            return self.machine(0).name
        if variant == 2:
            return f"instance-{self.hex[104:112]}" if self.provider == "gcp" else None
        return f"debug-{self.name}"

    def instance_zone(self, number: int, machine: Machine) -> str:
        if number == STRAY_MACHINE and self.provider == "gcp":
            region, first = self.place.region, self.digest[22]
            return f"{region}-{GCP_ZONES[region][(first + 1) % 3]}"
        return self.zones[machine.zone].name

    def provider_id(self, machine: Machine) -> str:
        place = self.place
        if self.provider == "gcp":
            return f"gce:///{place.account}/{self.zones[machine.zone].name}/{machine.name}"
        return f"aws:///{place.region}/{machine.instance_id}"

    @property
    def has_custom_profile(self) -> bool:
        """The shoot refers to a NamespacedCloudProfile."""
        wanted = self.digest[31] % 16 == 1 or self.index in CUSTOM_PROFILES
        return wanted and not self.flags & GARDEN

    def image_version(self, number: int) -> int:
        """The version of the machine image that an instance boots."""
        if number == 0 and self.flags & UNKNOWN_IMAGE and self.state == LIVE:
            return UNKNOWN_VERSION
        return CUSTOM_VERSION if self.has_custom_profile else self.digest[25] % 4

    @property
    def bastion_address(self) -> str:
        """A public address that no other slot has."""
        return f"18.{self.index >> 16 & 255}.{self.index >> 8 & 255}.{self.index & 255}"

    @property
    def bastion_name(self) -> str:
        return f"cli-{self.hex[96:104]}"

    @property
    def has_hostname_bastion(self) -> bool:
        """Its bastion is known by its host name alone, as load balancers of AWS are."""
        return self.provider == "aws" and bool(self.index & 1)

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
        if self.flags & BASTION:
            numbers.append(BASTION_MACHINE)
        if self.flags & TERMINATED:
            numbers.append(FORMER_MACHINE)
        return numbers
