"""Sets of DHCP options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.constants import NAME_TAG
from inventory.sources.aws.models.dhcp_option_set import DhcpOptionSet
from inventory.sources.aws.scopes import RegionScope
from inventory.sources.aws.utils import tag_map

if TYPE_CHECKING:
    from inventory.sources.aws.client import RegionReader

set_row = row(DhcpOptionSet)


@collector(DhcpOptionSet, scope=RegionScope)
def collect_dhcp_option_sets(region: RegionReader) -> Iterator[Row[DhcpOptionSet]]:
    """Read the sets of DHCP options of a region with `ec2:DescribeDhcpOptions`."""
    for options in region.items("ec2", "DescribeDhcpOptions", "DhcpOptions", key="DhcpOptionsId"):
        tags = tag_map(options)
        yield set_row(
            account_id=region.account_id,
            region_name=region.region_name,
            tags=tags,
            set_id=options["DhcpOptionsId"],
            name=tags.get(NAME_TAG) or None,
            owner_id=options.get("OwnerId") or None,
        )
