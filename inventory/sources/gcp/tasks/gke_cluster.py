"""Clusters of Google Kubernetes Engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gcp.constants import CLUSTERS
from inventory.sources.gcp.models.gke_cluster import GkeCluster
from inventory.sources.gcp.scopes import GkeScope
from inventory.sources.gcp.utils import behind, name_of, network, region_of_location

if TYPE_CHECKING:
    from inventory.sources.gcp.client import ProjectReader

cluster_row = row(GkeCluster)


@collector(GkeCluster, scope=GkeScope)
def collect_gke_clusters(project: ProjectReader) -> Iterator[Row[GkeCluster]]:
    """Read the GKE clusters of a project, of all locations, with `container.clusters.list`."""
    for cluster in project.items(CLUSTERS):
        full_network = (cluster.get("networkConfig") or {}).get("network")
        location = cluster.get("location") or None
        yield cluster_row(
            project_id=project.project_id,
            labels=cluster.get("resourceLabels") or {},
            cluster_id=cluster["id"],
            name=cluster["name"],
            location=location,
            region=region_of_location(location),
            network=name_of(cluster.get("network")),
            network_project_id=behind(full_network, "projects") or project.project_id,
            subnetwork=name_of(cluster.get("subnetwork")),
            cluster_ipv4_cidr=network(cluster.get("clusterIpv4Cidr")),
            services_ipv4_cidr=network(cluster.get("servicesIpv4Cidr")),
            enable_k8s_alpha=cluster.get("enableKubernetesAlpha"),
            endpoint=cluster.get("endpoint") or None,
            initial_version=cluster.get("initialClusterVersion") or None,
            current_master_version=cluster.get("currentMasterVersion") or None,
            status=cluster.get("status") or None,
            seed_name=project.soil.get(cluster["name"]),
            ca_data=(cluster.get("masterAuth") or {}).get("clusterCaCertificate") or None,
        )
