"""Sets of DHCP options."""

from __future__ import annotations

from inventory.core.columns import Key
from inventory.sources.aws.models.base import Tagged


class DhcpOptionSet(Tagged, table=True):
    """What a VPC's DHCP server tells its instances."""

    set_id: Key[str]
    """`DhcpOptionsId`, such as `dopt-0a1b2c3d4e5f67890`."""
    name: str | None = None
    """The `Name` tag."""
    owner_id: str | None = None
    """`OwnerId`."""
