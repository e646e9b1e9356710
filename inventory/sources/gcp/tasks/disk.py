"""Persistent disks, and what they are attached to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gcp.constants import DISKS, SHOOT_LABEL
from inventory.sources.gcp.models.disk import AttachedDisk, Disk
from inventory.sources.gcp.scopes import ComputeScope
from inventory.sources.gcp.utils import behind, moment, name_of, region_of

if TYPE_CHECKING:
    from inventory.sources.gcp.client import ProjectReader

disk_row = row(Disk)
attached_row = row(AttachedDisk)


@collector(Disk, AttachedDisk, scope=ComputeScope)
def collect_disks(project: ProjectReader) -> Iterator[Row[Disk] | Row[AttachedDisk]]:
    """Read the disks of a project, and what they are attached to, with `compute.disks.list`."""
    for place, disk in project.items_by_place(DISKS):
        disk_id, name = int(disk["id"]), disk["name"]
        labels = disk.get("labels") or {}
        zone = behind(place, "zones")
        size = disk.get("sizeGb")
        yield disk_row(
            project_id=project.project_id,
            labels=labels,
            disk_id=disk_id,
            name=name,
            zone=zone,
            region=region_of(zone) or behind(place, "regions"),
            type=name_of(disk.get("type")),
            description=disk.get("description") or None,
            is_regional=zone is None,
            creation_timestamp=moment(disk.get("creationTimestamp")),
            last_attach_timestamp=moment(disk.get("lastAttachTimestamp")),
            last_detach_timestamp=moment(disk.get("lastDetachTimestamp")),
            size_gb=int(size) if size else None,
            status=disk.get("status") or None,
            source_image=name_of(disk.get("sourceImage")),
            k8s_cluster_name=labels.get(SHOOT_LABEL) or None,
        )
        for user in disk.get("users") or ():
            instance_name = behind(user, "instances")
            # A regional disk has no zone, but what it is attached to has.
            instance_zone = behind(user, "zones") or zone
            if instance_name and instance_zone:
                yield attached_row(
                    project_id=project.project_id,
                    disk_id=disk_id,
                    zone=instance_zone,
                    instance_name=instance_name,
                    disk_name=name,
                    region=region_of(instance_zone),
                )
