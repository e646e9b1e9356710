"""The XML of the EC2 lists of which a shoot has few items."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from xml.sax.saxutils import escape

from inventory.simulator.amazon_rows import (
    Address,
    DhcpOptions,
    Image,
    InternetGateway,
    NatGateway,
    SecurityGroup,
    Snapshot,
    Volume,
)
from inventory.simulator.wire.aws_xml import answer, flag, tag_set

Item = Callable[[Any, str, str], str]


def _volume(v: Volume, account: str, region: str) -> str:
    attached = ""
    if v.instance_id:
        attached = (
            f"<item><volumeId>{v.volume_id}</volumeId><instanceId>{v.instance_id}</instanceId>"
            f"<device>{v.device}</device><status>attached</status><attachTime>{v.created_at}</attachTime>"
            f"<deleteOnTermination>{flag(v.device == '/dev/xvda')}</deleteOnTermination></item>"
        )
    iops = "" if v.kind == "st1" else "<iops>3000</iops>"
    return (
        f"<item><volumeId>{v.volume_id}</volumeId><size>{v.size}</size><snapshotId/>"
        f"<availabilityZone>{v.zone}</availabilityZone>"
        f"<status>{'in-use' if v.instance_id else 'available'}</status>"
        f"<createTime>{v.created_at}</createTime><attachmentSet>{attached}</attachmentSet>{tag_set(v.tags)}"
        f"<volumeType>{v.kind}</volumeType>{iops}<encrypted>{flag(v.encrypted)}</encrypted>"
        "<multiAttachEnabled>false</multiAttachEnabled></item>"
    )


def _address(a: Address, account: str, region: str) -> str:
    used = ""
    if a.association_id:
        used = (
            f"<associationId>{a.association_id}</associationId>"
            f"<networkInterfaceId>{a.interface_id}</networkInterfaceId>"
            f"<networkInterfaceOwnerId>{account}</networkInterfaceOwnerId>"
            f"<privateIpAddress>{a.private_ip}</privateIpAddress>"
        )
    return (
        f"<item><publicIp>{a.public_ip}</publicIp><allocationId>{a.allocation_id}</allocationId>"
        f"<domain>vpc</domain>{used}{tag_set(a.tags)}<publicIpv4Pool>amazon</publicIpv4Pool>"
        f"<networkBorderGroup>{region}</networkBorderGroup></item>"
    )


def _nat_gateway(g: NatGateway, account: str, region: str) -> str:
    address = deleted = ""
    if a := g.address:
        address = (
            f"<item><publicIp>{a.public_ip}</publicIp><allocationId>{a.allocation_id}</allocationId>"
            f"<privateIp>{a.private_ip}</privateIp><networkInterfaceId>{a.interface_id}</networkInterfaceId>"
            f"<associationId>{a.association_id}</associationId><isPrimary>true</isPrimary>"
            "<status>succeeded</status></item>"
        )
    if g.state == "deleted":
        deleted = "<deleteTime>2026-01-01T00:00:00.000Z</deleteTime>"
    return (
        f"<item><natGatewayId>{g.gateway_id}</natGatewayId><vpcId>{g.vpc_id}</vpcId>"
        f"<subnetId>{g.subnet_id}</subnetId><state>{g.state}</state><createTime>{g.created_at}</createTime>"
        f"{deleted}<natGatewayAddressSet>{address}</natGatewayAddressSet>"
        f"<connectivityType>public</connectivityType>{tag_set(g.tags)}</item>"
    )


def _internet_gateway(g: InternetGateway, account: str, region: str) -> str:
    attached = ""
    if g.vpc_id:
        attached = f"<item><vpcId>{g.vpc_id}</vpcId><state>available</state></item>"
    return (
        f"<item><internetGatewayId>{g.gateway_id}</internetGatewayId><ownerId>{account}</ownerId>"
        f"<attachmentSet>{attached}</attachmentSet>{tag_set(g.tags)}</item>"
    )


def _security_group(g: SecurityGroup, account: str, region: str) -> str:
    itself = f"<item><userId>{account}</userId><groupId>{g.group_id}</groupId></item>"
    return (
        f"<item><ownerId>{account}</ownerId><groupId>{g.group_id}</groupId><groupName>{g.name}</groupName>"
        f"<groupDescription>{escape(g.description)}</groupDescription><vpcId>{g.vpc_id}</vpcId>"
        f"<ipPermissions><item><ipProtocol>-1</ipProtocol><groups>{itself}</groups><ipRanges/>"
        "<ipv6Ranges/><prefixListIds/></item></ipPermissions><ipPermissionsEgress><item>"
        "<ipProtocol>-1</ipProtocol><groups/><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges>"
        f"<ipv6Ranges/><prefixListIds/></item></ipPermissionsEgress>{tag_set(g.tags)}</item>"
    )


def _snapshot(s: Snapshot, account: str, region: str) -> str:
    return (
        f"<item><snapshotId>{s.snapshot_id}</snapshotId><volumeId>{s.volume_id}</volumeId>"
        f"<status>completed</status><startTime>{s.started_at}</startTime><progress>100%</progress>"
        f"<ownerId>{account}</ownerId><volumeSize>{s.size}</volumeSize>"
        f"<description>{escape(s.description)}</description><encrypted>false</encrypted>"
        f"{tag_set(s.tags)}<storageTier>standard</storageTier></item>"
    )


def _image(i: Image, account: str, region: str) -> str:
    described = f"<description>{escape(i.description)}</description>" if i.description else ""
    return (
        f"<item><imageId>{i.image_id}</imageId><imageLocation>{i.owner}/{i.name}</imageLocation>"
        f"<imageState>available</imageState><imageOwnerId>{i.owner}</imageOwnerId>"
        f"<creationDate>2025-02-03T04:05:06.000Z</creationDate><isPublic>true</isPublic>"
        f"<architecture>{i.arch}</architecture><imageType>machine</imageType><name>{i.name}</name>"
        f"{described}<rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName>"
        "<blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs>"
        f"<snapshotId>{i.snapshot_id}</snapshotId><volumeSize>10</volumeSize>"
        "<deleteOnTermination>true</deleteOnTermination><volumeType>gp3</volumeType>"
        "<encrypted>false</encrypted></ebs></item></blockDeviceMapping>"
        "<virtualizationType>hvm</virtualizationType><hypervisor>xen</hypervisor>"
        "<platformDetails>Linux/UNIX</platformDetails></item>"
    )


def _dhcp_options(o: DhcpOptions, account: str, region: str) -> str:
    options = "".join(
        f"<item><key>{key}</key><valueSet><item><value>{value}</value></item></valueSet></item>"
        for key, value in (("domain-name", o.domain), ("domain-name-servers", "AmazonProvidedDNS"))
    )
    return (
        f"<item><dhcpOptionsId>{o.set_id}</dhcpOptionsId><ownerId>{account}</ownerId>"
        f"<dhcpConfigurationSet>{options}</dhcpConfigurationSet>{tag_set(o.tags)}</item>"
    )


RENDER: dict[str, tuple[str, str, Item]] = {
    "volumes": ("DescribeVolumes", "volumeSet", _volume),
    "addresses": ("DescribeAddresses", "addressesSet", _address),
    "nat_gateways": ("DescribeNatGateways", "natGatewaySet", _nat_gateway),
    "internet_gateways": ("DescribeInternetGateways", "internetGatewaySet", _internet_gateway),
    "security_groups": ("DescribeSecurityGroups", "securityGroupInfo", _security_group),
    "snapshots": ("DescribeSnapshots", "snapshotSet", _snapshot),
    "images": ("DescribeImages", "imagesSet", _image),
    "dhcp_options": ("DescribeDhcpOptions", "dhcpOptionsSet", _dhcp_options),
}


def render(
    kind: str, found: Iterable[Any], account: str, region: str, following: str | None
) -> str:
    action, element, item = RENDER[kind]
    items = "".join(item(row, account, region) for row in found)
    return answer(action, f"<{element}>{items}</{element}>", following)
