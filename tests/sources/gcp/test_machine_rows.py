"""Rows of virtual machines, their interfaces and disks, and of GKE clusters, from whole items."""

from __future__ import annotations

from datetime import UTC, datetime

from inventory.sources.gcp.client import GcpClient
from inventory.sources.gcp.constants import (
    CLUSTERS,
    DISKS,
    INSTANCES,
)
from inventory.sources.gcp.models.disk import AttachedDisk, Disk
from inventory.sources.gcp.models.instance import Instance
from inventory.sources.gcp.models.nic import Nic
from inventory.sources.gcp.tasks.disk import collect_disks
from inventory.sources.gcp.tasks.gke_cluster import collect_gke_clusters
from inventory.sources.gcp.tasks.instance import collect_instances
from tests.sources.gcp.conftest import MakeClient
from tests.sources.gcp.google import HERE, LINK, PROJECT, REGION, ZONE, Google, aggregated
from tests.sources.gcp.reading import rows
from tests.sources.reading import collect

IN = {"project_id": PROJECT}


NICS = [
    {
        "name": "nic0",
        "network": f"{LINK}/projects/host/global/networks/shared",
        "subnetwork": f"{LINK}/projects/host/regions/{REGION}/subnetworks/nodes",
        "networkIP": "10.0.0.7",
        "ipv6Address": "fd20::7",
        "ipv6AccessType": "EXTERNAL",
        "nicType": "GVNIC",
        "stackType": "IPV4_IPV6",
        "accessConfigs": [
            {"type": "ONE_TO_ONE_NAT"},
            {"natIP": "34.1.2.3"},
            {"natIP": "34.1.2.4"},
        ],
        "ipv6AccessConfigs": [{"externalIpv6": "2600:1900::7"}],
    },
    {"name": "nic1", "network": f"{HERE}/global/networks/own", "networkIP": ""},
]


def test_an_instance_is_read_whole(cloud: Google, client: GcpClient) -> None:
    disks = [
        {"boot": False, "source": f"{HERE}/zones/{ZONE}/disks/data"},
        {"boot": True, "source": f"{HERE}/zones/{ZONE}/disks/system"},
    ]
    item = {
        "id": str(2**64 - 1),
        "name": "vm",
        "hostname": "vm.example.org",
        "zone": f"{HERE}/zones/{ZONE}",
        "canIpForward": False,
        "cpuPlatform": "Intel Cascade Lake",
        "creationTimestamp": "2024-01-02T03:04:05.678-07:00",
        "description": "a node",
        "lastStartTimestamp": "2024-01-03T03:04:05.678-07:00",
        "lastStopTimestamp": "2024-01-04T03:04:05.678-07:00",
        "lastSuspendedTimestamp": "2024-01-05T03:04:05.678-07:00",
        "machineType": f"{HERE}/zones/{ZONE}/machineTypes/n2-standard-4",
        "minCpuPlatform": "Intel Skylake",
        "selfLink": f"{HERE}/zones/{ZONE}/instances/vm",
        "sourceMachineImage": f"{HERE}/global/machineImages/other",
        "status": "RUNNING",
        "statusMessage": "fine",
        "labels": {"goog-k8s-cluster-name": "seed", "goog-k8s-node-pool-name": "pool"},
        "tags": {"items": ["a", "b"], "fingerprint": "x"},
        "disks": disks,
        "networkInterfaces": NICS,
    }
    cloud.says(INSTANCES.path, aggregated("instances", {f"zones/{ZONE}": [item]}))

    (row,) = rows(client, collect_instances, Instance)

    assert row == {
        "project_id": PROJECT,
        "labels": {"goog-k8s-cluster-name": "seed", "goog-k8s-node-pool-name": "pool"},
        "instance_id": 2**64 - 1,
        "name": "vm",
        "hostname": "vm.example.org",
        "zone": ZONE,
        "region": REGION,
        "can_ip_forward": False,
        "cpu_platform": "Intel Cascade Lake",
        "creation_timestamp": datetime(2024, 1, 2, 10, 4, 5, 678000, tzinfo=UTC),
        "description": "a node",
        "last_start_timestamp": datetime(2024, 1, 3, 10, 4, 5, 678000, tzinfo=UTC),
        "last_stop_timestamp": datetime(2024, 1, 4, 10, 4, 5, 678000, tzinfo=UTC),
        "last_suspend_timestamp": datetime(2024, 1, 5, 10, 4, 5, 678000, tzinfo=UTC),
        "machine_type": "n2-standard-4",
        "min_cpu_platform": "Intel Skylake",
        "self_link": f"{HERE}/zones/{ZONE}/instances/vm",
        "status": "RUNNING",
        "status_message": "fine",
        "gke_cluster_name": "seed",
        "gke_pool_name": "pool",
        "network_tags": ["a", "b"],
        "boot_disk_name": "system",
        "boot_disk_zone": ZONE,
    }


