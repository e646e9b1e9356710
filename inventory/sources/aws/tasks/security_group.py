"""Security groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.models.security_group import SecurityGroup
from inventory.sources.aws.scopes import RegionScope
from inventory.sources.aws.utils import tag_map

if TYPE_CHECKING:
    from inventory.sources.aws.client import RegionReader

group_row = row(SecurityGroup)


@collector(SecurityGroup, scope=RegionScope)
def collect_security_groups(region: RegionReader) -> Iterator[Row[SecurityGroup]]:
    """Read the security groups of a region with `ec2:DescribeSecurityGroups`."""
    for group in region.items("ec2", "DescribeSecurityGroups", "SecurityGroups", key="GroupId"):
        yield group_row(
            account_id=region.account_id,
            region_name=region.region_name,
            tags=tag_map(group),
            group_id=group["GroupId"],
            name=group.get("GroupName") or None,
            description=group.get("Description") or None,
            vpc_id=group.get("VpcId") or None,
            owner_id=group.get("OwnerId") or None,
        )
