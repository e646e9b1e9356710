"""Forwarding rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gcp.constants import FORWARDING_RULES
from inventory.sources.gcp.models.forwarding_rule import ForwardingRule
from inventory.sources.gcp.scopes import ComputeScope
from inventory.sources.gcp.utils import address, behind, moment, name_of

if TYPE_CHECKING:
    from inventory.sources.gcp.client import ProjectReader

rule_row = row(ForwardingRule)


@collector(ForwardingRule, scope=ComputeScope)
def collect_forwarding_rules(project: ProjectReader) -> Iterator[Row[ForwardingRule]]:
    """Read the forwarding rules of a project, global ones included, with
    `compute.forwardingRules.list`.
    """
    for place, rule in project.items_by_place(FORWARDING_RULES):
        network = rule.get("network")
        yield rule_row(
            project_id=project.project_id,
            labels=rule.get("labels") or {},
            rule_id=int(rule["id"]),
            name=rule["name"],
            ip_address=address(rule.get("IPAddress")),
            ip_protocol=rule.get("IPProtocol") or None,
            ip_version=rule.get("ipVersion") or None,
            all_ports=rule.get("allPorts"),
            allow_global_access=rule.get("allowGlobalAccess"),
            backend_service=name_of(rule.get("backendService")),
            base_forwarding_rule=rule.get("baseForwardingRule") or None,
            creation_timestamp=moment(rule.get("creationTimestamp")),
            description=rule.get("description") or None,
            load_balancing_scheme=rule.get("loadBalancingScheme") or None,
            network=name_of(network),
            network_project_id=behind(network, "projects") or project.project_id,
            network_tier=rule.get("networkTier") or None,
            port_range=rule.get("portRange") or None,
            ports=rule.get("ports") or None,
            # `regions/europe-west1`, or `global`.
            region=place.rpartition("/")[2],
            service_label=rule.get("serviceLabel") or None,
            service_name=rule.get("serviceName") or None,
            source_ip_ranges=rule.get("sourceIpRanges") or None,
            subnetwork=name_of(rule.get("subnetwork")),
            target=rule.get("target") or None,
        )
