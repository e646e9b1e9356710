"""Backup buckets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gardener.constants import BACKUP_BUCKETS
from inventory.sources.gardener.models.backup_bucket import BackupBucket
from inventory.sources.gardener.scopes import GardenScope
from inventory.sources.gardener.utils import created, part, text

if TYPE_CHECKING:
    from inventory.sources.gardener.client import ClusterReader

bucket_row = row(BackupBucket)


@collector(BackupBucket, scope=GardenScope)
def collect_backup_buckets(garden: ClusterReader) -> Iterator[Row[BackupBucket]]:
    """Read the buckets that etcds are backed up to, from `backupbuckets`."""
    for bucket in garden.items(BACKUP_BUCKETS):
        spec, provider = part(bucket, "spec"), part(bucket, "spec", "provider")
        operation = part(bucket, "status", "lastOperation")
        shoot = part(bucket, "spec", "shootRef")
        yield bucket_row(
            labels=dict(part(bucket, "metadata", "labels")),
            creation_timestamp=created(bucket),
            name=bucket["metadata"]["name"],
            provider_type=text(provider, "type"),
            region_name=text(provider, "region"),
            state=text(operation, "state"),
            state_progress=operation.get("progress"),
            seed_name=text(spec, "seedName"),
            shoot_namespace=text(shoot, "namespace"),
            shoot_name=text(shoot, "name"),
        )
