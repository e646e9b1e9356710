"""Buckets of S3."""

from __future__ import annotations

from datetime import datetime

from inventory.core.columns import Key
from inventory.sources.aws.models.base import AwsResource


class Bucket(AwsResource, table=True):
    """A bucket of S3; its name is the only one of its kind in all of AWS."""

    name: Key[str]
    """`Name`."""
    creation_date: datetime | None = None
    """`CreationDate`."""
    region_name: str | None = None
    """`BucketRegion`: where it lies."""
