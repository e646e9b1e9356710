"""Security groups."""

from __future__ import annotations

from inventory.core.columns import Key
from inventory.sources.aws.models.base import Tagged


class SecurityGroup(Tagged, table=True):
    """Rules for the traffic of network interfaces."""

    group_id: Key[str]
    """`GroupId`, such as `sg-0a1b2c3d4e5f67890`."""
    name: str | None = None
    """`GroupName`; `default` for the one that each VPC has from the start."""
    description: str | None = None
    """`Description`."""
    vpc_id: str | None = None
    """`VpcId`."""
    owner_id: str | None = None
    """`OwnerId`."""
