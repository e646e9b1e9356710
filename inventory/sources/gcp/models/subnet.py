"""Subnets."""

from __future__ import annotations

from datetime import datetime

from inventory.core.columns import Cidr, Inet, Key, Unsigned64
from inventory.sources.gcp.models.base import ProjectResource


class Subnet(ProjectResource, table=True):
    """A part of a network that lies in one region."""

    vpc_name: Key[str]
    """The name in `network`: of the VPC that it is a part of."""
    subnet_id: Key[Unsigned64]
    """`id`."""
    name: str
    """`name`, unique within its project and region."""
    region: str | None = None
    """The name in `region`."""
    creation_timestamp: datetime | None = None
    """`creationTimestamp`."""
    description: str | None = None
    """`description`."""
    ipv4_cidr_range: Cidr | None = None
    """`ipCidrRange`: the primary range; absent in a subnet that has IPv6 alone."""
    ipv6_cidr_range: Cidr | None = None
    """`internalIpv6Prefix`, `externalIpv6Prefix` or `ipv6CidrRange`; absent in a subnet that has IPv4 alone."""
    gateway: Inet | None = None
    """`gatewayAddress`."""
    purpose: str | None = None
    """`purpose`: `PRIVATE`, `REGIONAL_MANAGED_PROXY`, `PRIVATE_SERVICE_CONNECT` and others."""
    stack_type: str | None = None
    """`stackType`: `IPV4_ONLY`, `IPV4_IPV6` or `IPV6_ONLY`."""
