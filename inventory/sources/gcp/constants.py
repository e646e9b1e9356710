"""Paths, permissions and limits of Google Cloud's APIs."""

from __future__ import annotations

from dataclasses import dataclass

PAGE_SIZE = 500
"""The most that Compute Engine's lists give at once."""

PROJECT_TYPE = "project"
UNCONDITIONAL = "none"

GKE_CLUSTER_LABEL = "goog-k8s-cluster-name"
GKE_LOCATION_LABEL = "goog-k8s-cluster-location"
GKE_POOL_LABEL = "goog-k8s-node-pool-name"
SHOOT_LABEL = "k8s-cluster-name"


@dataclass(frozen=True)
class Call:
    """A method of one of the APIs, and the IAM permission that it needs."""

    permission: str
    path: str
    """Behind the service's address; `{project}` is the project's id."""
    member: str
    """Where the answer holds the items."""
    key: str
    """What every item has."""
    method: str = "GET"


def _compute(resource: str, kind: str, *, aggregated: bool = True) -> Call:
    place = "aggregated" if aggregated else "global"
    return Call(
        f"compute.{resource}.list",
        f"/compute/v1/projects/{{project}}/{place}/{kind}",
        kind if aggregated else "items",
        "id",
    )


ADDRESSES = _compute("addresses", "addresses")
DISKS = _compute("disks", "disks")
FORWARDING_RULES = _compute("forwardingRules", "forwardingRules")
GLOBAL_ADDRESSES = _compute("globalAddresses", "addresses", aggregated=False)
INSTANCES = _compute("instances", "instances")
NETWORKS = _compute("networks", "networks", aggregated=False)
SUBNETWORKS = _compute("subnetworks", "subnetworks")
TARGET_POOLS = _compute("targetPools", "targetPools")
