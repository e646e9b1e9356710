"""What Gardener made in AWS: which VPC is which shoot's, which instance is which machine."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inventory.core.link import Rule, link
from inventory.sources.aws.models.instance import Instance
from inventory.sources.aws.models.subnet import Subnet
from inventory.sources.aws.models.vpc import Vpc
from inventory.sources.gardener.models.machine import Machine
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


def by_cluster_tag(vpc: Any, shoot: Any) -> sa.Select[Any]:
    keys, cluster = clusters_of(vpc)
    return sa.select(vpc.c.id, shoot.c.id).select_from(
        vpc.join(keys, sa.true()).join(shoot, shoot.c.technical_id == cluster)
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


def by_provider_id(instance: Any, machine: Any) -> Any:
    slash: sa.ColumnElement[str] = sa.literal_column("'/'")
    cloud: sa.ColumnElement[str] = sa.literal_column("'aws:///'")
    place = cloud.concat(instance.c.region_name).concat(slash)
    return machine.c.provider_id == place.concat(instance.c.instance_id)


def by_name(instance: Any, machine: Any) -> sa.Select[Any]:
    """Names repeat, so the instance must carry the tag of the machine's shoot."""
    keys, cluster = clusters_of(instance)
    same = sa.and_(machine.c.namespace == cluster, machine.c.name == instance.c.name)
    return (
        sa.select(instance.c.id, machine.c.id)
        .select_from(instance.join(keys, sa.true()).join(machine, same))
        .where(machine.c.provider_id.is_(None))
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

instance_to_machine = link(
    Instance,
    Machine,
    rules={
        "provider_id": Rule(by_provider_id, a=("region_name", "instance_id"), b=("provider_id",)),
        "name": Rule(by_name, a=("name", "tags"), b=("name", "namespace")),
    },
    # A machine without provider id may find two instances of its name, an instance never two
    # machines: its provider id is one machine's, and so is its name within a shoot.
    one=("b",),
    doc="A machine is an instance of EC2: the one that its provider id names or, until it has "
    "one, the one of its name and shoot.",
)
