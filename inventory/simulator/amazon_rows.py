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


class Volume(NamedTuple):
    volume_id: str
    size: int
    kind: str
    zone: str
    created_at: str
    encrypted: bool
    instance_id: str | None
    """None for a volume that is attached to nothing."""
    device: str
    tags: Tags


class Address(NamedTuple):
    public_ip: str
    allocation_id: str
    association_id: str | None
    interface_id: str | None
    private_ip: str | None
    tags: Tags


class NatGateway(NamedTuple):
    gateway_id: str
    vpc_id: str
    subnet_id: str
    state: str
    created_at: str
    address: Address | None
    tags: Tags


class InternetGateway(NamedTuple):
    gateway_id: str
    vpc_id: str | None
    tags: Tags


class SecurityGroup(NamedTuple):
    group_id: str
    name: str
    description: str
    vpc_id: str
    tags: Tags


class Snapshot(NamedTuple):
    snapshot_id: str
    volume_id: str
    """`vol-ffffffff` for one that was copied, as those of images are."""
    size: int
    started_at: str
    description: str
    tags: Tags


class Image(NamedTuple):
    image_id: str
    name: str
    owner: str
    arch: str
    description: str | None
    snapshot_id: str


class DhcpOptions(NamedTuple):
    set_id: str
    domain: str
    tags: Tags


class Classic(NamedTuple):
    name: str
    dns_name: str
    zone_id: str
    scheme: str
    vpc_id: str
    subnets: tuple[str, ...]
    zones: tuple[str, ...]
    created_at: str


class Balancer(NamedTuple):
    name: str
    identifier: str
    kind: str
    """application, network or gateway."""
    dns_name: str | None
    zone_id: str | None
    scheme: str | None
    state: str
    vpc_id: str
    subnets: tuple[str, ...]
    zones: tuple[str, ...]
    created_at: str

    def arn(self, account: str, region: str) -> str:
        short = {"application": "app", "network": "net", "gateway": "gwy"}[self.kind]
        place = f"{region}:{account}"
        name = f"{short}/{self.name}/{self.identifier}"
        return f"arn:aws:elasticloadbalancing:{place}:loadbalancer/{name}"
