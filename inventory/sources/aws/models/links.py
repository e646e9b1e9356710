"""How the resources of AWS belong together. Every condition stays inside one account."""

from __future__ import annotations

from inventory.core.link import link
from inventory.sources.aws.models.az import Az
from inventory.sources.aws.models.instance import Instance
from inventory.sources.aws.models.network_interface import NetworkInterface
from inventory.sources.aws.models.region import Region
from inventory.sources.aws.models.subnet import Subnet
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
