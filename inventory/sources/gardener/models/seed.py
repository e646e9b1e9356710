"""Seeds: the clusters that hold the control planes of shoots."""

from __future__ import annotations

from inventory.core.columns import Key
from inventory.sources.gardener.models.base import KubernetesObject


class Seed(KubernetesObject, table=True):
    """A cluster that runs the control planes of shoots."""

    hub = True

    name: Key[str]
    """`metadata.name`."""
    kubernetes_version: str | None = None
    """`status.kubernetesVersion`."""
    provider_type: str | None = None
    """`spec.provider.type`: `aws`, `gcp`, `azure`, `openstack` and others."""
    region: str | None = None
    """`spec.provider.region`."""
    gardener_version: str | None = None
    """`status.gardener.version`: of the gardenlet in the seed."""
    cluster_identity: str | None = None
    """`status.clusterIdentity`."""
    managed_shoot_name: str | None = None
    """`spec.shoot.name` of its ManagedSeed: the shoot that it runs on; absent if unmanaged."""
    managed_shoot_namespace: str | None = None
    """`metadata.namespace` of its ManagedSeed, which is also the shoot's: `garden`."""
