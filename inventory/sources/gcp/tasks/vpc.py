"""Networks, called VPCs here as in the other clouds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gcp.constants import NETWORKS
from inventory.sources.gcp.models.vpc import Vpc
from inventory.sources.gcp.scopes import ComputeScope
from inventory.sources.gcp.utils import address, moment

if TYPE_CHECKING:
    from inventory.sources.gcp.client import ProjectReader

vpc_row = row(Vpc)


@collector(Vpc, scope=ComputeScope)
def collect_vpcs(project: ProjectReader) -> Iterator[Row[Vpc]]:
    """Read the networks of a project with `compute.networks.list`."""
    for network in project.items(NETWORKS):
        yield vpc_row(
            project_id=project.project_id,
            vpc_id=int(network["id"]),
            name=network["name"],
            creation_timestamp=moment(network.get("creationTimestamp")),
            description=network.get("description") or None,
            gateway_ipv4=address(network.get("gatewayIPv4")),
            firewall_policy=network.get("firewallPolicy") or None,
            mtu=network.get("mtu") or None,
        )
