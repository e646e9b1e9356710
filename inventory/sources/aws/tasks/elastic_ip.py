"""Elastic IP addresses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.constants import NAME_TAG
from inventory.sources.aws.models.elastic_ip import ElasticIp
from inventory.sources.aws.scopes import RegionScope
from inventory.sources.aws.utils import tag_map

if TYPE_CHECKING:
    from inventory.sources.aws.client import RegionReader

address_row = row(ElasticIp)


@collector(ElasticIp, scope=RegionScope)
def collect_elastic_ips(region: RegionReader) -> Iterator[Row[ElasticIp]]:
    """Read the elastic addresses of a region with `ec2:DescribeAddresses`."""
    for address in region.items("ec2", "DescribeAddresses", "Addresses", key="PublicIp"):
        tags = tag_map(address)
        yield address_row(
            account_id=region.account_id,
            region_name=region.region_name,
            tags=tags,
            # Addresses from before there were VPCs have no allocation.
            allocation_id=address.get("AllocationId") or address["PublicIp"],
            name=tags.get(NAME_TAG) or None,
            public_ip=address["PublicIp"],
            private_ip_address=address.get("PrivateIpAddress") or None,
            association_id=address.get("AssociationId") or None,
            instance_id=address.get("InstanceId") or None,
            interface_id=address.get("NetworkInterfaceId") or None,
        )
