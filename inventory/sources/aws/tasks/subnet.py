"""Subnets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.constants import NAME_TAG
from inventory.sources.aws.models.subnet import Subnet
from inventory.sources.aws.scopes import RegionScope
from inventory.sources.aws.utils import ipv6_cidr, tag_map

if TYPE_CHECKING:
    from inventory.sources.aws.client import RegionReader

subnet_row = row(Subnet)


@collector(Subnet, scope=RegionScope)
def collect_subnets(region: RegionReader) -> Iterator[Row[Subnet]]:
    """Read the subnets of a region with `ec2:DescribeSubnets`."""
    for subnet in region.items("ec2", "DescribeSubnets", "Subnets", key="SubnetId"):
        tags = tag_map(subnet)
        yield subnet_row(
            account_id=region.account_id,
            region_name=region.region_name,
            tags=tags,
            subnet_id=subnet["SubnetId"],
            name=tags.get(NAME_TAG) or None,
            subnet_arn=subnet.get("SubnetArn") or None,
            vpc_id=subnet.get("VpcId") or None,
            state=subnet.get("State") or None,
            az=subnet.get("AvailabilityZone") or None,
            az_id=subnet.get("AvailabilityZoneId") or None,
            available_ipv4_addresses=subnet.get("AvailableIpAddressCount"),
            ipv4_cidr=subnet.get("CidrBlock") or None,
            ipv6_cidr=ipv6_cidr(subnet),
        )
