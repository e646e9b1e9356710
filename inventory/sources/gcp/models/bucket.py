"""Buckets of Cloud Storage."""

from __future__ import annotations

from datetime import datetime

from inventory.core.columns import Key
from inventory.sources.gcp.models.base import Labelled


class Bucket(Labelled, table=True):
    """A bucket of Cloud Storage."""

    name: Key[str]
    """`name`, unique in all of Google Cloud."""
    location_type: str | None = None
    """`locationType`: `region`, `dual-region` or `multi-region`."""
    location: str | None = None
    """`location`, in upper case: `EUROPE-WEST1`, `EU` and others."""
    default_storage_class: str | None = None
    """`storageClass`: `STANDARD`, `NEARLINE`, `COLDLINE`, `ARCHIVE` and others."""
    creation_timestamp: datetime | None = None
    """`timeCreated`."""
