"""Which seeds could hold the claim of a resource; what they do not list may still be theirs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inventory.core.leak import Near, Owner
from inventory.nexus.aws_gardener import clusters_of, vpc_to_shoot
from inventory.nexus.gcp_gardener import vpc_to_shoot as gcp_vpc_to_shoot
from inventory.sources.aws.models.vpc import Vpc
from inventory.sources.gardener.models.machine import Machine
from inventory.sources.gardener.models.seed import Seed
from inventory.sources.gardener.models.shoot import Shoot
from inventory.sources.gcp.models.nic import Nic
from inventory.sources.gcp.models.vpc import Vpc as GcpVpc

GARDEN = "++garden++"


def every_seed() -> sa.Select[Any]:
    """The names of all seeds."""
    seed = Seed.__table__.alias("seed")
    return sa.select(seed.c.name)


def every_cluster() -> sa.Select[Any]:
    """The names of all seeds, and what the garden is called among them."""
    names = sa.union_all(every_seed(), sa.select(sa.literal_column(f"'{GARDEN}'"))).subquery("all")
    (name,) = names.columns
    return sa.select(name)


def seeds_in_region(provider: str, column: str) -> Near:
    """The seeds of a cloud that are in the region of a row: only they have disks there."""

    def near(row: Any) -> sa.Select[Any]:
        seed = Seed.__table__.alias("seed")
        return (
            sa.select(seed.c.name)
            .where(seed.c.provider_type == provider, seed.c.region == row.c[column])
            .correlate(row)
        )

    return near


def seeds_of_aws_instance(row: Any) -> sa.CompoundSelect[Any]:
    """The seeds of the shoots that an instance is tagged with, or in whose VPC it is."""
    tagged, housed = Shoot.__table__.alias("tagged"), Shoot.__table__.alias("housed")
    vpc, pair = Vpc.__table__.alias("vpc"), vpc_to_shoot.table.alias("pair")
    keys, cluster = clusters_of(row)
    by_tag = (
        sa.select(tagged.c.seed_name)
        .select_from(keys.join(tagged, tagged.c.technical_id == cluster))
        .where(tagged.c.seed_name.is_not(None))
        .correlate(row)
    )
    by_vpc = (
        sa.select(housed.c.seed_name)
        .select_from(
            vpc.join(pair, pair.c.aws_vpc_id == vpc.c.id).join(
                housed, housed.c.id == pair.c.g_shoot_id
            )
        )
        .where(
            vpc.c.vpc_id == row.c.vpc_id,
            vpc.c.account_id == row.c.account_id,
            housed.c.seed_name.is_not(None),
        )
        .correlate(row)
    )
    return sa.union_all(by_tag, by_vpc)


def seeds_of_gcp_instance(row: Any) -> sa.CompoundSelect[Any]:
    """The seeds of the shoots that a virtual machine is tagged with, or in whose VPC it is."""
    tagged, housed = Shoot.__table__.alias("tagged"), Shoot.__table__.alias("housed")
    nic, vpc = Nic.__table__.alias("nic"), GcpVpc.__table__.alias("vpc")
    pair = gcp_vpc_to_shoot.table.alias("pair")
    by_tag = (
        sa.select(tagged.c.seed_name)
        .where(
            tagged.c.technical_id == sa.func.any(row.c.network_tags),
            tagged.c.seed_name.is_not(None),
        )
        .correlate(row)
    )
    network = sa.and_(vpc.c.project_id == nic.c.network_project_id, vpc.c.name == nic.c.network)
    by_vpc = (
        sa.select(housed.c.seed_name)
        .select_from(
            nic.join(vpc, network)
            .join(pair, pair.c.gcp_vpc_id == vpc.c.id)
            .join(housed, housed.c.id == pair.c.g_shoot_id)
        )
        .where(
            nic.c.project_id == row.c.project_id,
            nic.c.instance_id == row.c.instance_id,
            housed.c.seed_name.is_not(None),
        )
        .correlate(row)
    )
    return sa.union_all(by_tag, by_vpc)


MACHINES = Owner(Machine, expected=every_seed, is_evidence=True)
"""Only of an instance that is known to be a machine is anything expected."""
