"""What Gardener made in Google Cloud: whose network, machine, disk and load balancer is which."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inventory.core.link import Rule, link
from inventory.sources.gardener.models.backup_bucket import BackupBucket
from inventory.sources.gardener.models.bastion import Bastion
from inventory.sources.gardener.models.cloud_profile import CloudProfileGcpImage
from inventory.sources.gardener.models.machine import Machine
from inventory.sources.gardener.models.persistent_volume import PersistentVolume
from inventory.sources.gardener.models.seed import Seed
from inventory.sources.gardener.models.shoot import Shoot
from inventory.sources.gcp.models.bucket import Bucket
from inventory.sources.gcp.models.disk import Disk
from inventory.sources.gcp.models.gke_cluster import GkeCluster
from inventory.sources.gcp.models.instance import Instance
from inventory.sources.gcp.models.links import by_boot_disk
from inventory.sources.gcp.models.nic import Nic
from inventory.sources.gcp.models.subnet import Subnet
from inventory.sources.gcp.models.vpc import Vpc

CSI_DRIVER = "csi:pd.csi.storage.gke.io"
IN_TREE = "in-tree:gce-pd"
SUBNET_OF_SHOOT = "^(.+)-(?:nodes|internal|services)$"
"""Gardener names the subnets of a shoot with its technical id and what they are for."""


def text(value: str) -> sa.ColumnElement[str]:
    """A constant of a condition; conditions hold no parameters."""
    return sa.literal_column(f"'{value}'")


def shoot_of_subnet(subnet: Any) -> sa.ColumnElement[str]:
    """The technical id in a subnet's name; NULL where there is none."""
    return sa.func.substring(subnet.c.name, text(SUBNET_OF_SHOOT))


def vpc_by_subnets(vpc: Any, shoot: Any) -> sa.Select[Any]:
    """A shoot in a network that somebody else made has its own subnets there."""
    subnet = Subnet.__table__.alias("subnet")
    inside = sa.and_(
        vpc.c.name == subnet.c.vpc_name,
        vpc.c.project_id == subnet.c.project_id,
    )
    return (
        sa.select(vpc.c.id, shoot.c.id)
        .distinct()
        .select_from(
            subnet.join(shoot, shoot.c.technical_id == shoot_of_subnet(subnet)).join(vpc, inside)
        )
    )


def subnet_by_name(subnet: Any, shoot: Any) -> sa.Select[Any]:
    """In a network that is no shoot's own, the name of the subnet tells."""
    owner = Shoot.__table__.alias("owner")
    return (
        sa.select(subnet.c.id, shoot.c.id)
        .select_from(
            subnet.join(shoot, shoot.c.technical_id == shoot_of_subnet(subnet)).outerjoin(
                owner, owner.c.technical_id == subnet.c.vpc_name
            )
        )
        .where(owner.c.id.is_(None))
    )


def machine_by_provider_id(instance: Any, machine: Any) -> Any:
    slash = text("/")
    place = text("gce:///").concat(instance.c.project_id).concat(slash)
    return machine.c.provider_id == place.concat(instance.c.zone).concat(slash).concat(
        instance.c.name
    )


def machine_by_name(instance: Any, machine: Any) -> Any:
    """Until a machine has a provider id; its name begins with its shoot's technical id."""
    return sa.and_(
        machine.c.name == instance.c.name,
        machine.c.provider_id.is_(None),
        sa.func.starts_with(machine.c.name, machine.c.namespace.concat(text("-"))),
    )


def shoot_by_machine(found: Any) -> Any:
    """The shoot of the machine that an instance is found to be."""

    def pairs(instance: Any, shoot: Any) -> sa.Select[Any]:
        machine = Machine.__table__.alias("machine")
        return sa.select(instance.c.id, shoot.c.id).select_from(
            instance.join(machine, found(instance, machine)).join(
                shoot, shoot.c.technical_id == machine.c.namespace
            )
        )

    return pairs


def image_by_boot_disk(found: Any) -> Any:
    """The image that a machine's disk was made from, among those that its shoot's profile allows."""

    def pairs(instance: Any, image: Any) -> sa.Select[Any]:
        machine = Machine.__table__.alias("machine")
        shoot = Shoot.__table__.alias("shoot")
        disk = Disk.__table__.alias("disk")
        kind = sa.func.coalesce(shoot.c.cloud_profile_kind, text("CloudProfile"))
        booted = (
            sa.select(
                instance.c.id.label("instance_id"),
                disk.c.source_image.label("image"),
                shoot.c.cloud_profile.label("profile"),
                kind.label("kind"),
                sa.case((kind == text("CloudProfile"), text("")), else_=shoot.c.namespace).label(
                    "namespace"
                ),
            )
            .select_from(
                instance.join(machine, found(instance, machine))
                .join(shoot, shoot.c.technical_id == machine.c.namespace)
                .join(disk, by_boot_disk(instance, disk))
            )
            # Planned for itself: PostgreSQL takes four equal columns of a profile to be far rarer
            # than they are, and would go through all machines for each image.
            .offset(sa.literal_column("0"))
            .subquery("booted")
        )
        allowed = sa.and_(
            image.c.image == booted.c.image,
            image.c.cloud_profile_name == booted.c.profile,
            image.c.cloud_profile_kind == booted.c.kind,
            image.c.cloud_profile_namespace == booted.c.namespace,
        )
        return (
            sa.select(booted.c.instance_id, image.c.id)
            .distinct()
            .select_from(booted.join(image, allowed))
        )

    return pairs


