"""Buckets of Cloud Storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gcp.constants import BUCKETS
from inventory.sources.gcp.models.bucket import Bucket
from inventory.sources.gcp.scopes import StorageScope
from inventory.sources.gcp.utils import moment

if TYPE_CHECKING:
    from inventory.sources.gcp.client import ProjectReader

bucket_row = row(Bucket)


@collector(Bucket, scope=StorageScope)
def collect_buckets(project: ProjectReader) -> Iterator[Row[Bucket]]:
    """Read the buckets of a project with `storage.buckets.list`."""
    for bucket in project.items(BUCKETS):
        yield bucket_row(
            project_id=project.project_id,
            labels=bucket.get("labels") or {},
            name=bucket["name"],
            location_type=bucket.get("locationType") or None,
            location=bucket.get("location") or None,
            default_storage_class=bucket.get("storageClass") or None,
            creation_timestamp=moment(bucket.get("timeCreated")),
        )
