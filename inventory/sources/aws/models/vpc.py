"""Virtual private clouds."""

from __future__ import annotations

from inventory.core.columns import Cidr, Key
from inventory.sources.aws.models.base import Tagged


class Vpc(Tagged, table=True):
    """A virtual private cloud."""

    vpc_id: Key[str]
    """`VpcId`, such as `vpc-0a1b2c3d4e5f67890`."""
    name: str | None = None
    """The `Name` tag."""
    state: str | None = None
    """`State`: `pending` or `available`."""
    ipv4_cidr: Cidr | None = None
    """`CidrBlock`: the primary block, not those associated later."""
    ipv6_cidr: Cidr | None = None
    """`Ipv6CidrBlockAssociationSet[].Ipv6CidrBlock`: the first that is associated."""
    is_default: bool | None = None
    """`IsDefault`: whether AWS made it together with the account."""
    owner_id: str | None = None
    """`OwnerId`: the account that it belongs to, another one where it is shared."""
    dhcp_option_set_id: str | None = None
    """`DhcpOptionsId`: the DHCP options in use, `default` where AWS's own are."""
