"""Volumes of EBS, and snapshots of them: what goes on costing when its machine is gone."""

from __future__ import annotations

from datetime import datetime

from inventory.core.columns import Int32, Key
from inventory.sources.aws.models.base import Tagged


class Volume(Tagged, table=True):
    """A disk of EBS."""

    volume_id: Key[str]
    """`VolumeId`, such as `vol-0a1b2c3d4e5f67890`."""
    name: str | None = None
    """The `Name` tag."""
    state: str | None = None
    """`State`: `in-use`, or `available` when nothing is attached; `creating`, `deleting`, `error`."""
    size_gib: Int32 | None = None
    """`Size`, in GiB."""
    volume_type: str | None = None
    """`VolumeType`, such as `gp3`."""
    az: str | None = None
    """`AvailabilityZone`: the name of its zone."""
    snapshot_id: str | None = None
    """`SnapshotId`: the snapshot that it was made from."""
    instance_id: str | None = None
    """`Attachments[].InstanceId`: the instance that it is attached to."""
    is_encrypted: bool | None = None
    """`Encrypted`."""
    create_time: datetime | None = None
    """`CreateTime`."""


class Snapshot(Tagged, table=True):
    """A snapshot of a volume, of the account itself."""

    snapshot_id: Key[str]
    """`SnapshotId`, such as `snap-0a1b2c3d4e5f67890`."""
    name: str | None = None
    """The `Name` tag."""
    state: str | None = None
    """`State`: `completed`, `pending` or `error`."""
    volume_id: str | None = None
    """`VolumeId`: the volume that it shows, which may be gone."""
    volume_size_gib: Int32 | None = None
    """`VolumeSize`, in GiB: what it was taken of, not what it costs."""
    owner_id: str | None = None
    """`OwnerId`."""
    description: str | None = None
    """`Description`."""
    start_time: datetime | None = None
    """`StartTime`."""
