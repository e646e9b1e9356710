"""The rows that AWS lists, with what of them is not the same for all."""

from __future__ import annotations

from typing import NamedTuple

STATES = {"running": 16, "pending": 0, "shutting-down": 32, "terminated": 48}
Tags = tuple[tuple[str, str], ...]


class Vpc(NamedTuple):
    vpc_id: str
    cidr: str
    ipv6_cidr: str | None
    dhcp_options_id: str
    is_default: bool
    tags: Tags


class Subnet(NamedTuple):
    subnet_id: str
    vpc_id: str
    zone: str
    zone_id: str
    cidr: str
    ipv6_cidr: str | None
    free: int
    is_default: bool
    tags: Tags


class Instance(NamedTuple):
    instance_id: str
    reservation_id: str
    image_id: str
    state: str
    instance_type: str
    arch: str
    launched_at: str
    zone: str
    vpc_id: str | None
    """None for a terminated instance, like the subnet, the address and the interface."""
    subnet_id: str | None
    security_group: str
    address: str
    dns_name: str
    platform: str | None
    hex: str
    tags: Tags


class Association(NamedTuple):
    public_ip: str
    public_dns_name: str
    owner: str
    association_id: str | None
    allocation_id: str | None


class Interface(NamedTuple):
    interface_id: str
    vpc_id: str
    subnet_id: str
    zone: str
    description: str
    kind: str
    mac: str
    address: str
    dns_name: str | None
    requester: str | None
    source_check: bool
    status: str
    attachment_id: str | None
    instance_id: str | None
    association: Association | None
    security_group: str
