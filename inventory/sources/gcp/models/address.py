"""Reserved addresses."""

from __future__ import annotations

from datetime import datetime

from inventory.core.columns import Inet, Int32, Key, Unsigned64
from inventory.sources.gcp.models.base import Labelled


class Address(Labelled, table=True):
    """An address that is reserved, regional or global. Ephemeral ones are not listed as such."""

    address_id: Key[Unsigned64]
    """`id`."""
    name: str
    """`name`, unique within its project and region."""
    address: Inet | None = None
    """`address`; absent until one is assigned. Of a reserved range, the first."""
    address_type: str | None = None
    """`addressType`: `EXTERNAL` or `INTERNAL`."""
    is_global: bool
    """Whether it belongs to no region."""
    creation_timestamp: datetime | None = None
    """`creationTimestamp`."""
    description: str | None = None
    """`description`."""
    region: str | None = None
    """The name in `region`; absent for a global one."""
    ip_version: str | None = None
    """`ipVersion`: `IPV4` or `IPV6`; absent where it is `IPV4`, mostly."""
    ipv6_endpoint_type: str | None = None
    """`ipv6EndpointType`: `VM` or `NETLB`."""
    network: str | None = None
    """The name in `network`: of the VPC of an internal range."""
    network_tier: str | None = None
    """`networkTier`: `PREMIUM` or `STANDARD`."""
    subnetwork: str | None = None
    """The name in `subnetwork`: of the subnet of an internal address."""
    prefix_length: Int32 | None = None
    """`prefixLength`: of a reserved range; absent for a single address."""
    purpose: str | None = None
    """`purpose`: `GCE_ENDPOINT`, `NAT_AUTO`, `VPC_PEERING`, `PRIVATE_SERVICE_CONNECT` and others."""
    self_link: str | None = None
    """`selfLink`: its address in the API."""
    status: str | None = None
    """`status`: `RESERVED`, `RESERVING` or `IN_USE`."""
    users: list[str] = []  # noqa: RUF012 - pydantic copies it
    """`users[]`: the addresses in the API of what uses it."""
