"""Rows of Google Cloud's resources, from items with every optional part missing."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.core.task import Collector
from inventory.sources.gcp.client import GcpClient
from inventory.sources.gcp.constants import (
    ADDRESSES,
    BUCKETS,
    CLUSTERS,
    DISKS,
    FORWARDING_RULES,
    GLOBAL_ADDRESSES,
    INSTANCES,
    NETWORKS,
    SUBNETWORKS,
    TARGET_POOLS,
    Call,
)
from inventory.sources.gcp.constants import (
    PROJECT as PROJECT_CALL,
)
from inventory.sources.gcp.tasks.address import collect_addresses
from inventory.sources.gcp.tasks.bucket import collect_buckets
from inventory.sources.gcp.tasks.disk import collect_disks
from inventory.sources.gcp.tasks.forwarding_rule import collect_forwarding_rules
from inventory.sources.gcp.tasks.gke_cluster import collect_gke_clusters
from inventory.sources.gcp.tasks.instance import collect_instances
from inventory.sources.gcp.tasks.project import collect_projects
from inventory.sources.gcp.tasks.subnet import collect_subnets
from inventory.sources.gcp.tasks.target_pool import collect_target_pools
from inventory.sources.gcp.tasks.vpc import collect_vpcs
from tests.sources.gcp.google import HERE, PROJECT, REGION, ZONE, Google, aggregated, listed
from tests.sources.gcp.reading import read
from tests.sources.reading import readable

IN = {"project_id": PROJECT}
NONE: dict[str, Any] = {"labels": {}}

BARE: list[tuple[Collector, Call, Any, dict[str, Any]]] = [
    (
        collect_projects,
        PROJECT_CALL,
        {"projectId": PROJECT, "name": "projects/1"},
        {"name": "projects/1", "labels": {}},
    ),
    (
        collect_instances,
        INSTANCES,
        aggregated("instances", {f"zones/{ZONE}": [{"id": "1", "name": "vm"}]}),
        {"instance_id": 1, "name": "vm", "zone": ZONE, "region": REGION, "network_tags": []} | NONE,
    ),
    (collect_vpcs, NETWORKS, listed({"id": "1", "name": "n"}), {"vpc_id": 1, "name": "n"}),
    (
        collect_subnets,
        SUBNETWORKS,
        aggregated(
            "subnetworks",
            {
                f"regions/{REGION}": [
                    {"id": "1", "name": "s", "network": f"{HERE}/global/networks/n"}
                ]
            },
        ),
        {"subnet_id": 1, "name": "s", "vpc_name": "n", "region": REGION},
    ),
    (
        collect_addresses,
        ADDRESSES,
        aggregated("addresses", {f"regions/{REGION}": [{"id": "1", "name": "a"}]}),
        {"address_id": 1, "name": "a", "region": REGION, "is_global": False, "users": []} | NONE,
    ),
    (collect_buckets, BUCKETS, listed({"name": "b"}), {"name": "b"} | NONE),
    (
        collect_forwarding_rules,
        FORWARDING_RULES,
        aggregated("forwardingRules", {"global": [{"id": "1", "name": "f"}]}),
        {"rule_id": 1, "name": "f", "region": "global", "network_project_id": PROJECT} | NONE,
    ),
    (
        collect_disks,
        DISKS,
        aggregated("disks", {f"zones/{ZONE}": [{"id": "1", "name": "d"}]}),
        {"disk_id": 1, "name": "d", "zone": ZONE, "region": REGION, "is_regional": False} | NONE,
    ),
    (
        collect_gke_clusters,
        CLUSTERS,
        {"clusters": [{"id": "c1", "name": "c"}]},
        {"cluster_id": "c1", "name": "c", "network_project_id": PROJECT} | NONE,
    ),
    (
        collect_target_pools,
        TARGET_POOLS,
        aggregated("targetPools", {f"regions/{REGION}": [{"id": "1", "name": "t"}]}),
        {"target_pool_id": 1, "name": "t", "region": REGION},
    ),
]


@pytest.mark.parametrize(
    ("task", "call", "answer", "known"), BARE, ids=lambda value: getattr(value, "name", "")
)
def test_what_is_absent_is_null(
    cloud: Google,
    client: GcpClient,
    task: Collector,
    call: Call,
    answer: Any,
    known: dict[str, Any],
) -> None:
    cloud.says(GLOBAL_ADDRESSES.path, listed())
    cloud.says(call.path, answer)

    (row,) = readable(read(client, task))

    assert row == dict.fromkeys(task.models[0].columns()) | IN | known
