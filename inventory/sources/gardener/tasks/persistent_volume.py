"""Persistent volumes of seeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gardener.constants import PERSISTENT_VOLUMES
from inventory.sources.gardener.models.persistent_volume import PersistentVolume
from inventory.sources.gardener.scopes import SeedScope
from inventory.sources.gardener.utils import created, part, text, volume_source

if TYPE_CHECKING:
    from inventory.sources.gardener.client import ClusterReader

volume_row = row(PersistentVolume)


@collector(PersistentVolume, scope=SeedScope)
def collect_persistent_volumes(seed: ClusterReader) -> Iterator[Row[PersistentVolume]]:
    """Read the volumes of a seed itself from `persistentvolumes`; those of its shoots are not there."""
    for volume in seed.items(PERSISTENT_VOLUMES):
        spec = part(volume, "spec")
        provider, disk = volume_source(spec)
        yield volume_row(
            labels=dict(part(volume, "metadata", "labels")),
            creation_timestamp=created(volume),
            seed_name=seed.seed,
            name=volume["metadata"]["name"],
            provider=provider,
            disk_ref=disk,
            status=text(part(volume, "status"), "phase"),
            capacity=text(part(volume, "spec", "capacity"), "storage"),
            storage_class=text(spec, "storageClassName"),
            volume_mode=text(spec, "volumeMode"),
        )
