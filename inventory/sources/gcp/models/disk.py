"""Persistent disks, and what they are attached to."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa

from inventory.core.columns import Int32, Key, Unsigned64
from inventory.sources.gcp.models.base import Labelled, ProjectResource


class Disk(Labelled, table=True):
    """A persistent disk, in one zone or replicated over two zones of a region."""

    indexes: ClassVar[tuple[sa.Index, ...]] = (sa.Index("ix_gcp_disk_name", "name", "project_id"),)

    disk_id: Key[Unsigned64]
    """`id`: given by Google Cloud, and never to a second one."""
    name: str
    """`name`, unique within its project and its zone or region."""
    zone: str | None = None
    """The name in `zone`; absent for a regional disk."""
    region: str | None = None
    """The name in `region`, or the region of the zone."""
    type: str | None = None
    """The name in `type`: `pd-standard`, `pd-balanced`, `pd-ssd`, `hyperdisk-balanced` and others."""
    description: str | None = None
    """`description`; the CSI driver notes here which volume it made the disk for."""
    is_regional: bool
    """Whether it is replicated over two zones of its region."""
    creation_timestamp: datetime | None = None
    """`creationTimestamp`."""
    last_attach_timestamp: datetime | None = None
    """`lastAttachTimestamp`; absent if it was never attached."""
    last_detach_timestamp: datetime | None = None
    """`lastDetachTimestamp`; absent if it was never detached."""
    size_gb: Int32 | None = None
    """`sizeGb`: in GiB."""
    status: str | None = None
    """`status`: `CREATING`, `READY`, `RESTORING`, `DELETING` or `FAILED`."""
    source_image: str | None = None
    """The name in `sourceImage`: of the image that it was made from."""
    k8s_cluster_name: str | None = None
    """Label `k8s-cluster-name`: the technical id of the shoot whose volume it is."""


class AttachedDisk(ProjectResource, table=True):
    """That a disk is attached to a virtual machine."""

    disk_id: Key[Unsigned64]
    """`id` of the disk."""
    zone: Key[str]
    """The zone in `users[]`: of the virtual machine, and of the disk unless that is regional."""
    instance_name: Key[str]
    """The name in `users[]`: of the virtual machine."""
    disk_name: str
    """`name` of the disk."""
    region: str | None = None
    """The region of the zone."""
