"""Elastic IP addresses."""

from __future__ import annotations

from inventory.core.columns import Inet, Key
from inventory.sources.aws.models.base import Tagged


class ElasticIp(Tagged, table=True):
    """A public address that the account keeps until it gives it back."""

    allocation_id: Key[str]
    """`AllocationId`, such as `eipalloc-0a1b2c3d4e5f67890`."""
    name: str | None = None
    """The `Name` tag."""
    public_ip: Inet | None = None
    """`PublicIp`."""
    private_ip_address: Inet | None = None
    """`PrivateIpAddress`: what it leads to."""
    association_id: str | None = None
    """`AssociationId`; absent while it is used by nothing."""
    instance_id: str | None = None
    """`InstanceId`."""
    interface_id: str | None = None
    """`NetworkInterfaceId`."""
