"""Virtual private clouds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.constants import NAME_TAG
from inventory.sources.aws.models.vpc import Vpc
from inventory.sources.aws.scopes import RegionScope
from inventory.sources.aws.utils import ipv6_cidr, tag_map

if TYPE_CHECKING:
    from inventory.sources.aws.client import RegionReader

vpc_row = row(Vpc)


@collector(Vpc, scope=RegionScope)
def collect_vpcs(region: RegionReader) -> Iterator[Row[Vpc]]:
    """Read the VPCs of a region with `ec2:DescribeVpcs`."""
    for vpc in region.items("ec2", "DescribeVpcs", "Vpcs", key="VpcId"):
        tags = tag_map(vpc)
        yield vpc_row(
            account_id=region.account_id,
            region_name=region.region_name,
            tags=tags,
            vpc_id=vpc["VpcId"],
            name=tags.get(NAME_TAG) or None,
            state=vpc.get("State") or None,
            ipv4_cidr=vpc.get("CidrBlock") or None,
            ipv6_cidr=ipv6_cidr(vpc),
            is_default=vpc.get("IsDefault"),
            owner_id=vpc.get("OwnerId") or None,
            dhcp_option_set_id=vpc.get("DhcpOptionsId") or None,
        )
