"""Virtual machines of Compute Engine."""

from __future__ import annotations

from datetime import datetime

from inventory.core.columns import Key, Unsigned64
from inventory.sources.gcp.models.base import Labelled


class Instance(Labelled, table=True):
    """A virtual machine."""

    instance_id: Key[Unsigned64]
    """`id`: given by Google Cloud, and never to a second one."""
    name: str
    """`name`, unique within its project and zone."""
    hostname: str | None = None
    """`hostname`: a custom one; absent where the name serves."""
    zone: str | None = None
    """The zone that it was listed in, such as `europe-west1-b`."""
    region: str | None = None
    """The region of the zone."""
    can_ip_forward: bool | None = None
    """`canIpForward`: whether it may send packets under addresses that are not its own."""
    cpu_platform: str | None = None
    """`cpuPlatform`, such as `Intel Cascade Lake`; absent while it does not run."""
    creation_timestamp: datetime | None = None
    """`creationTimestamp`."""
    description: str | None = None
    """`description`."""
    last_start_timestamp: datetime | None = None
    """`lastStartTimestamp`."""
    last_stop_timestamp: datetime | None = None
    """`lastStopTimestamp`; absent if it never stopped."""
    last_suspend_timestamp: datetime | None = None
    """`lastSuspendedTimestamp`; absent if it was never suspended."""
    machine_type: str | None = None
    """The name in `machineType`, such as `n2-standard-4`."""
    min_cpu_platform: str | None = None
    """`minCpuPlatform`: the oldest that it may run on; absent if any will do."""
    self_link: str | None = None
    """`selfLink`: its address in the API."""
    status: str | None = None
    """`status`: `PROVISIONING`, `STAGING`, `RUNNING`, `STOPPING`, `SUSPENDED`, `TERMINATED` and others."""
    status_message: str | None = None
    """`statusMessage`: why it is so, for people."""
    gke_cluster_name: str | None = None
    """Label `goog-k8s-cluster-name`: the GKE cluster that it is a node of."""
    gke_pool_name: str | None = None
    """Label `goog-k8s-node-pool-name`: the node pool in that cluster."""
    network_tags: list[str] = []  # noqa: RUF012 - pydantic copies it
    """`tags.items[]`: what firewall rules and routes know it by."""
    boot_disk_name: str | None = None
    """The name in `disks[].source` of the disk with `boot`; absent if it is no persistent disk."""
    boot_disk_zone: str | None = None
    """The zone in that `disks[].source`; absent where the disk is a regional one."""
