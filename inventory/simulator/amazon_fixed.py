"""What a region of AWS holds besides shoots: the default VPC, and in one of each account somebody's own."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from inventory.simulator.amazon_balancers import CLASSIC_ZONES, NETWORK_ZONES
from inventory.simulator.amazon_compute import COPIED, images
from inventory.simulator.amazon_interfaces import elastic_ip, mac
from inventory.simulator.amazon_rows import (
    Address,
    Association,
    Balancer,
    Classic,
    DhcpOptions,
    Interface,
    InternetGateway,
    NatGateway,
    SecurityGroup,
    Snapshot,
    Subnet,
    Tags,
    Volume,
    Vpc,
)
from inventory.simulator.groups import Place
from inventory.simulator.landscape import Landscape
from inventory.simulator.slots import zone_id

EDGE = "shared-edge"
"""The load balancers that are nobody's shoot have one name in every account, as in a company."""


def zone_names(landscape: Landscape, place: Place) -> list[tuple[str, str]]:
    number = landscape.accounts.index(place.account)
    return [(place.region + "abc"[z], zone_id(place.region, number, z)) for z in range(3)]


def fixed(landscape: Landscape, place: Place) -> dict[str, list[Any]]:
    """By list. It comes first in every list."""
    seed = f"{landscape.seed} {place.account} {place.region}"
    ids = blake2b(seed.encode()).hexdigest()
    dhcp = f"dopt-0{ids[0:16]}"
    vpc = f"vpc-0{ids[16:32]}"
    found: dict[str, list[Any]] = {
        "vpcs": [Vpc(vpc, "172.31.0.0/16", None, dhcp, True, ())],
        "subnets": [
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
            for z, (name, zid) in enumerate(zone_names(landscape, place))
        ],
        "dhcp_options": [DhcpOptions(dhcp, f"{place.region}.compute.internal", ())],
        "internet_gateways": [InternetGateway(f"igw-0{ids[50:66]}", vpc, ())],
        "security_groups": [
            SecurityGroup(f"sg-1{ids[0:16]}", "default", "default VPC security group", vpc, ())
        ],
        "snapshots": [
            Snapshot(
                image.snapshot_id,
                COPIED,
                10,
                "2024-03-04T05:06:07.000Z",
                f"Copied for DestinationAmi {image.image_id} from SourceAmi ami-0source",
                (),
            )
            for image in images(landscape, place)
        ],
    }
    if place.first:
        for kind, items in _shared_services(landscape, place, seed, dhcp).items():
            found[kind] = [*found.get(kind, ()), *items]
    return found


