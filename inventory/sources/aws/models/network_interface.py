"""Network interfaces: of instances, load balancers, NAT gateways and other services."""

from __future__ import annotations

from typing import ClassVar

from inventory.core.columns import Inet, Int32, Key
from inventory.sources.aws.models.base import Tagged


class NetworkInterface(Tagged, table=True):
    """An elastic network interface."""

    table_name: ClassVar[str | None] = "aws_net_interface"

    interface_id: Key[str]
    """`NetworkInterfaceId`, such as `eni-0a1b2c3d4e5f67890`."""
    az: str | None = None
    """`AvailabilityZone`: the zone's name."""
    description: str | None = None
    """`Description`; AWS's own services say here what the interface is for."""
    interface_type: str | None = None
    """`InterfaceType`: `interface`, `nat_gateway`, `network_load_balancer` and others."""
    mac_address: str | None = None
    """`MacAddress`."""
    owner_id: str | None = None
    """`OwnerId`: the account that it belongs to."""
    private_dns_name: str | None = None
    """`PrivateDnsName`."""
    private_ip_address: Inet | None = None
    """`PrivateIpAddress`: the primary one."""
    requester_id: str | None = None
    """`RequesterId`: the service or account that asked for it."""
    requester_managed: bool | None = None
    """`RequesterManaged`: whether a service of AWS manages it."""
    src_dst_check: bool | None = None
    """`SourceDestCheck`: whether it drops traffic that is neither from nor for itself."""
    status: str | None = None
    """`Status`: `available`, `associated`, `attaching`, `in-use` or `detaching`."""
    subnet_id: str | None = None
    """`SubnetId`."""
    vpc_id: str | None = None
    """`VpcId`."""
    allocation_id: str | None = None
    """`Association.AllocationId`: of its elastic address."""
    association_id: str | None = None
    """`Association.AssociationId`."""
    ip_owner_id: str | None = None
    """`Association.IpOwnerId`: the public address's owner, `amazon` where it is not elastic."""
    public_dns_name: str | None = None
    """`Association.PublicDnsName`."""
    public_ip_address: Inet | None = None
    """`Association.PublicIp`; absent where it has none."""
    attachment_id: str | None = None
    """`Attachment.AttachmentId`."""
    delete_on_termination: bool | None = None
    """`Attachment.DeleteOnTermination`: whether it goes with its instance."""
    device_index: Int32 | None = None
    """`Attachment.DeviceIndex`: its place at the instance, 0 for the first."""
    instance_id: str | None = None
    """`Attachment.InstanceId`; absent unless it is attached to an instance."""
    instance_owner_id: str | None = None
    """`Attachment.InstanceOwnerId`: the account or service that owns what it is attached to."""
    attachment_status: str | None = None
    """`Attachment.Status`: `attaching`, `attached`, `detaching` or `detached`."""
    group_ids: list[str] = []  # noqa: RUF012 - pydantic copies it
    """`Groups[].GroupId`: the security groups that rule its traffic."""
