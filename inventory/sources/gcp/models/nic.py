"""Network interfaces."""

from __future__ import annotations

from inventory.core.columns import Inet, Key, Unsigned64
from inventory.sources.gcp.models.base import ProjectResource


class Nic(ProjectResource, table=True):
    """A network interface of a virtual machine."""

    instance_id: Key[Unsigned64]
    """`id` of its virtual machine."""
    name: Key[str]
    """`name`: `nic0`, `nic1` and so on."""
    network: str | None = None
    """The name in `network`: of its VPC."""
    subnetwork: str | None = None
    """The name in `subnetwork`: of its subnet; absent in a legacy network."""
    network_project_id: str | None = None
    """The project in `network`: another one where the VPC is shared."""
    region: str | None = None
    """The region of its virtual machine, which is also the subnet's."""
    ipv4: Inet | None = None
    """`networkIP`: its internal IPv4 address."""
    ipv6: Inet | None = None
    """`ipv6Address`: its internal IPv6 address."""
    ipv6_access_type: str | None = None
    """`ipv6AccessType`: `INTERNAL` or `EXTERNAL`."""
    nic_type: str | None = None
    """`nicType`: `GVNIC` or `VIRTIO_NET`; absent where Google Cloud chose."""
    stack_type: str | None = None
    """`stackType`: `IPV4_ONLY`, `IPV4_IPV6` or `IPV6_ONLY`."""
    nat_ip: Inet | None = None
    """`accessConfigs[].natIP`: the first external IPv4 address; absent if it has none."""
    nat_ips: list[str] = []  # noqa: RUF012 - pydantic copies it
    """`accessConfigs[].natIP`: all external IPv4 addresses."""
    external_ipv6: Inet | None = None
    """`ipv6AccessConfigs[].externalIpv6`: the first external IPv6 address."""
