"""What was left behind in Google Cloud, as Google Cloud alone can tell."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inventory.core.leak import leak, same_place, unlinked
from inventory.sources.gcp.models.address import Address
from inventory.sources.gcp.models.forwarding_rule import ForwardingRule
from inventory.sources.gcp.models.links import forwarding_rule_to_target_pool
from inventory.sources.gcp.models.target_pool import TargetPool


def is_backup(pool: Any) -> sa.ColumnElement[bool]:
    """That another pool hands its traffic on to this one."""
    other = TargetPool.__table__.alias("other")
    named = sa.func.substring(other.c.backup_pool, sa.literal_column("'/targetPools/([^/]+)$'"))
    return sa.exists().where(
        named == pool.c.name,
        other.c.project_id == pool.c.project_id,
        other.c.region == pool.c.region,
    )


address_unused = leak(
    Address,
    "gcp-address-unused",
    when=lambda address: sa.and_(
        address.c.address_type == "EXTERNAL",
        address.c.status == "RESERVED",
        sa.func.cardinality(address.c.users) == 0,
    ),
    owners=(same_place(Address),),
    doc="This external address is reserved and paid for, and nothing uses it.",
    confidence=0.9,
    since="creation_timestamp",
)

target_pool_without_frontend = leak(
    TargetPool,
    "gcp-target-pool-without-frontend",
    when=lambda pool: sa.and_(
        unlinked(forwarding_rule_to_target_pool, TargetPool)(pool), ~is_backup(pool)
    ),
    owners=(same_place(ForwardingRule),),
    doc="No forwarding rule sends traffic to this target pool, and it is no other pool's backup.",
    confidence=0.8,
    since="creation_timestamp",
)
