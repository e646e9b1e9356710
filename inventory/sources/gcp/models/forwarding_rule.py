"""Forwarding rules: the front ends of load balancers."""

from __future__ import annotations

from datetime import datetime

from inventory.core.columns import Inet, Key, Unsigned64
from inventory.sources.gcp.models.base import Labelled


class ForwardingRule(Labelled, table=True):
    """An address and its ports, and the target or backend service that traffic goes on to."""

    rule_id: Key[Unsigned64]
    """`id`."""
    name: str
    """`name`, unique within its project and region."""
    ip_address: Inet | None = None
    """`IPAddress`; absent where that is a reference to something else."""
    ip_protocol: str | None = None
    """`IPProtocol`: `TCP`, `UDP`, `ESP`, `AH`, `SCTP`, `ICMP` or `L3_DEFAULT`."""
    ip_version: str | None = None
    """`ipVersion`: `IPV4` or `IPV6`."""
    all_ports: bool | None = None
    """`allPorts`: whether every port is forwarded."""
    allow_global_access: bool | None = None
    """`allowGlobalAccess`: whether an internal one serves all regions."""
    backend_service: str | None = None
    """The name in `backendService`; absent where there is a target instead."""
    base_forwarding_rule: str | None = None
    """`baseForwardingRule`: the address in the API of the rule that this one steers."""
    creation_timestamp: datetime | None = None
    """`creationTimestamp`."""
    description: str | None = None
    """`description`; Kubernetes notes here which service it made the rule for."""
    load_balancing_scheme: str | None = None
    """`loadBalancingScheme`: `EXTERNAL`, `EXTERNAL_MANAGED`, `INTERNAL` and others."""
    network: str | None = None
    """The name in `network`: of the VPC of an internal rule."""
    network_project_id: str | None = None
    """The project in `network`: another one where the VPC is shared."""
    network_tier: str | None = None
    """`networkTier`: `PREMIUM` or `STANDARD`."""
    port_range: str | None = None
    """`portRange`, such as `443-443`."""
    ports: list[str] | None = None
    """`ports[]`: up to five single ports; absent where a range or all are forwarded."""
    region: str
    """The region that it was listed in; `global` for a global rule."""
    service_label: str | None = None
    """`serviceLabel`: the first label of the internal name that was asked for."""
    service_name: str | None = None
    """`serviceName`: the internal name in full."""
    source_ip_ranges: list[str] | None = None
    """`sourceIpRanges[]`: only traffic from these is forwarded; absent where all is."""
    subnetwork: str | None = None
    """The name in `subnetwork`: of the subnet of an internal rule."""
    target: str | None = None
    """`target`: the address in the API of the target pool, proxy, instance or gateway."""
