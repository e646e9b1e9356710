"""What Gardener left behind in Google Cloud."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inventory.core.leak import Owner, leak, linked, same_place, unlinked
from inventory.nexus import claims
from inventory.nexus.gcp_balancers_gardener import target_pool_instance_to_shoot
from inventory.nexus.gcp_gardener import (
    bucket_to_backup_bucket,
    disk_to_persistent_volume,
    disk_to_shoot,
    instance_to_bastion,
    instance_to_image,
    instance_to_machine,
    instance_to_shoot,
    subnet_to_shoot,
    vpc_to_shoot,
)
from inventory.sources.gardener.models.backup_bucket import BackupBucket
from inventory.sources.gardener.models.bastion import Bastion
from inventory.sources.gardener.models.cloud_profile import CloudProfileGcpImage
from inventory.sources.gardener.models.machine import Machine
from inventory.sources.gardener.models.persistent_volume import PersistentVolume
from inventory.sources.gardener.models.seed import Seed
from inventory.sources.gardener.models.shoot import Shoot
from inventory.sources.gcp.models.bucket import Bucket
from inventory.sources.gcp.models.disk import AttachedDisk, Disk
from inventory.sources.gcp.models.forwarding_rule import ForwardingRule
from inventory.sources.gcp.models.gke_cluster import GkeCluster
from inventory.sources.gcp.models.instance import Instance
from inventory.sources.gcp.models.links import (
    forwarding_rule_to_target_pool,
    gke_cluster_to_vpc,
    instance_to_gke_cluster,
    target_pool_instance_to_instance,
)
from inventory.sources.gcp.models.subnet import Subnet
from inventory.sources.gcp.models.target_pool import TargetPool, TargetPoolInstance
from inventory.sources.gcp.models.vpc import Vpc

OF_NETWORKS = (Shoot, same_place(Subnet), same_place(GkeCluster, may_be_empty=True))
"""Who says what a VPC is for."""


def is_unused(vpc: Any) -> sa.ColumnElement[bool]:
    """Google Cloud makes a network `default` in each project; nobody leaves it behind."""
    return sa.and_(
        vpc.c.name != "default",
        unlinked(vpc_to_shoot, Vpc)(vpc),
        unlinked(gke_cluster_to_vpc, Vpc)(vpc),
    )


def in_unused_vpc(subnet: Any) -> sa.ColumnElement[bool]:
    vpc = Vpc.__table__.alias("vpc")
    return sa.exists().where(
        vpc.c.project_id == subnet.c.project_id, vpc.c.name == subnet.c.vpc_name, is_unused(vpc)
    )


def is_attached(disk: Any) -> sa.ColumnElement[bool]:
    attached = AttachedDisk.__table__.alias("attached")
    return sa.exists().where(
        attached.c.disk_id == disk.c.disk_id, attached.c.project_id == disk.c.project_id
    )


def is_gone(member: Any) -> sa.ColumnElement[bool]:
    """The virtual machine of a member is gone, and not because its shoot sleeps."""
    pair, shoot = target_pool_instance_to_shoot.table.alias("of"), Shoot.__table__.alias("shoot")
    sleeps = sa.exists().where(
        pair.c.gcp_target_pool_instance_id == member.c.id,
        shoot.c.id == pair.c.g_shoot_id,
        shoot.c.is_hibernated,
    )
    return sa.and_(unlinked(target_pool_instance_to_instance, TargetPoolInstance)(member), ~sleeps)


def is_dead(pool: Any) -> sa.ColumnElement[bool]:
    """A pool has members, and all of them are gone."""
    some, other = (TargetPoolInstance.__table__.alias(name) for name in ("some", "other"))

    def mine(member: Any) -> sa.ColumnElement[bool]:
        return sa.and_(
            member.c.project_id == pool.c.project_id,
            member.c.target_pool_id == pool.c.target_pool_id,
        )

    return sa.and_(sa.exists().where(mine(some)), ~sa.exists().where(mine(other), ~is_gone(other)))


def leads_nowhere(rule: Any) -> sa.ColumnElement[bool]:
    pair, pool = (
        forwarding_rule_to_target_pool.table.alias("to"),
        TargetPool.__table__.alias("pool"),
    )
    return sa.exists().where(
        pair.c.rule_id == rule.c.id, pool.c.id == pair.c.target_pool_id, is_dead(pool)
    )


vpc_without_shoot = leak(
    Vpc,
    "gcp-vpc-without-shoot",
    when=is_unused,
    owners=OF_NETWORKS,
    doc="No shoot runs in this VPC, and no GKE cluster.",
    confidence=0.8,
    since="creation_timestamp",
)

subnet_without_shoot = leak(
    Subnet,
    "gcp-subnet-without-shoot",
    when=lambda subnet: sa.and_(unlinked(subnet_to_shoot, Subnet)(subnet), in_unused_vpc(subnet)),
    owners=(*OF_NETWORKS, same_place(Vpc)),
    doc="No shoot runs in the VPC of this subnet, and no GKE cluster.",
    confidence=0.8,
    since="creation_timestamp",
)

instance_without_machine = leak(
    Instance,
    "gcp-instance-without-machine",
    when=lambda instance: sa.and_(
        instance.c.status == "RUNNING",
        unlinked(instance_to_gke_cluster, Instance)(instance),
        unlinked(instance_to_machine, Instance)(instance),
        unlinked(instance_to_bastion, Instance)(instance),
    ),
    owners=(
        Shoot,
        Owner(Machine, near=claims.seeds_of_gcp_instance),
        Owner(Bastion, near=claims.seeds_of_gcp_instance, may_be_empty=True),
        same_place(GkeCluster, may_be_empty=True),
    ),
    doc="No machine of a shoot is this virtual machine, no bastion, and no node of a GKE cluster.",
    confidence=0.8,
    since="creation_timestamp",
)

unknown_image = leak(
    Instance,
    "gcp-unknown-image",
    when=lambda instance: sa.and_(
        linked(instance_to_shoot, Instance)(instance),
        unlinked(instance_to_image, Instance)(instance),
    ),
    owners=(Shoot, CloudProfileGcpImage, same_place(Disk), claims.MACHINES),
    doc="The cloud profile of its shoot does not know the image that its disk was made from.",
    confidence=0.9,
    since="creation_timestamp",
)

bucket_without_backup_bucket = leak(
    Bucket,
    "gcp-bucket-without-backup-bucket",
    when=unlinked(bucket_to_backup_bucket, Bucket),
    owners=(BackupBucket,),
    doc="No backup bucket of Gardener is this bucket.",
    confidence=0.5,
    since="creation_timestamp",
)

disk_without_shoot = leak(
    Disk,
    "gcp-disk-without-shoot",
    when=lambda disk: sa.and_(
        ~is_attached(disk),
        unlinked(disk_to_shoot, Disk)(disk),
        unlinked(disk_to_persistent_volume, Disk)(disk),
    ),
    owners=(
        Shoot,
        Seed,
        Owner(PersistentVolume, near=claims.seeds_in_region("gcp", "region")),
        same_place(Disk),
    ),
    doc="This disk is attached to nothing, and it is no shoot's and no seed's.",
    confidence=0.8,
    since="creation_timestamp",
)

target_pool_instance_without_instance = leak(
    TargetPoolInstance,
    "gcp-target-pool-instance-without-instance",
    when=is_gone,
    owners=(Shoot, same_place(Instance)),
    doc="A target pool names this virtual machine, which does not exist.",
    confidence=0.8,
)

target_pool_without_instance = leak(
    TargetPool,
    "gcp-target-pool-without-instance",
    when=is_dead,
    owners=(Shoot, same_place(Instance)),
    doc="None of the virtual machines in this target pool exists.",
    confidence=0.9,
    since="creation_timestamp",
)

forwarding_rule_without_backend = leak(
    ForwardingRule,
    "gcp-forwarding-rule-without-backend",
    when=lambda rule: sa.and_(rule.c.load_balancing_scheme == "EXTERNAL", leads_nowhere(rule)),
    owners=(Shoot, same_place(Instance), same_place(TargetPool)),
    doc="This public address leads to a target pool whose virtual machines do not exist.",
    confidence=0.9,
    since="creation_timestamp",
)