def _shared_services(
    landscape: Landscape, place: Place, seed: str, dhcp: str
) -> dict[str, list[Any]]:
    """The network team's VPC, with what belongs there and what was forgotten there."""
    ids = blake2b(f"foreign {seed}".encode()).hexdigest()
    vpc, group = f"vpc-0{ids[16:32]}", f"sg-0{ids[0:16]}"
    zones = zone_names(landscape, place)
    subnets = [f"subnet-0{ids[32 + z : 48 + z]}" for z in range(2)]
    created = "2023-05-06T07:08:09.000Z"
    tags: Tags = (("Name", "shared-services"), ("owner", "network-team"))
    interfaces: list[Interface] = []
    for z in range(2):
        endpoint = z == 0
        interfaces.append(
            Interface(
                f"eni-0{ids[64 + z : 80 + z]}",
                vpc,
                subnets[z],
                zones[z][0],
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
    identifier = ids[4:20]
    for k, description in enumerate((f"ELB {EDGE}", f"ELB app/{EDGE}/{identifier}")):
        interfaces.append(
            Interface(
                f"eni-0{ids[70 + k : 86 + k]}",
                vpc,
                subnets[0],
                zones[0][0],
                description,
                "interface",
                mac(ids[86 + k : 96 + k]),
                f"10.0.0.{20 + k}",
                None,
                "amazon-elb",
                True,
                "in-use",
                f"eni-attach-0{ids[90 + k : 106 + k]}",
                None,
                None,
                group,
            )
        )
    region = place.region
    names = (zones[0][0], zones[1][0])
    digits = blake2b(f"shared {seed}".encode()).hexdigest()
    nat = f"nat-0{digits[0:16]}"
    elastic = Address(
        elastic_ip(digits),
        f"eipalloc-0{digits[16:32]}",
        f"eipassoc-0{digits[32:48]}",
        f"eni-0{digits[48:64]}",
        "10.0.0.30",
        (),
    )
    interfaces.append(
        Interface(
            f"eni-0{digits[48:64]}",
            vpc,
            subnets[0],
            names[0],
            f"Interface for NAT Gateway {nat}",
            "nat_gateway",
            mac(digits[48:58]),
            "10.0.0.30",
            None,
            place.account,
            False,
            "in-use",
            f"eni-attach-0{digits[64:80]}",
            None,
            Association(
                elastic.public_ip,
                f"ec2-{elastic.public_ip.replace('.', '-')}.{region}.compute.amazonaws.com",
                place.account,
                elastic.association_id,
                elastic.allocation_id,
            ),
            group,
        )
    )
    return {
        "vpcs": [Vpc(vpc, "10.0.0.0/20", None, dhcp, False, tags)],
        "subnets": [
            Subnet(
                subnets[z],
                vpc,
                *zones[z],
                f"10.0.{z}.0/24",
                None,
                250,
                False,
                (("Name", f"shared-services-{z}"),),
            )
            for z in range(2)
        ],
        "interfaces": interfaces,
        # The options of a VPC that was deleted.
        "dhcp_options": [DhcpOptions(f"dopt-1{ids[0:16]}", "old.example.com", (("Name", "old"),))],
        # One that is attached to nothing.
        "internet_gateways": [
            InternetGateway(f"igw-0{ids[50:66]}", vpc, tags),
            InternetGateway(f"igw-1{ids[50:66]}", None, ()),
        ],
        "nat_gateways": [NatGateway(nat, vpc, subnets[0], "available", created, elastic, tags)],
        "addresses": [
            elastic,
            # One that nobody remembers.
            Address(elastic_ip(digits[60:]), f"eipalloc-0{digits[64:80]}", None, None, None, ()),
        ],
        "security_groups": [
            SecurityGroup(f"sg-1{ids[32:48]}", "default", "default VPC security group", vpc, ()),
            SecurityGroup(group, "shared-services", "Between the shared services", vpc, tags),
        ],
        # A volume of nobody's, attached to nothing.
        "volumes": [
            Volume(f"vol-0{digits[80:96]}", 500, "st1", names[0], created, False, None, "", ())
        ],
        # Of a volume that is still there.
        "snapshots": [
            Snapshot(f"snap-0{digits[96:112]}", f"vol-0{digits[80:96]}", 500, created, "", ())
        ],
        "classic": [
            Classic(
                EDGE,
                f"{EDGE}-{int(ids[0:8], 16)}.{region}.elb.amazonaws.com",
                CLASSIC_ZONES[region],
                "internal",
                vpc,
                (subnets[0],),
                names[:1],
                created,
            )
        ],
        "balancers": [
            Balancer(
                EDGE,
                identifier,
                "application",
                f"{EDGE}-{int(ids[8:16], 16)}.{region}.elb.amazonaws.com",
                CLASSIC_ZONES[region],
                "internal",
                "active",
                vpc,
                tuple(subnets),
                names,
                created,
            ),
            Balancer(
                "inspection",
                ids[20:36],
                "gateway",
                f"inspection-{ids[20:36]}.elb.{region}.amazonaws.com",
                NETWORK_ZONES[region],
                None,
                "active",
                vpc,
                tuple(subnets),
                names,
                created,
            ),
        ],
    }