def test_an_interface_keeps_every_external_address(cloud: Google, client: GcpClient) -> None:
    """The original dropped an interface that has more than one."""
    item = {"id": "5", "name": "vm", "networkInterfaces": NICS}
    cloud.says(INSTANCES.path, aggregated("instances", {f"zones/{ZONE}": [item]}))

    first, second = rows(client, collect_instances, Nic)

    assert first == {
        "project_id": PROJECT,
        "instance_id": 5,
        "name": "nic0",
        "network": "shared",
        "subnetwork": "nodes",
        "network_project_id": "host",
        "region": REGION,
        "ipv4": "10.0.0.7",
        "ipv6": "fd20::7",
        "ipv6_access_type": "EXTERNAL",
        "nic_type": "GVNIC",
        "stack_type": "IPV4_IPV6",
        "nat_ip": "34.1.2.3",
        "nat_ips": ["34.1.2.3", "34.1.2.4"],
        "external_ipv6": "2600:1900::7",
    }
    bare = {
        "instance_id": 5,
        "name": "nic1",
        "network": "own",
        "network_project_id": PROJECT,
        "region": REGION,
        "nat_ips": [],
    }
    assert second == dict.fromkeys(Nic.columns()) | IN | bare


def test_instances_cost_one_list(cloud: Google, client: GcpClient) -> None:
    """The original asked for the boot disk of each."""
    items = [
        {
            "id": str(number),
            "name": f"vm-{number}",
            "disks": [{"boot": True, "source": f"{HERE}/zones/{ZONE}/disks/vm-{number}"}],
        }
        for number in range(1, 6)
    ]
    cloud.says(INSTANCES.path, aggregated("instances", {f"zones/{ZONE}": items}))

    collect(client, collect_instances, collect_instances.scope(PROJECT))  # type: ignore[call-arg]

    assert len(cloud.seen) == 1


def test_a_regional_boot_disk_has_no_zone(cloud: Google, client: GcpClient) -> None:
    item = {
        "id": "5",
        "name": "vm",
        "disks": [{"boot": True, "source": f"{HERE}/regions/{REGION}/disks/system"}],
    }
    cloud.says(INSTANCES.path, aggregated("instances", {f"zones/{ZONE}": [item]}))

    (row,) = rows(client, collect_instances, Instance)

    assert (row["boot_disk_name"], row["boot_disk_zone"]) == ("system", None)


