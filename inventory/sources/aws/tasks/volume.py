"""Volumes and snapshots of EBS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.constants import NAME_TAG
from inventory.sources.aws.models.volume import Snapshot, Volume
from inventory.sources.aws.scopes import RegionScope
from inventory.sources.aws.utils import first, tag_map

if TYPE_CHECKING:
    from inventory.sources.aws.client import RegionReader

volume_row = row(Volume)
snapshot_row = row(Snapshot)


@collector(Volume, scope=RegionScope)
def collect_volumes(region: RegionReader) -> Iterator[Row[Volume]]:
    """Read the volumes of a region with `ec2:DescribeVolumes`."""
    for volume in region.items("ec2", "DescribeVolumes", "Volumes", key="VolumeId"):
        tags = tag_map(volume)
        yield volume_row(
            account_id=region.account_id,
            region_name=region.region_name,
            tags=tags,
            volume_id=volume["VolumeId"],
            name=tags.get(NAME_TAG) or None,
            state=volume.get("State") or None,
            size_gib=volume.get("Size"),
            volume_type=volume.get("VolumeType") or None,
            az=volume.get("AvailabilityZone") or None,
            snapshot_id=volume.get("SnapshotId") or None,
            instance_id=first(volume, "Attachments").get("InstanceId") or None,
            is_encrypted=volume.get("Encrypted"),
            create_time=volume.get("CreateTime"),
        )


@collector(Snapshot, scope=RegionScope)
def collect_snapshots(region: RegionReader) -> Iterator[Row[Snapshot]]:
    """Read the snapshots that the account owns in a region with `ec2:DescribeSnapshots`."""
    # Without an owner, AWS answers with every public snapshot there is.
    for snapshot in region.items(
        "ec2", "DescribeSnapshots", "Snapshots", key="SnapshotId", OwnerIds=["self"]
    ):
        tags = tag_map(snapshot)
        yield snapshot_row(
            account_id=region.account_id,
            region_name=region.region_name,
            tags=tags,
            snapshot_id=snapshot["SnapshotId"],
            name=tags.get(NAME_TAG) or None,
            state=snapshot.get("State") or None,
            volume_id=snapshot.get("VolumeId") or None,
            volume_size_gib=snapshot.get("VolumeSize"),
            owner_id=snapshot.get("OwnerId") or None,
            description=snapshot.get("Description") or None,
            start_time=snapshot.get("StartTime"),
        )