def bastion_by_address(instance: Any, bastion: Any) -> sa.Select[Any]:
    """An instance may have several external addresses, and several interfaces."""
    nic = Nic.__table__.alias("nic")
    external = sa.func.unnest(nic.c.nat_ips).table_valued("ip").render_derived("external")
    own = sa.and_(
        nic.c.project_id == instance.c.project_id, nic.c.instance_id == instance.c.instance_id
    )
    return (
        sa.select(instance.c.id, bastion.c.id)
        .distinct()
        .select_from(
            nic.join(external, sa.true())
            .join(bastion, sa.func.host(bastion.c.ip) == external.c.ip)
            .join(instance, own)
        )
    )


def backup_bucket_by_name(bucket: Any, backup: Any) -> Any:
    return sa.and_(bucket.c.name == backup.c.name, backup.c.provider_type == text("gcp"))


def volume_by_handle(disk: Any, volume: Any) -> Any:
    """`projects/p/zones/z/disks/d`, and `regions/r` for a regional disk."""
    slash = text("/")
    place = sa.case(
        (disk.c.zone.is_not(None), text("zones/").concat(disk.c.zone)),
        else_=text("regions/").concat(disk.c.region),
    )
    project = text("projects/").concat(disk.c.project_id).concat(slash)
    handle = project.concat(place).concat(text("/disks/")).concat(disk.c.name)
    return sa.and_(volume.c.disk_ref == handle, volume.c.provider == text(CSI_DRIVER))


def volume_by_name(disk: Any, volume: Any) -> Any:
    """Volumes of older kinds say no more than the disk's name, which holds the volume's UID."""
    said = sa.case(
        (volume.c.provider == text(IN_TREE), volume.c.disk_ref),
        (
            sa.and_(
                volume.c.provider == text(CSI_DRIVER),
                sa.func.starts_with(volume.c.disk_ref, text("projects/UNSPECIFIED/")),
            ),
            sa.func.substring(volume.c.disk_ref, text("[^/]+$")),
        ),
    )
    return disk.c.name == said


vpc_to_shoot = link(
    Vpc,
    Shoot,
    rules={
        "name": {"name": "technical_id"},
        "subnet_name": Rule(vpc_by_subnets, a=("name",), b=("technical_id",)),
    },
    doc="A shoot runs in a VPC: one that is named with its technical id, or where its subnets are.",
)

subnet_to_shoot = link(
    Subnet,
    Shoot,
    rules={
        "vpc_name": {"vpc_name": "technical_id"},
        "name": Rule(subnet_by_name, a=("name",), b=("technical_id",)),
    },
    one=("b",),
    doc="A subnet is a shoot's: it is in the shoot's VPC, or named with its technical id.",
)

instance_to_machine = link(
    Instance,
    Machine,
    rules={
        "provider_id": Rule(
            machine_by_provider_id, a=("project_id", "zone", "name"), b=("provider_id",)
        ),
        "name": Rule(machine_by_name, a=("name",), b=("name", "namespace")),
    },
    # A machine without provider id may find two instances of its name, an instance never two
    # machines.
    one=("b",),
    doc="A machine is a virtual machine of Google Cloud: the one that its provider id names or, "
    "until it has one, the one of its name.",
)

instance_to_shoot = link(
    Instance,
    Shoot,
    rules={
        "provider_id": Rule(
            shoot_by_machine(machine_by_provider_id),
            a=("project_id", "zone", "name"),
            b=("technical_id",),
        ),
        "name": Rule(shoot_by_machine(machine_by_name), a=("name",), b=("technical_id",)),
    },
    one=("b",),
    doc="A virtual machine works for a shoot, which has a machine that it is.",
)

instance_to_image = link(
    Instance,
    CloudProfileGcpImage,
    rules={
        "provider_id": Rule(
            image_by_boot_disk(machine_by_provider_id), a=("boot_disk_name",), b=("image",)
        ),
        "name": Rule(image_by_boot_disk(machine_by_name), a=("boot_disk_name",), b=("image",)),
    },
    doc="The disk of a shoot's machine was made from an image that the shoot's cloud profile allows.",
)

instance_to_bastion = link(
    Instance,
    Bastion,
    on=Rule(bastion_by_address, a=("name",), b=("ip",)),
    doc="A bastion is the virtual machine that has its address.",
)

bucket_to_backup_bucket = link(
    Bucket,
    BackupBucket,
    on=Rule(backup_bucket_by_name, a=("name",), b=("name", "provider_type")),
    # Names of buckets are unique in all of Google Cloud.
    one=("a", "b"),
    doc="A backup bucket is the bucket of its name.",
)

disk_to_persistent_volume = link(
    Disk,
    PersistentVolume,
    rules={
        "disk_ref": Rule(
            volume_by_handle, a=("project_id", "zone", "region", "name"), b=("disk_ref",)
        ),
        "name": Rule(volume_by_name, a=("name",), b=("disk_ref", "provider")),
    },
    doc="A persistent volume of a seed is on a disk.",
)

disk_to_shoot = link(
    Disk,
    Shoot,
    on={"k8s_cluster_name": "technical_id"},
    doc="A disk is a volume of a shoot, which it is labelled with.",
)

gke_cluster_to_seed = link(
    GkeCluster,
    Seed,
    on={"seed_name": "name"},
    doc="A seed is a GKE cluster: the one that the configuration names.",
)
