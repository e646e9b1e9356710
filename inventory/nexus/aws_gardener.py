"""What Gardener made in AWS: whose network a VPC or a subnet is, and whose volume a disk."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inventory.core.link import Rule, link
from inventory.sources.aws.models.bucket import Bucket
from inventory.sources.aws.models.subnet import Subnet
from inventory.sources.aws.models.volume import Volume
from inventory.sources.aws.models.vpc import Vpc
from inventory.sources.gardener.models.backup_bucket import BackupBucket
from inventory.sources.gardener.models.persistent_volume import PersistentVolume
from inventory.sources.gardener.models.shoot import Shoot

CLUSTER_TAG = "kubernetes.io/cluster/"
"""Gardener tags a shoot's resources with a key that begins so; its technical id follows."""


def clusters_of(tagged: Any) -> tuple[sa.TableValuedAlias, sa.ColumnElement[str]]:
    """The keys of a row's tags, to be joined laterally, and the technical id that a key names.

    The id is NULL for other keys.  An equality with it can be hashed, unlike `tags ? …` of two
    tables.
    """
    keys = sa.func.jsonb_object_keys(tagged.c.tags).table_valued("key").render_derived("tag")
    prefix: sa.ColumnElement[str] = sa.literal_column(f"'{CLUSTER_TAG}'")
    behind: sa.ColumnElement[int] = sa.literal_column(str(len(CLUSTER_TAG) + 1))
    # Five times as fast as a regular expression, and there are keys by the million.
    return keys, sa.case(
        (sa.func.starts_with(keys.c.key, prefix), sa.func.substr(keys.c.key, behind))
    )


def by_cluster_tag(tagged: Any, shoot: Any) -> sa.Select[Any]:
    keys, cluster = clusters_of(tagged)
    return sa.select(tagged.c.id, shoot.c.id).select_from(
        tagged.join(keys, sa.true()).join(shoot, shoot.c.technical_id == cluster)
    )


def by_cluster_tag_of_subnet(vpc: Any, shoot: Any) -> sa.Select[Any]:
    """A shoot in a VPC that somebody else made has its tags on the subnets that it made there."""
    subnet = Subnet.__table__.alias("subnet")
    keys, cluster = clusters_of(subnet)
    inside = sa.and_(vpc.c.vpc_id == subnet.c.vpc_id, vpc.c.account_id == subnet.c.account_id)
    return (
        sa.select(vpc.c.id, shoot.c.id)
        .distinct()
        .select_from(
            subnet.join(keys, sa.true())
            .join(shoot, shoot.c.technical_id == cluster)
            .join(vpc, inside)
        )
    )


def has_cluster_tag(tagged: Any) -> sa.ColumnElement[bool]:
    """That a row carries the tag of any cluster, of one that exists or not."""
    keys, cluster = clusters_of(tagged)
    return sa.exists(sa.select(keys.c.key).where(cluster.is_not(None)))


def by_name_of_vpc(subnet: Any, shoot: Any) -> sa.Select[Any]:
    """Without a tag of its own, a subnet is the shoot's that its VPC was made for."""
    vpc = Vpc.__table__.alias("vpc")
    inside = sa.and_(vpc.c.vpc_id == subnet.c.vpc_id, vpc.c.account_id == subnet.c.account_id)
    return (
        sa.select(subnet.c.id, shoot.c.id)
        .select_from(subnet.join(vpc, inside).join(shoot, shoot.c.technical_id == vpc.c.name))
        .where(~has_cluster_tag(subnet))
    )


def by_volume_id(volume: Any, persistent: Any) -> Any:
    """`vol-…` for CSI; the volumes of older kinds may name the zone before: `aws://zone/vol-…`."""
    text = sa.literal_column
    said = sa.case(
        (persistent.c.provider == text("'csi:ebs.csi.aws.com'"), persistent.c.disk_ref),
        (
            persistent.c.provider == text("'in-tree:aws-ebs'"),
            sa.func.substring(persistent.c.disk_ref, text("'[^/]+$'")),
        ),
    )
    return volume.c.volume_id == said


def by_name_in_aws(bucket: Any, backup: Any) -> Any:
    return sa.and_(
        bucket.c.name == backup.c.name, backup.c.provider_type == sa.literal_column("'aws'")
    )


vpc_to_shoot = link(
    Vpc,
    Shoot,
    rules={
        "cluster_tag": Rule(by_cluster_tag, a=("tags",), b=("technical_id",)),
        "name": {"name": "technical_id"},
        "subnet_cluster_tag": Rule(by_cluster_tag_of_subnet, a=("vpc_id",), b=("technical_id",)),
    },
    doc="A shoot runs in a VPC: one that is tagged or named with its technical id, or whose "
    "subnets are.",
)

subnet_to_shoot = link(
    Subnet,
    Shoot,
    rules={
        "cluster_tag": Rule(by_cluster_tag, a=("tags",), b=("technical_id",)),
        "vpc_name": Rule(by_name_of_vpc, a=("vpc_id",), b=("technical_id",)),
    },
    doc="A subnet is a shoot's: it is tagged with its technical id, or in the VPC of that name.",
)

volume_to_shoot = link(
    Volume,
    Shoot,
    on=Rule(by_cluster_tag, a=("tags",), b=("technical_id",)),
    doc="A volume is a shoot's, which it is tagged with.",
)

volume_to_persistent_volume = link(
    Volume,
    PersistentVolume,
    on=Rule(by_volume_id, a=("volume_id",), b=("provider", "disk_ref")),
    # The ids of volumes are unique in all of AWS.
    one=("a",),
    doc="A persistent volume of a seed is a volume of EBS.",
)

bucket_to_backup_bucket = link(
    Bucket,
    BackupBucket,
    on=Rule(by_name_in_aws, a=("name",), b=("name", "provider_type")),
    # Names of buckets are unique in all of AWS.
    one=("a", "b"),
    doc="A backup bucket is the bucket of its name.",
)
