"""How the resources of AWS belong together. Every condition stays inside one account."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inventory.core.link import Rule, link
from inventory.sources.aws.models.az import Az
from inventory.sources.aws.models.bucket import Bucket
from inventory.sources.aws.models.dhcp_option_set import DhcpOptionSet
from inventory.sources.aws.models.elastic_ip import ElasticIp
from inventory.sources.aws.models.gateway import InternetGateway, NatGateway
from inventory.sources.aws.models.hosted_zone import HostedZone, ResourceRecord
from inventory.sources.aws.models.image import Image
from inventory.sources.aws.models.instance import Instance
from inventory.sources.aws.models.load_balancer import LoadBalancer
from inventory.sources.aws.models.network_interface import NetworkInterface
from inventory.sources.aws.models.region import Region
from inventory.sources.aws.models.security_group import SecurityGroup
from inventory.sources.aws.models.subnet import Subnet
from inventory.sources.aws.models.volume import Snapshot, Volume
from inventory.sources.aws.models.vpc import Vpc

region_to_az = link(
    Region,
    Az,
    on={"account_id": "account_id", "name": "region_name"},
    doc="An availability zone lies in a region.",
)

region_to_vpc = link(
    Region,
    Vpc,
    on={"account_id": "account_id", "name": "region_name"},
    doc="A VPC lies in the region that it was read in.",
)

vpc_to_subnet = link(
    Vpc,
    Subnet,
    on={"account_id": "account_id", "vpc_id": "vpc_id"},
    doc="A subnet is a part of a VPC.",
)

vpc_to_instance = link(
    Vpc,
    Instance,
    on={"account_id": "account_id", "vpc_id": "vpc_id"},
    doc="An instance runs in a VPC, until it is terminated.",
)

subnet_to_az = link(
    Subnet,
    Az,
    on={"account_id": "account_id", "az_id": "zone_id"},
    doc="A subnet lies in one availability zone.",
)

instance_to_subnet = link(
    Instance,
    Subnet,
    on={"account_id": "account_id", "subnet_id": "subnet_id"},
    doc="An instance's first interface is in a subnet, until the instance is terminated.",
)

instance_to_region = link(
    Instance,
    Region,
    on={"account_id": "account_id", "region_name": "name"},
    doc="An instance runs in the region that it was read in.",
)

instance_to_network_interface = link(
    Instance,
    NetworkInterface,
    on={"account_id": "account_id", "instance_id": "instance_id"},
    columns=("instance_id", "ni_id"),
    doc="A network interface is attached to an instance.",
)

network_interface_to_region = link(
    NetworkInterface,
    Region,
    on={"account_id": "account_id", "region_name": "name"},
    columns=("ni_id", "region_id"),
    doc="A network interface is in the region that it was read in.",
)

network_interface_to_az = link(
    NetworkInterface,
    Az,
    on={"account_id": "account_id", "az": "name"},
    columns=("ni_id", "az_id"),
    # The key of a zone is its id, but an account has no two zones of one name either.
    one=("b",),
    doc="A network interface is in one availability zone.",
)

network_interface_to_subnet = link(
    NetworkInterface,
    Subnet,
    on={"account_id": "account_id", "subnet_id": "subnet_id"},
    columns=("ni_id", "subnet_id"),
    doc="A network interface has its private addresses from a subnet.",
)

network_interface_to_vpc = link(
    NetworkInterface,
    Vpc,
    on={"account_id": "account_id", "vpc_id": "vpc_id"},
    columns=("ni_id", "vpc_id"),
    doc="A network interface is in a VPC.",
)

instance_to_image = link(
    Instance,
    Image,
    on={"account_id": "account_id", "image_id": "image_id"},
    doc="An instance was started from an image of its account.",
)

image_to_region = link(
    Image,
    Region,
    on={"account_id": "account_id", "region_name": "name"},
    doc="An image is in the region that it was read in.",
)

load_balancer_to_vpc = link(
    LoadBalancer,
    Vpc,
    on={"account_id": "account_id", "vpc_id": "vpc_id"},
    name="l_aws_lb_to_vpc",
    columns=("lb_id", "vpc_id"),
    doc="A load balancer is in a VPC.",
)

load_balancer_to_region = link(
    LoadBalancer,
    Region,
    on={"account_id": "account_id", "region_name": "name"},
    name="l_aws_lb_to_region",
    columns=("lb_id", "region_id"),
    doc="A load balancer is in the region that it was read in.",
)


def interface_of(balancer: Any, interface: Any) -> Any:
    """AWS names the balancer in the description of the interfaces that it makes for it."""
    kinds: dict[str, str] = {"application": "app", "network": "net", "gateway": "gwy"}
    text = sa.literal_column
    classic: Any = text("'ELB '").concat(balancer.c.name)
    newer = [
        (
            balancer.c.type == text(f"'{kind}'"),
            text(f"'ELB {short}/'")
            .concat(balancer.c.name)
            .concat(text("'/'"))
            .concat(balancer.c.load_balancer_id),
        )
        for kind, short in kinds.items()
    ]
    described = sa.case((balancer.c.type == text("'classic'"), classic), *newer)
    return sa.and_(
        interface.c.description == described,
        interface.c.account_id == balancer.c.account_id,
        interface.c.region_name == balancer.c.region_name,
    )


load_balancer_to_network_interface = link(
    LoadBalancer,
    NetworkInterface,
    on=Rule(
        interface_of,
        a=("type", "name", "load_balancer_id", "region_name"),
        b=("description", "region_name"),
    ),
    name="l_aws_lb_to_net_interface",
    columns=("lb_id", "ni_id"),
    # An interface has one description, and names are unique in a region.
    one=("a",),
    doc="A load balancer takes its traffic at a network interface.",
)

region_to_bucket = link(
    Region,
    Bucket,
    on={"account_id": "account_id", "name": "region_name"},
    doc="A bucket lies in a region.",
)

dhcp_option_set_to_region = link(
    DhcpOptionSet,
    Region,
    on={"account_id": "account_id", "region_name": "name"},
    doc="A set of DHCP options is in the region that it was read in.",
)

vpc_to_dhcp_option_set = link(
    Vpc,
    DhcpOptionSet,
    on={"account_id": "account_id", "dhcp_option_set_id": "set_id"},
    doc="A VPC uses a set of DHCP options.",
)

hosted_zone_to_resource_record = link(
    HostedZone,
    ResourceRecord,
    on={"account_id": "account_id", "hosted_zone_id": "hosted_zone_id"},
    doc="A record is in a zone.",
)

volume_to_instance = link(
    Volume,
    Instance,
    on={"account_id": "account_id", "instance_id": "instance_id"},
    doc="A volume is attached to an instance.",
)

volume_to_region = link(
    Volume,
    Region,
    on={"account_id": "account_id", "region_name": "name"},
    doc="A volume is in the region that it was read in.",
)

snapshot_to_volume = link(
    Snapshot,
    Volume,
    on={"account_id": "account_id", "volume_id": "volume_id"},
    doc="A snapshot shows a volume as it once was.",
)

snapshot_to_region = link(
    Snapshot,
    Region,
    on={"account_id": "account_id", "region_name": "name"},
    doc="A snapshot is in the region that it was read in.",
)

elastic_ip_to_network_interface = link(
    ElasticIp,
    NetworkInterface,
    on={"account_id": "account_id", "interface_id": "interface_id"},
    doc="An elastic IP leads to a network interface.",
)

elastic_ip_to_region = link(
    ElasticIp,
    Region,
    on={"account_id": "account_id", "region_name": "name"},
    doc="An elastic IP is in the region that it was read in.",
)

nat_gateway_to_vpc = link(
    NatGateway,
    Vpc,
    on={"account_id": "account_id", "vpc_id": "vpc_id"},
    doc="A NAT gateway is in a VPC.",
)

nat_gateway_to_subnet = link(
    NatGateway,
    Subnet,
    on={"account_id": "account_id", "subnet_id": "subnet_id"},
    doc="A NAT gateway is in a subnet.",
)

nat_gateway_to_elastic_ip = link(
    NatGateway,
    ElasticIp,
    on={"account_id": "account_id", "allocation_id": "allocation_id"},
    doc="A NAT gateway reaches the internet from an elastic IP.",
)

internet_gateway_to_vpc = link(
    InternetGateway,
    Vpc,
    on={"account_id": "account_id", "vpc_id": "vpc_id"},
    doc="An internet gateway is attached to a VPC.",
)

security_group_to_vpc = link(
    SecurityGroup,
    Vpc,
    on={"account_id": "account_id", "vpc_id": "vpc_id"},
    doc="A security group is in a VPC.",
)


def has_group(interface: Any, group: Any) -> sa.Select[Any]:
    ids = sa.func.unnest(interface.c.group_ids).table_valued("id").render_derived("member")
    same = sa.and_(group.c.group_id == ids.c.id, group.c.account_id == interface.c.account_id)
    return sa.select(interface.c.id, group.c.id).select_from(
        interface.join(ids, sa.true()).join(group, same)
    )


network_interface_to_security_group = link(
    NetworkInterface,
    SecurityGroup,
    on=Rule(has_group, a=("group_ids",), b=("group_id",)),
    columns=("ni_id", "group_id"),
    doc="A security group rules the traffic of a network interface.",
)
