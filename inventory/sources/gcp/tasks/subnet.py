"""Subnets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gcp.constants import SUBNETWORKS
from inventory.sources.gcp.models.subnet import Subnet
from inventory.sources.gcp.scopes import ComputeScope
from inventory.sources.gcp.utils import address, behind, moment, network

if TYPE_CHECKING:
    from inventory.sources.gcp.client import ProjectReader

subnet_row = row(Subnet)

V6_RANGES = ("internalIpv6Prefix", "externalIpv6Prefix", "ipv6CidrRange")
"""Where a subnet's IPv6 range stands: by who may reach it, or in answers of older kinds."""


@collector(Subnet, scope=ComputeScope)
def collect_subnets(project: ProjectReader) -> Iterator[Row[Subnet]]:
    """Read the subnets of a project with `compute.subnetworks.list`."""
    for place, subnet in project.items_by_place(SUBNETWORKS):
        v6 = next((subnet[name] for name in V6_RANGES if subnet.get(name)), None)
        yield subnet_row(
            project_id=project.project_id,
            vpc_name=subnet["network"].rpartition("/")[2],
            subnet_id=int(subnet["id"]),
            name=subnet["name"],
            region=behind(place, "regions"),
            creation_timestamp=moment(subnet.get("creationTimestamp")),
            description=subnet.get("description") or None,
            ipv4_cidr_range=network(subnet.get("ipCidrRange")),
            ipv6_cidr_range=network(v6),
            gateway=address(subnet.get("gatewayAddress")),
            purpose=subnet.get("purpose") or None,
            stack_type=subnet.get("stackType") or None,
        )
