"""Paths, permissions and limits of Google Cloud's APIs."""

from __future__ import annotations

from dataclasses import dataclass

PAGE_SIZE = 500
"""The most that Compute Engine's lists give at once."""

PROJECT_TYPE = "project"
POLICY_VERSION = 3
"""Whoever asks for less is not told the conditions."""
UNCONDITIONAL = "none"

GKE_CLUSTER_LABEL = "goog-k8s-cluster-name"
GKE_LOCATION_LABEL = "goog-k8s-cluster-location"
GKE_POOL_LABEL = "goog-k8s-node-pool-name"
SHOOT_LABEL = "k8s-cluster-name"

INSTANCE_FIELDS = (
    "canIpForward,cpuPlatform,creationTimestamp,description,disks(boot,source),hostname,id,labels,"
    "lastStartTimestamp,lastStopTimestamp,lastSuspendedTimestamp,machineType,minCpuPlatform,name,"
    "networkInterfaces(accessConfigs/natIP,ipv6AccessConfigs/externalIpv6,ipv6AccessType,ipv6Address,"
    "name,network,networkIP,nicType,stackType,subnetwork),selfLink,status,statusMessage,tags/items"
)
"""What is read of an instance. Its metadata is ten times as large and holds scripts and secrets."""


@dataclass(frozen=True)
class Call:
    """A method of one of the APIs, and the IAM permission that it needs."""

    permission: str
    path: str
    """Behind the service's address; `{project}` is the project's id."""
    member: str = ""
    """Where the answer, or each place of an aggregated one, holds the items."""
    key: str = "id"
    """What every item has."""
    fields: str = ""
    """The parts of the answer that are asked for; all of them if empty."""
    paged: bool = True
    """Whether the answer comes in pages, says its `kind`, and may be asked for in part."""


def _everywhere(resource: str, *, item: str = "") -> Call:
    fields = f"items/*/{resource}({item}),items/*/warning,kind,nextPageToken,unreachables,warning"
    return Call(
        f"compute.{resource}.list",
        f"/compute/v1/projects/{{project}}/aggregated/{resource}",
        resource,
        fields=fields if item else "",
    )


ADDRESSES = _everywhere("addresses")
DISKS = _everywhere("disks")
FORWARDING_RULES = _everywhere("forwardingRules")
INSTANCES = _everywhere("instances", item=INSTANCE_FIELDS)
SUBNETWORKS = _everywhere("subnetworks")
TARGET_POOLS = _everywhere("targetPools")

GLOBAL_ADDRESSES = Call(
    "compute.globalAddresses.list", "/compute/v1/projects/{project}/global/addresses", "items"
)
NETWORKS = Call("compute.networks.list", "/compute/v1/projects/{project}/global/networks", "items")
BUCKETS = Call("storage.buckets.list", "/storage/v1/b?project={project}", "items", "name")
CLUSTERS = Call(
    "container.clusters.list",
    "/v1/projects/{project}/locations/-/clusters",
    "clusters",
    paged=False,
)
PROJECT = Call("resourcemanager.projects.get", "/v3/projects/{project}", key="projectId")
IAM_POLICY = Call(
    "resourcemanager.projects.getIamPolicy", "/v3/projects/{project}:getIamPolicy", key="etag"
)
