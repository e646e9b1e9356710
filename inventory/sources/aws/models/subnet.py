"""Subnets."""

from __future__ import annotations

from inventory.core.columns import Cidr, Int32, Key
from inventory.sources.aws.models.base import Tagged


class Subnet(Tagged, table=True):
    """A part of a VPC that lies in one availability zone."""

    subnet_id: Key[str]
    """`SubnetId`, such as `subnet-0a1b2c3d4e5f67890`."""
    name: str | None = None
    """The `Name` tag."""
    subnet_arn: str | None = None
    """`SubnetArn`."""
    vpc_id: str | None = None
    """`VpcId`: the VPC that it is a part of."""
    state: str | None = None
    """`State`: `pending`, `available` or `unavailable`."""
    az: str | None = None
    """`AvailabilityZone`: the zone's name, which means a place for this account only."""
    az_id: str | None = None
    """`AvailabilityZoneId`: the zone's id, the same for every account."""
    available_ipv4_addresses: Int32 | None = None
    """`AvailableIpAddressCount`: addresses that are still free."""
    ipv4_cidr: Cidr | None = None
    """`CidrBlock`; absent in a subnet that has IPv6 alone."""
    ipv6_cidr: Cidr | None = None
    """`Ipv6CidrBlockAssociationSet[].Ipv6CidrBlock`: the first that is associated."""
