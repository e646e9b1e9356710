"""Virtual machines and their network interfaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gcp.constants import GKE_CLUSTER_LABEL, GKE_POOL_LABEL, INSTANCES
from inventory.sources.gcp.models.instance import Instance
from inventory.sources.gcp.models.nic import Nic
from inventory.sources.gcp.scopes import ComputeScope
from inventory.sources.gcp.utils import address, behind, moment, name_of, region_of

if TYPE_CHECKING:
    from inventory.sources.gcp.client import ProjectReader

instance_row = row(Instance)
nic_row = row(Nic)


@collector(Instance, Nic, scope=ComputeScope)
def collect_instances(project: ProjectReader) -> Iterator[Row[Instance] | Row[Nic]]:
    """Read the virtual machines of a project, and their network interfaces, with
    `compute.instances.list`.
    """
    for place, instance in project.items_by_place(INSTANCES):
        zone = behind(place, "zones")
        region = region_of(zone)
        instance_id = int(instance["id"])
        labels = instance.get("labels") or {}
        boot_disk = boot_source(instance)
        yield instance_row(
            project_id=project.project_id,
            labels=labels,
            instance_id=instance_id,
            name=instance["name"],
            hostname=instance.get("hostname") or None,
            zone=zone,
            region=region,
            can_ip_forward=instance.get("canIpForward"),
            cpu_platform=instance.get("cpuPlatform") or None,
            creation_timestamp=moment(instance.get("creationTimestamp")),
            description=instance.get("description") or None,
            last_start_timestamp=moment(instance.get("lastStartTimestamp")),
            last_stop_timestamp=moment(instance.get("lastStopTimestamp")),
            last_suspend_timestamp=moment(instance.get("lastSuspendedTimestamp")),
            machine_type=name_of(instance.get("machineType")),
            min_cpu_platform=instance.get("minCpuPlatform") or None,
            self_link=instance.get("selfLink") or None,
            status=instance.get("status") or None,
            status_message=instance.get("statusMessage") or None,
            gke_cluster_name=labels.get(GKE_CLUSTER_LABEL) or None,
            gke_pool_name=labels.get(GKE_POOL_LABEL) or None,
            network_tags=(instance.get("tags") or {}).get("items") or [],
            boot_disk_name=name_of(boot_disk),
            boot_disk_zone=behind(boot_disk, "zones"),
        )
        for nic in instance.get("networkInterfaces") or ():
            yield interface(project.project_id, instance_id, region, nic)


def boot_source(instance: Mapping[str, Any]) -> str | None:
    """The address in the API of the disk that an instance boots from."""
    for disk in instance.get("disks") or ():
        if disk.get("boot"):
            return disk.get("source") or None
    return None


def interface(
    project_id: str, instance_id: int, region: str | None, nic: Mapping[str, Any]
) -> Row[Nic]:
    """A network interface, with every external address that it has."""
    network = nic.get("network")
    external = [
        found
        for access in nic.get("accessConfigs") or ()
        if (found := address(access.get("natIP")))
    ]
    external_v6 = [
        found
        for access in nic.get("ipv6AccessConfigs") or ()
        if (found := address(access.get("externalIpv6")))
    ]
    return nic_row(
        project_id=project_id,
        instance_id=instance_id,
        name=nic["name"],
        network=name_of(network),
        subnetwork=name_of(nic.get("subnetwork")),
        network_project_id=behind(network, "projects") or project_id,
        region=region,
        ipv4=address(nic.get("networkIP")),
        ipv6=address(nic.get("ipv6Address")),
        ipv6_access_type=nic.get("ipv6AccessType") or None,
        nic_type=nic.get("nicType") or None,
        stack_type=nic.get("stackType") or None,
        nat_ip=external[0] if external else None,
        nat_ips=external,
        external_ipv6=external_v6[0] if external_v6 else None,
    )
