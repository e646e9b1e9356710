"""Reserved addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.errors import Incomplete
from inventory.sources.gcp.constants import ADDRESSES, GLOBAL_ADDRESSES
from inventory.sources.gcp.models.address import Address
from inventory.sources.gcp.scopes import ComputeScope
from inventory.sources.gcp.utils import address, behind, moment, name_of

if TYPE_CHECKING:
    from inventory.sources.gcp.client import ProjectReader

address_row = row(Address)


@collector(Address, scope=ComputeScope)
def collect_addresses(project: ProjectReader) -> Iterator[Row[Address]]:
    """Read the reserved addresses of a project with `compute.addresses.list`, and the global ones
    with `compute.globalAddresses.list`.
    """
    partly: Incomplete | None = None
    try:
        for place, each in project.items_by_place(ADDRESSES):
            # Global ones are among them, and come again below.
            if region := behind(place, "regions"):
                yield reserved(project.project_id, region, each)
    except Incomplete as error:
        partly = error
    for each in project.items(GLOBAL_ADDRESSES):
        yield reserved(project.project_id, None, each)
    if partly is not None:
        raise partly


def reserved(project_id: str, region: str | None, each: Mapping[str, Any]) -> Row[Address]:
    """An address of a region, or a global one."""
    return address_row(
        project_id=project_id,
        labels=each.get("labels") or {},
        address_id=int(each["id"]),
        name=each["name"],
        address=address(each.get("address")),
        address_type=each.get("addressType") or None,
        is_global=region is None,
        creation_timestamp=moment(each.get("creationTimestamp")),
        description=each.get("description") or None,
        region=region,
        ip_version=each.get("ipVersion") or None,
        ipv6_endpoint_type=each.get("ipv6EndpointType") or None,
        network=name_of(each.get("network")),
        network_tier=each.get("networkTier") or None,
        subnetwork=name_of(each.get("subnetwork")),
        prefix_length=each.get("prefixLength") or None,
        purpose=each.get("purpose") or None,
        self_link=each.get("selfLink") or None,
        status=each.get("status") or None,
        users=each.get("users") or [],
    )
