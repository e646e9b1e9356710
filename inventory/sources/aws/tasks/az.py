"""Availability zones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.models.az import Az
from inventory.sources.aws.scopes import RegionScope

if TYPE_CHECKING:
    from inventory.sources.aws.client import RegionReader

az_row = row(Az)


@collector(Az, scope=RegionScope)
def collect_azs(region: RegionReader) -> Iterator[Row[Az]]:
    """Read the availability zones of a region with `ec2:DescribeAvailabilityZones`."""
    for zone in region.items("ec2", "DescribeAvailabilityZones", "AvailabilityZones", key="ZoneId"):
        yield az_row(
            account_id=region.account_id,
            region_name=zone.get("RegionName") or region.region_name,
            zone_id=zone["ZoneId"],
            name=zone.get("ZoneName") or None,
            zone_type=zone.get("ZoneType") or None,
            opt_in_status=zone.get("OptInStatus") or None,
            state=zone.get("State") or None,
            group_name=zone.get("GroupName") or None,
            network_border_group=zone.get("NetworkBorderGroup") or None,
        )
