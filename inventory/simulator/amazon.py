"""What AWS shows of a landscape: pages of VPCs, subnets, instances and network interfaces of a place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from typing import NamedTuple

from inventory.simulator.amazon_interfaces import interface, mac
from inventory.simulator.amazon_rows import Instance, Interface, Subnet, Tags, Vpc
from inventory.simulator.groups import Place
from inventory.simulator.landscape import Landscape
from inventory.simulator.slots import (
    DUAL_STACK,
    FORMER_MACHINE,
    OWN_VPC,
    PAIRED,
    STRAY_MACHINE,
    UNTAGGED_VPC,
    Slot,
    zone_id,
)


class Fixed(NamedTuple):
    """What a place holds besides shoots. It comes first in every list."""

    vpcs: list[Vpc]
    subnets: list[Subnet]
    interfaces: list[Interface]


@cache
def image_id(region: str, arch: str, version: int) -> str:
    """The machine image that shoots of this region boot, in one of four versions."""
    return "ami-0" + blake2b(f"{region} {arch} {version}".encode(), digest_size=8).hexdigest()


def zone_names(landscape: Landscape, place: Place) -> list[tuple[str, str]]:
    number = landscape.accounts.index(place.account)
    return [(place.region + "abc"[z], zone_id(place.region, number, z)) for z in range(3)]


def fixed(landscape: Landscape, place: Place) -> Fixed:
    """The default VPC, and in one region of each account a network that is nobody's shoot."""
    seed = f"{landscape.seed} {place.account} {place.region}"
    ids = blake2b(seed.encode()).hexdigest()
    dhcp = f"dopt-0{ids[0:16]}"
    vpc = f"vpc-0{ids[16:32]}"
    zones = zone_names(landscape, place)
    vpcs = [Vpc(vpc, "172.31.0.0/16", None, dhcp, True, ())]
    subnets = [
        Subnet(
            f"subnet-0{ids[32 + z : 48 + z]}",
            vpc,
            name,
            zid,
            f"172.31.{16 * z}.0/20",
            None,
            4091,
            True,
            (),
        )
        for z, (name, zid) in enumerate(zones)
    ]
    interfaces: list[Interface] = []
    if place.first:
        ids = blake2b(f"foreign {seed}".encode()).hexdigest()
        vpc, group = f"vpc-0{ids[16:32]}", f"sg-0{ids[0:16]}"
        tags: Tags = (("Name", "shared-services"), ("owner", "network-team"))
        vpcs.append(Vpc(vpc, "10.0.0.0/20", None, dhcp, False, tags))
        for z in range(2):
            name, zid = zones[z]
            subnet = f"subnet-0{ids[32 + z : 48 + z]}"
            tags = (("Name", f"shared-services-{z}"),)
            subnets.append(Subnet(subnet, vpc, name, zid, f"10.0.{z}.0/24", None, 250, False, tags))
            endpoint = z == 0
            interfaces.append(
                Interface(
                    f"eni-0{ids[64 + z : 80 + z]}",
                    vpc,
                    subnet,
                    name,
                    "VPC Endpoint Interface vpce-0" + ids[80:96] if endpoint else "",
                    "vpc_endpoint" if endpoint else "interface",
                    mac(ids[96 + z : 106 + z]),
                    f"10.0.{z}.10",
                    None,
                    place.account if endpoint else None,
                    True,
                    "in-use" if endpoint else "available",
                    f"eni-attach-0{ids[110:126]}" if endpoint else None,
                    None,
                    None,
                    group,
                )
            )
    return Fixed(vpcs, subnets, interfaces)


class Amazon:
    """The lists of one landscape, by place."""

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape
        self.fixed = [fixed(landscape, place) for place in landscape.places]

    def total(self, place: int, kind: str) -> int:
        return self._offset(place, kind) + self.landscape.by_place[place].total(kind)

    def _offset(self, place: int, kind: str) -> int:
        return 0 if kind == "instances" else len(getattr(self.fixed[place], kind))

    def _spans(
        self, place: int, kind: str, offset: int, limit: int
    ) -> Iterator[tuple[Slot, int, int]]:
        """The slots that hold items [offset, offset + limit) beyond the fixed ones."""
        before = self._offset(place, kind)
        start = max(0, offset - before)
        count = limit - max(0, min(before - offset, limit))
        for slot, first, last in self.landscape.by_place[place].spans(kind, start, count):
            yield self.landscape.slot(slot), first, last

    def vpcs(self, place: int, offset: int, limit: int) -> Iterator[Vpc]:
        yield from self.fixed[place].vpcs[offset : offset + limit]
        for slot, _, _ in self._spans(place, "vpcs", offset, limit):
            yield vpc(slot)

    def subnets(self, place: int, offset: int, limit: int) -> Iterator[Subnet]:
        yield from self.fixed[place].subnets[offset : offset + limit]
        for slot, first, last in self._spans(place, "subnets", offset, limit):
            yield from subnets(slot)[first:last]

    def instances(self, place: int, offset: int, limit: int) -> Iterator[Instance]:
        for slot, first, last in self._spans(place, "instances", offset, limit):
            for position in range(first, last):
                yield instance(slot, position)

    def interfaces(self, place: int, offset: int, limit: int) -> Iterator[Interface]:
        yield from self.fixed[place].interfaces[offset : offset + limit]
        for slot, first, last in self._spans(place, "interfaces", offset, limit):
            for position in range(first, last):
                yield interface(slot, position)


