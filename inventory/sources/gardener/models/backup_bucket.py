"""Backup buckets: where the etcds of shoots are backed up."""

from __future__ import annotations

from inventory.core.columns import Int32, Key
from inventory.sources.gardener.models.base import KubernetesObject


class BackupBucket(KubernetesObject, table=True):
    """A bucket of a cloud that holds backups of etcds; it has the same name there."""

    name: Key[str]
    """`metadata.name`: also the name of the bucket or container at the provider."""
    provider_type: str | None = None
    """`spec.provider.type`: `aws`, `gcp`, `azure`, `openstack` and others."""
    region_name: str | None = None
    """`spec.provider.region`."""
    state: str | None = None
    """`status.lastOperation.state`: `Processing`, `Succeeded`, `Error`, `Failed` and others."""
    state_progress: Int32 | None = None
    """`status.lastOperation.progress`, in percent."""
    seed_name: str | None = None
    """`spec.seedName`: the seed whose shoots it serves; absent if it serves a single shoot."""
    shoot_namespace: str | None = None
    """`spec.shootRef.namespace`, where it serves a single shoot."""
    shoot_name: str | None = None
    """`spec.shootRef.name`, where it serves a single shoot."""
