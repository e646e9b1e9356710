"""What AWS shows of a landscape: pages of VPCs, subnets, instances and network interfaces of a place."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from inventory.simulator.landscape import Landscape, Place
from inventory.simulator.slots import (
    DUAL_STACK,
    FORMER_MACHINE,
    LEAKED,
    OWN_VPC,
    PAIRED,
    STRAY_MACHINE,
    UNTAGGED_VPC,
    Slot,
    zone_id,
)

Tags = tuple[tuple[str, str], ...]


class Vpc(NamedTuple):
    vpc_id: str
    cidr: str
    ipv6_cidr: str | None
    dhcp_options_id: str
    is_default: bool
    tags: Tags


class Subnet(NamedTuple):
    subnet_id: str
    vpc_id: str
    zone: str
    zone_id: str
    cidr: str
    ipv6_cidr: str | None
    free: int
    is_default: bool
    tags: Tags


class Instance(NamedTuple):
    instance_id: str
    reservation_id: str
    image_id: str
    state: str
    instance_type: str
    arch: str
    launched_at: str
    zone: str
    vpc_id: str | None
    """None for a terminated instance, like the subnet, the address and the interface."""
    subnet_id: str | None
    security_group: str
    address: str
    dns_name: str
    platform: str | None
    hex: str
    tags: Tags


class Association(NamedTuple):
    public_ip: str
    public_dns_name: str
    owner: str
    association_id: str | None
    allocation_id: str | None


class Interface(NamedTuple):
    interface_id: str
    vpc_id: str
    subnet_id: str
    zone: str
    description: str
    kind: str
    mac: str
    address: str
    dns_name: str | None
    requester: str | None
    source_check: bool
    status: str
    attachment_id: str | None
    instance_id: str | None
    association: Association | None
    security_group: str


class Fixed(NamedTuple):
    """What a place holds besides shoots. It comes first in every list."""

    vpcs: list[Vpc]
    subnets: list[Subnet]
    interfaces: list[Interface]


STATES = {"running": 16, "pending": 0, "shutting-down": 32, "terminated": 48}


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
                    _mac(ids[96 + z : 106 + z]),
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
    machine = slot.machine(number, roll=(slot.roll - 1) % 256 if former else None)
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
    year = 2025 if former or not slot.roll else 2026
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


def balancer_name(slot: Slot, number: int) -> str:
    """A load balancer of a Service, named after the Service's uid."""
    digits = slot.hex[number : number + 31]
    return f"a{digits}"


def interface(slot: Slot, position: int) -> Interface:
    """The interfaces of instances first, then NAT gateways, then load balancers per zone."""
    attached = [number for number in slot.instance_numbers if number != FORMER_MACHINE]
    if position < len(attached):
        return _instance_interface(slot, attached[position])
    rest = position - len(attached)
    kind, number = divmod(rest, len(slot.zones))
    zone = slot.zones[number]
    account, region = slot.place.account, slot.place.region
    digits = blake2b(f"{zone.hex} {kind}".encode(), digest_size=32).hexdigest()
    octets = ".".join(str(int(digits[k : k + 2], 16)) for k in (50, 52, 54))
    public_ip = f"52.{octets}"
    public = Association(
        public_ip,
        f"ec2-{public_ip.replace('.', '-')}.{_public_domain(region)}",
        account if kind == 0 else "amazon-elb",
        f"eipassoc-0{digits[32:48]}" if kind == 0 else None,
        f"eipalloc-0{digits[16:32]}" if kind == 0 else None,
    )
    if kind == 0:
        description = f"Interface for NAT Gateway nat-0{zone.hex[48:64]}"
    elif kind == 1:
        description = f"ELB {balancer_name(slot, 0)}"
    else:
        name = balancer_name(slot, kind)
        description = f"ELB net/{name}/{slot.hex[70 + kind : 86 + kind]}"
    return Interface(
        f"eni-0{digits[0:16]}",
        slot.vpc_id,
        zone.public_subnet,
        zone.name,
        description,
        ("nat_gateway", "interface", "network_load_balancer")[min(kind, 2)],
        _mac(digits[40:50]),
        f"10.250.{112 + 4 * number}.{20 + kind}",
        None,
        account if kind == 0 else "amazon-elb",
        kind == 1,
        "in-use",
        f"eni-attach-0{digits[6:22]}" if kind != 0 or slot.state != LEAKED else None,
        None,
        public,
        f"sg-0{slot.hex[16:32]}",
    )


def _instance_interface(slot: Slot, number: int) -> Interface:
    machine = slot.machine(number)
    zone = slot.zones[machine.zone]
    x = machine.hex
    public = None
    if x[126] == "0":
        ip = f"3.{int(x[100:102], 16)}.{int(x[102:104], 16)}.{int(x[104:106], 16)}"
        domain = _public_domain(slot.place.region)
        public = Association(ip, f"ec2-{ip.replace('.', '-')}.{domain}", "amazon", None, None)
    return Interface(
        f"eni-0{x[16:32]}",
        slot.vpc_id,
        zone.nodes_subnet,
        zone.name,
        "" if x[125] != "0" else "Primary network interface",
        "interface",
        _mac(x[64:74]),
        machine.address,
        machine.node if x[125] != "1" else None,
        None,
        False,
        "in-use",
        f"eni-attach-0{x[32:48]}",
        machine.instance_id,
        public,
        f"sg-0{slot.hex[16:32]}",
    )


def _mac(digits: str) -> str:
    return "02:" + ":".join(digits[k : k + 2] for k in range(0, 10, 2))


def _public_domain(region: str) -> str:
    return "compute-1.amazonaws.com" if region == "us-east-1" else f"{region}.compute.amazonaws.com"
