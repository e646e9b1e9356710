"""Persistent volumes of seeds."""

from __future__ import annotations

from inventory.core.columns import Key
from inventory.sources.gardener.models.base import KubernetesObject


class PersistentVolume(KubernetesObject, table=True):
    """A volume of a seed itself, such as those of etcds; not one inside of a shoot."""

    seed_name: Key[str]
    """The seed that it was read from."""
    name: Key[str]
    """`metadata.name`."""
    provider: str | None = None
    """What provides it: `csi:<driver>`, or `in-tree:` and a kind such as `aws-ebs`."""
    disk_ref: str | None = None
    """The disk at the cloud, as the provider calls it: a volume handle, a disk's name or id."""
    status: str | None = None
    """`status.phase`: `Available`, `Bound`, `Released` or `Failed`."""
    capacity: str | None = None
    """`spec.capacity.storage`, such as `20Gi`."""
    storage_class: str | None = None
    """`spec.storageClassName`."""
    volume_mode: str | None = None
    """`spec.volumeMode`: `Filesystem` or `Block`."""
