"""Gateways between VPCs and the internet."""

from __future__ import annotations

from datetime import datetime

from inventory.core.columns import Inet, Key
from inventory.sources.aws.models.base import Tagged


class NatGateway(Tagged, table=True):
    """A gateway that lets a subnet reach the internet; paid for by the hour."""

    nat_gateway_id: Key[str]
    """`NatGatewayId`, such as `nat-0a1b2c3d4e5f67890`."""
    name: str | None = None
    """The `Name` tag."""
    state: str | None = None
    """`State`: `available`, `pending`, `deleting`, `deleted` or `failed`."""
    vpc_id: str | None = None
    """`VpcId`."""
    subnet_id: str | None = None
    """`SubnetId`."""
    connectivity_type: str | None = None
    """`ConnectivityType`: `public` or `private`."""
    public_ip: Inet | None = None
    """`NatGatewayAddresses[].PublicIp`: the first."""
    allocation_id: str | None = None
    """`NatGatewayAddresses[].AllocationId`: of the first address."""
    create_time: datetime | None = None
    """`CreateTime`."""


class InternetGateway(Tagged, table=True):
    """A gateway between a VPC and the internet."""

    internet_gateway_id: Key[str]
    """`InternetGatewayId`, such as `igw-0a1b2c3d4e5f67890`."""
    name: str | None = None
    """The `Name` tag."""
    vpc_id: str | None = None
    """`Attachments[].VpcId`; absent while it is attached to nothing."""
    state: str | None = None
    """`Attachments[].State`."""
    owner_id: str | None = None
    """`OwnerId`."""
