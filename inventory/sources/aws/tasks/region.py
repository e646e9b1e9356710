"""Regions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.models.region import Region
from inventory.sources.aws.scopes import AccountScope

if TYPE_CHECKING:
    from inventory.sources.aws.client import AccountReader

region_row = row(Region)


@collector(Region, scope=AccountScope)
def collect_regions(account: AccountReader) -> Iterator[Row[Region]]:
    """Read the regions that are enabled for an account with `ec2:DescribeRegions`."""
    for region in account.regions():
        yield region_row(
            account_id=account.account_id,
            name=region["RegionName"],
            endpoint=region.get("Endpoint") or None,
            opt_in_status=region.get("OptInStatus") or None,
        )