def vpc(slot: Slot) -> Vpc:
    cluster = (f"kubernetes.io/cluster/{slot.technical_id}", "1")
    if slot.flags & UNTAGGED_VPC:
        tags: Tags = (("cost-center", slot.hex[90:94]),)
    elif slot.flags & OWN_VPC:
        tags = (("Name", f"corp-{slot.hex[90:95]}"), cluster)
    else:
        tags = (("Name", slot.technical_id), cluster)
    ipv6 = (
        f"2a05:d014:{slot.hex[80:84]}:{slot.hex[84:86]}00::/56" if slot.flags & DUAL_STACK else None
    )
    return Vpc(slot.vpc_id, "10.250.0.0/16", ipv6, f"dopt-0{slot.hex[48:64]}", False, tags)


def subnets(slot: Slot) -> list[Subnet]:
    """Three subnets per zone, as Gardener makes them, in the user's VPC as well."""
    name, vpc_id = slot.technical_id, slot.vpc_id
    cluster = (f"kubernetes.io/cluster/{name}", "1")
    found = []
    for number, zone in enumerate(slot.zones):
        kinds = (
            ("nodes", zone.nodes_subnet, 0, 19, ()),
            (
                "private-utility",
                zone.private_subnet,
                96,
                22,
                (("kubernetes.io/role/internal-elb", "1"),),
            ),
            ("public-utility", zone.public_subnet, 112, 22, (("kubernetes.io/role/elb", "1"),)),
        )
        for k, (kind, subnet_id, third, bits, role) in enumerate(kinds):
            octet = third + number * (32 if k == 0 else 4)
            ipv6 = None
            if slot.flags & DUAL_STACK:
                prefix = f"2a05:d014:{slot.hex[80:84]}:{slot.hex[84:86]}"
                ipv6 = f"{prefix}{number * 3 + k:02x}::/64"
            free = 2 ** (32 - bits) - 5 - zone.hex.count(str(k))
            tags = (("Name", f"{name}-{kind}-z{number}"), cluster, *role)
            cidr = f"10.250.{octet}.0/{bits}"
            found.append(
                Subnet(subnet_id, vpc_id, zone.name, zone.zone_id, cidr, ipv6, free, False, tags)
            )
    return found


def instance(slot: Slot, position: int) -> Instance:
    number = slot.instance_numbers[position]
    former = number == FORMER_MACHINE
    machine = slot.machine(number)
    number = machine.number
    zone = slot.zones[machine.zone]
    x, region = machine.hex, slot.place.region
    worker, instance_type, arch = slot.workers[number % len(slot.workers)]
    state = "running"
    if former:
        state = "terminated"
    elif slot.is_terminating(number):
        state = "shutting-down"
    elif slot.is_unreported(number) and slot.digest[24] & 1:
        state = "pending"
    pair = position // 2 * 2 if slot.flags & PAIRED else position
    name: str | None = machine.name
    if number == STRAY_MACHINE:
        name = stray_name(slot)
    cluster = f"kubernetes.io/cluster/{slot.technical_id}"
    tags = (
        (cluster, "1"),
        ("kubernetes.io/role/node", "1"),
        ("worker.gardener.cloud/pool", worker),
    )
    day = int(x[120:124], 16)
    year = 2026 if slot.roll > former else 2025
    return Instance(
        machine.instance_id,
        f"r-0{slot.hex[110:124]}{pair:02x}",
        image_id(region, arch, slot.digest[25] % 4),
        state,
        instance_type,
        arch,
        f"{year}-{day % 10 + 1:02}-{day % 28 + 1:02}T{day % 24:02}:{day % 60:02}:{day % 59:02}.000Z",
        zone.name,
        None if former else slot.vpc_id,
        None if former else zone.nodes_subnet,
        f"sg-0{slot.hex[16:32]}",
        machine.address,
        machine.node,
        None if x[127] == "0" else "Linux/UNIX",
        x,
        (*tags, ("Name", name)) if name else tags,
    )


def stray_name(slot: Slot) -> str | None:
    """The Name of an instance that no Machine claims: copied from a machine, its own, or none.

    The console's "launch more like this" copies the tags of a machine, its name included.
    """
    variant = slot.index % 3
    if variant == 1:
        return slot.machine(0).name
    return None if variant == 2 else f"debug-{slot.name}"