def test_a_regional_disk_and_what_it_is_attached_to_have_their_places(
    cloud: Google, client: GcpClient
) -> None:
    """The original left out the zone of the one and the region of the other."""
    item = {
        "id": str(2**63),
        "name": "d",
        "region": f"{HERE}/regions/{REGION}",
        "type": f"{HERE}/regions/{REGION}/diskTypes/pd-ssd",
        "sizeGb": "50",
        "status": "READY",
        "description": "a volume",
        "creationTimestamp": "2024-01-02T03:04:05.678-07:00",
        "lastAttachTimestamp": "2024-01-03T03:04:05.678-07:00",
        "lastDetachTimestamp": "2024-01-04T03:04:05.678-07:00",
        "sourceImage": f"{LINK}/projects/images/global/images/gardenlinux-1",
        "labels": {"k8s-cluster-name": "shoot--dev--web"},
        "users": [f"{HERE}/zones/{ZONE}/instances/vm", f"{HERE}/zones/{REGION}-c/instances/vm"],
    }
    cloud.says(DISKS.path, aggregated("disks", {f"regions/{REGION}": [item]}))

    (disk,) = rows(client, collect_disks, Disk)
    attached = rows(client, collect_disks, AttachedDisk)

    assert disk == {
        "project_id": PROJECT,
        "labels": {"k8s-cluster-name": "shoot--dev--web"},
        "disk_id": 2**63,
        "name": "d",
        "zone": None,
        "region": REGION,
        "type": "pd-ssd",
        "description": "a volume",
        "is_regional": True,
        "creation_timestamp": datetime(2024, 1, 2, 10, 4, 5, 678000, tzinfo=UTC),
        "last_attach_timestamp": datetime(2024, 1, 3, 10, 4, 5, 678000, tzinfo=UTC),
        "last_detach_timestamp": datetime(2024, 1, 4, 10, 4, 5, 678000, tzinfo=UTC),
        "size_gb": 50,
        "status": "READY",
        "source_image": "gardenlinux-1",
        "k8s_cluster_name": "shoot--dev--web",
    }
    assert attached == [
        {
            "project_id": PROJECT,
            "disk_id": 2**63,
            "zone": zone,
            "instance_name": "vm",
            "disk_name": "d",
            "region": REGION,
        }
        for zone in (ZONE, f"{REGION}-c")
    ]


def test_a_cluster_says_which_seed_it_is_if_the_configuration_does(
    cloud: Google, make_client: MakeClient
) -> None:
    client = make_client(
        soil_seed="soil-gcp", soil_cluster={"cluster_name": "soil", "use_credentials": "main"}
    )
    items = [
        {
            "id": "c1",
            "name": "soil",
            "location": REGION,
            "network": "shared",
            "subnetwork": "nodes",
            "networkConfig": {"network": "projects/host/global/networks/shared"},
            "clusterIpv4Cidr": "10.96.0.0/14",
            "servicesIpv4Cidr": "10.100.0.0/20",
            "enableKubernetesAlpha": True,
            "endpoint": "34.1.1.1",
            "initialClusterVersion": "1.30.1-gke.1",
            "currentMasterVersion": "1.31.1-gke.1",
            "status": "RUNNING",
            "masterAuth": {"clusterCaCertificate": "LS0t"},
            "resourceLabels": {"a": "b"},
        },
        {"id": "c2", "name": "other", "location": ZONE},
    ]
    cloud.says(CLUSTERS.path, {"clusters": items})

    soil, other = rows(client, collect_gke_clusters, collect_gke_clusters.models[0])

    assert soil == {
        "project_id": PROJECT,
        "labels": {"a": "b"},
        "cluster_id": "c1",
        "name": "soil",
        "location": REGION,
        "region": REGION,
        "network": "shared",
        "network_project_id": "host",
        "subnetwork": "nodes",
        "cluster_ipv4_cidr": "10.96.0.0/14",
        "services_ipv4_cidr": "10.100.0.0/20",
        "enable_k8s_alpha": True,
        "endpoint": "34.1.1.1",
        "initial_version": "1.30.1-gke.1",
        "current_master_version": "1.31.1-gke.1",
        "status": "RUNNING",
        "seed_name": "soil-gcp",
        "ca_data": "LS0t",
    }
    assert (other["seed_name"], other["location"], other["region"]) == (None, ZONE, REGION)
