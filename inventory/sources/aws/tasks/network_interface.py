"""Network interfaces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.models.network_interface import NetworkInterface
from inventory.sources.aws.scopes import RegionScope
from inventory.sources.aws.utils import tag_map

if TYPE_CHECKING:
    from inventory.sources.aws.client import RegionReader

interface_row = row(NetworkInterface)


@collector(NetworkInterface, scope=RegionScope)
def collect_net_interfaces(region: RegionReader) -> Iterator[Row[NetworkInterface]]:
    """Read the network interfaces of a region with `ec2:DescribeNetworkInterfaces`."""
    for interface in region.items(
        "ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", key="NetworkInterfaceId"
    ):
        association = interface.get("Association", {})
        attachment = interface.get("Attachment", {})
        yield interface_row(
            account_id=region.account_id,
            region_name=region.region_name,
            tags=tag_map(interface, "TagSet"),
            interface_id=interface["NetworkInterfaceId"],
            az=interface.get("AvailabilityZone") or None,
            description=interface.get("Description") or None,
            interface_type=interface.get("InterfaceType") or None,
            mac_address=interface.get("MacAddress") or None,
            owner_id=interface.get("OwnerId") or None,
            private_dns_name=interface.get("PrivateDnsName") or None,
            private_ip_address=interface.get("PrivateIpAddress") or None,
            requester_id=interface.get("RequesterId") or None,
            requester_managed=interface.get("RequesterManaged"),
            src_dst_check=interface.get("SourceDestCheck"),
            status=interface.get("Status") or None,
            subnet_id=interface.get("SubnetId") or None,
            vpc_id=interface.get("VpcId") or None,
            allocation_id=association.get("AllocationId") or None,
            association_id=association.get("AssociationId") or None,
            ip_owner_id=association.get("IpOwnerId") or None,
            public_dns_name=association.get("PublicDnsName") or None,
            public_ip_address=association.get("PublicIp") or None,
            attachment_id=attachment.get("AttachmentId") or None,
            delete_on_termination=attachment.get("DeleteOnTermination"),
            device_index=attachment.get("DeviceIndex"),
            instance_id=attachment.get("InstanceId") or None,
            instance_owner_id=attachment.get("InstanceOwnerId") or None,
            attachment_status=attachment.get("Status") or None,
            group_ids=[
                group["GroupId"] for group in interface.get("Groups", ()) if group.get("GroupId")
            ],
        )
