"""NAT gateways and internet gateways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.constants import NAME_TAG
from inventory.sources.aws.models.gateway import InternetGateway, NatGateway
from inventory.sources.aws.scopes import RegionScope
from inventory.sources.aws.utils import first, tag_map

if TYPE_CHECKING:
    from inventory.sources.aws.client import RegionReader

nat_row = row(NatGateway)
internet_row = row(InternetGateway)


@collector(NatGateway, scope=RegionScope)
def collect_nat_gateways(region: RegionReader) -> Iterator[Row[NatGateway]]:
    """Read the NAT gateways of a region with `ec2:DescribeNatGateways`."""
    for gateway in region.items("ec2", "DescribeNatGateways", "NatGateways", key="NatGatewayId"):
        tags, address = tag_map(gateway), first(gateway, "NatGatewayAddresses")
        yield nat_row(
            account_id=region.account_id,
            region_name=region.region_name,
            tags=tags,
            nat_gateway_id=gateway["NatGatewayId"],
            name=tags.get(NAME_TAG) or None,
            state=gateway.get("State") or None,
            vpc_id=gateway.get("VpcId") or None,
            subnet_id=gateway.get("SubnetId") or None,
            connectivity_type=gateway.get("ConnectivityType") or None,
            public_ip=address.get("PublicIp") or None,
            allocation_id=address.get("AllocationId") or None,
            create_time=gateway.get("CreateTime"),
        )


@collector(InternetGateway, scope=RegionScope)
def collect_internet_gateways(region: RegionReader) -> Iterator[Row[InternetGateway]]:
    """Read the internet gateways of a region with `ec2:DescribeInternetGateways`."""
    for gateway in region.items(
        "ec2", "DescribeInternetGateways", "InternetGateways", key="InternetGatewayId"
    ):
        tags, attachment = tag_map(gateway), first(gateway, "Attachments")
        yield internet_row(
            account_id=region.account_id,
            region_name=region.region_name,
            tags=tags,
            internet_gateway_id=gateway["InternetGatewayId"],
            name=tags.get(NAME_TAG) or None,
            vpc_id=attachment.get("VpcId") or None,
            state=attachment.get("State") or None,
            owner_id=gateway.get("OwnerId") or None,
        )
