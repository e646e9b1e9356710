"""Networks, called VPCs here as in the other clouds."""

from __future__ import annotations

from datetime import datetime

from inventory.core.columns import Inet, Int32, Key, Unsigned64
from inventory.sources.gcp.models.base import ProjectResource


class Vpc(ProjectResource, table=True):
    """A network of a project. It spans all regions; its subnets do not."""

    vpc_id: Key[Unsigned64]
    """`id`."""
    name: str
    """`name`, unique within its project."""
    creation_timestamp: datetime | None = None
    """`creationTimestamp`."""
    description: str | None = None
    """`description`."""
    gateway_ipv4: Inet | None = None
    """`gatewayIPv4`: only legacy networks, which have no subnets, have one."""
    firewall_policy: str | None = None
    """`firewallPolicy`: the address of the policy in the API."""
    mtu: Int32 | None = None
    """`mtu`: the largest packet, in bytes."""
