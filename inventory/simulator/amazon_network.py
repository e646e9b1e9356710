"""The network that Gardener makes for a shoot on AWS, and what else is in it."""

from __future__ import annotations

from inventory.simulator.amazon_interfaces import elastic_ip, nat_interface
from inventory.simulator.amazon_rows import (
    Address,
    DhcpOptions,
    InternetGateway,
    NatGateway,
    SecurityGroup,
    Subnet,
    Tags,
    Vpc,
)
from inventory.simulator.flags import DUAL_STACK, LIVE, OWN_VPC, PAIRED, UNTAGGED_VPC
from inventory.simulator.sizes import traits
from inventory.simulator.slots import Slot

CLUSTER = "kubernetes.io/cluster/"


def cluster_tag(slot: Slot) -> tuple[str, str]:
    return (f"{CLUSTER}{slot.technical_id}", "1")


def vpc(slot: Slot) -> Vpc:
    cluster = cluster_tag(slot)
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


def vpcs(slot: Slot) -> list[Vpc]:
    return [vpc(slot)]


def subnets(slot: Slot) -> list[Subnet]:
    """Three subnets per zone, as Gardener makes them, in the user's VPC as well."""
    name, vpc_id = slot.technical_id, slot.vpc_id
    cluster = cluster_tag(slot)
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


def dhcp_options(slot: Slot) -> list[DhcpOptions]:
    vpc_tags = vpc(slot).tags
    return [DhcpOptions(f"dopt-0{slot.hex[48:64]}", slot.domain, vpc_tags)]


def internet_gateways(slot: Slot) -> list[InternetGateway]:
    tags = (("Name", slot.technical_id), cluster_tag(slot))
    return [InternetGateway(f"igw-0{slot.digits('igw')[0:16]}", slot.vpc_id, tags)]


def nat_gateways(slot: Slot) -> list[NatGateway]:
    """One per zone; of some shoots a deleted one is still listed, as for an hour."""
    found = []
    cluster, created = cluster_tag(slot), f"{slot.created_at[:-1]}.000Z"
    if traits(slot.landscape, slot.index).zoned:
        for number, zone in enumerate(slot.zones):
            tags = (("Name", f"{slot.technical_id}-natgw-z{number}"), cluster)
            found.append(
                NatGateway(
                    f"nat-0{zone.hex[48:64]}",
                    slot.vpc_id,
                    zone.public_subnet,
                    "available",
                    created,
                    _nat_address(slot, number),
                    tags,
                )
            )
    if slot.state == LIVE and slot.flags & PAIRED:
        tags = (("Name", f"{slot.technical_id}-natgw-z0"), cluster)
        gateway = f"nat-0{slot.digits('former nat')[0:16]}"
        subnet = slot.zones[0].public_subnet
        found.append(NatGateway(gateway, slot.vpc_id, subnet, "deleted", created, None, tags))
    return found


def _nat_address(slot: Slot, number: int) -> Address:
    interface, association = nat_interface(slot, number)
    return Address(
        association.public_ip,
        association.allocation_id or "",
        association.association_id,
        interface.interface_id,
        interface.address,
        (("Name", f"{slot.technical_id}-eip-natgw-z{number}"), cluster_tag(slot)),
    )


def addresses(slot: Slot) -> list[Address]:
    """Those of the NAT gateways; one more that nothing uses, of users' VPCs and of leaked shoots."""
    zoned = traits(slot.landscape, slot.index).zoned
    found = [_nat_address(slot, number) for number in range(zoned)]
    unused = slot.flags & OWN_VPC if slot.state == LIVE else zoned
    if unused:
        digits = slot.digits("unused address")
        tags = (("Name", f"{slot.technical_id}-egress"), cluster_tag(slot))
        found.append(
            Address(elastic_ip(digits), f"eipalloc-0{digits[16:32]}", None, None, None, tags)
        )
    return found


def security_groups(slot: Slot) -> list[SecurityGroup]:
    """The VPC's own one, which nobody can delete, and those that Gardener and Services made.

    A user's VPC has one of an earlier shoot besides, which was not cleaned up.
    """
    found = [
        SecurityGroup(
            f"sg-1{slot.hex[16:32]}", "default", "default VPC security group", slot.vpc_id, ()
        )
    ]
    kept = traits(slot.landscape, slot.index)
    if not kept.bare:
        name = f"{slot.technical_id}-nodes"
        tags = (("Name", name), cluster_tag(slot))
        found.append(
            SecurityGroup(
                f"sg-0{slot.hex[16:32]}", name, "Security group for nodes", slot.vpc_id, tags
            )
        )
    if kept.exposed:
        digits = slot.digits("elb group")
        found.append(
            SecurityGroup(
                f"sg-0{digits[0:16]}",
                f"k8s-elb-a{digits[16:47]}",
                "Security group for Kubernetes ELB",
                slot.vpc_id,
                (cluster_tag(slot),),
            )
        )
    if slot.state == LIVE and slot.flags & OWN_VPC:
        former = f"{slot.technical_id}-old"
        found.append(
            SecurityGroup(
                f"sg-0{slot.digits('former group')[0:16]}",
                f"{former}-nodes",
                "Security group for nodes",
                slot.vpc_id,
                (("Name", f"{former}-nodes"), (f"{CLUSTER}{former}", "1")),
            )
        )
    return found
