"""Clusters of Google Kubernetes Engine."""

from __future__ import annotations

from inventory.core.columns import Cidr, Key
from inventory.sources.gcp.models.base import Labelled


class GkeCluster(Labelled, table=True):
    """A cluster of Google Kubernetes Engine. Its labels are `resourceLabels`."""

    cluster_id: Key[str]
    """`id`: given by Google Cloud, and never to a second one."""
    name: str
    """`name`, unique within its project and location."""
    location: str | None = None
    """`location`: the region, or the zone, of its control plane."""
    region: str | None = None
    """The region of the location."""
    network: str | None = None
    """`network`: the name of its VPC."""
    network_project_id: str | None = None
    """The project in `networkConfig.network`: another one where the VPC is shared."""
    subnetwork: str | None = None
    """`subnetwork`: the name of its subnet."""
    cluster_ipv4_cidr: Cidr | None = None
    """`clusterIpv4Cidr`: where its pods have their addresses from."""
    services_ipv4_cidr: Cidr | None = None
    """`servicesIpv4Cidr`: where its services have their addresses from."""
    enable_k8s_alpha: bool | None = None
    """`enableKubernetesAlpha`: whether features without any promise are on."""
    endpoint: str | None = None
    """`endpoint`: the address of its API server."""
    initial_version: str | None = None
    """`initialClusterVersion`: of Kubernetes, when it was made."""
    current_master_version: str | None = None
    """`currentMasterVersion`: of Kubernetes, in its control plane now."""
    status: str | None = None
    """`status`: `PROVISIONING`, `RUNNING`, `RECONCILING`, `STOPPING`, `ERROR` or `DEGRADED`."""
    seed_name: str | None = None
    """The seed that the configuration says it is: `gardener.soil_clusters.gcp` for the cluster that
    `gcp.soil_cluster.cluster_name` names; absent for all others.
    """
    ca_data: str | None = None
    """`masterAuth.clusterCaCertificate`: the certificate to trust its API server by, PEM in base64."""
