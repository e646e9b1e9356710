"""The GKE clusters: one that is a seed, and one that is not."""

from __future__ import annotations

from inventory.simulator.google_urls import Item, digest
from inventory.simulator.landscape import Landscape
from inventory.simulator.names import GCP_ZONES, SOIL

SOIL_NODES = 3
DEV_CLUSTER = "dev"


def soil_node(number: int) -> tuple[str, str]:
    """The zone and name of a node of the soil cluster."""
    region, letters = next(iter(GCP_ZONES.items()))
    return f"{region}-{letters[number]}", f"gke-{SOIL}-pool-1-a1b2c3d4-x{number}y{number}"


def clusters(landscape: Landscape, project: str, endpoint: str) -> list[Item]:
    """The GKE clusters of a project. The soil cluster's endpoint is the simulator itself."""
    number = landscape.projects.index(project)
    if number > 1:
        return []
    soil = number == 0
    name = SOIL if soil else DEV_CLUSTER
    digits = digest(str(landscape.seed), project, "cluster")
    location = next(iter(GCP_ZONES)) if soil else "europe-west3-a"
    network = f"{SOIL}-net" if soil else "default"
    subnet = f"{SOIL}-nodes" if soil else "default"
    region = location if soil else location[:-2]
    found: Item = {
        "name": name,
        "id": digits[0:64],
        "location": location,
        "zone": location,
        "locations": [soil_node(n)[0] for n in range(SOIL_NODES)] if soil else [location],
        "network": network,
        "subnetwork": subnet,
        "networkConfig": {
            "network": f"projects/{project}/global/networks/{network}",
            "subnetwork": f"projects/{project}/regions/{region}/subnetworks/{subnet}",
        },
        "clusterIpv4Cidr": "10.20.0.0/14",
        "servicesIpv4Cidr": "10.24.0.0/20",
        "endpoint": endpoint if soil else "35.198.1.1",
        "initialClusterVersion": "1.30.1-gke.100",
        "currentMasterVersion": "1.33.4-gke.200",
        "masterAuth": {"clusterCaCertificate": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="},
        "status": "RUNNING",
        "createTime": "2024-01-02T03:04:05+00:00",
    }
    return [found | {"resourceLabels": {"purpose": "seed"}} if soil else found]
