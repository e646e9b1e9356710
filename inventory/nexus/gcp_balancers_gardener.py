"""Which load balancers and addresses in Google Cloud are which shoot's, and what DNS calls them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inventory.core.link import Rule, link
from inventory.sources.gardener.models.dns import DnsRecord
from inventory.sources.gardener.models.shoot import Shoot
from inventory.sources.gcp.models.address import Address
from inventory.sources.gcp.models.forwarding_rule import ForwardingRule
from inventory.sources.gcp.models.links import by_target
from inventory.sources.gcp.models.target_pool import TargetPool, TargetPoolInstance


def workers(shoot: Any) -> Any:
    """How names of machines begin, and the one shoot whose machines these are.

    `shoot--dev--a-b` may be worker group `b` of shoot `a`, or no group's of shoot `a-b`; where two
    shoots have such groups, neither is taken.
    """
    prefix = sa.func.unnest(shoot.c.worker_prefixes).table_valued("prefix").render_derived("worker")
    alike = sa.func.count().over(partition_by=prefix.c.prefix).label("alike")
    every = (
        sa.select(prefix.c.prefix.label("prefix"), shoot.c.id.label("shoot_id"), alike)
        .select_from(shoot.join(prefix, sa.true()))
        .subquery("every_worker")
    )
    return sa.select(every.c.prefix, every.c.shoot_id).where(every.c.alike == 1).subquery("workers")


def member_by_name(member: Any, shoot: Any) -> sa.Select[Any]:
    group = workers(shoot)
    return sa.select(member.c.id, group.c.shoot_id).select_from(
        member.join(group, group.c.prefix == member.c.worker_prefix)
    )


def pool_by_members(pool: Any, shoot: Any) -> sa.Select[Any]:
    group, member, mine = _members(pool, shoot)
    return (
        sa.select(pool.c.id, group.c.shoot_id)
        .distinct()
        .select_from(member.join(group, group.c.prefix == member.c.worker_prefix).join(pool, mine))
    )


def rule_by_target(rule: Any, shoot: Any) -> sa.Select[Any]:
    return _rule_by_pool(rule, shoot, by_target)


def rule_by_name(rule: Any, shoot: Any) -> sa.Select[Any]:
    """Kubernetes gives a forwarding rule and its target pool one name."""
    return _rule_by_pool(
        rule,
        shoot,
        lambda rule, pool: sa.and_(
            rule.c.project_id == pool.c.project_id,
            rule.c.region == pool.c.region,
            rule.c.name == pool.c.name,
        ),
    )


def _rule_by_pool(rule: Any, shoot: Any, serves: Any) -> sa.Select[Any]:
    pool = TargetPool.__table__.alias("pool")
    group, member, mine = _members(pool, shoot)
    return (
        sa.select(rule.c.id, group.c.shoot_id)
        .distinct()
        .select_from(
            member.join(group, group.c.prefix == member.c.worker_prefix)
            .join(pool, mine)
            .join(rule, serves(rule, pool))
        )
    )


def _members(pool: Any, shoot: Any) -> tuple[Any, Any, Any]:
    member = TargetPoolInstance.__table__.alias("member")
    mine = sa.and_(
        member.c.project_id == pool.c.project_id,
        member.c.target_pool_id == pool.c.target_pool_id,
    )
    return workers(shoot), member, mine


def record_of(column: str) -> Any:
    """A record that holds an address."""

    def same(row: Any, record: Any) -> Any:
        return sa.func.host(row.c[column]) == record.c.value

    return same


target_pool_instance_to_shoot = link(
    TargetPoolInstance,
    Shoot,
    on=Rule(member_by_name, a=("worker_prefix",), b=("worker_prefixes",)),
    one=("b",),
    doc="A virtual machine in a target pool, gone or not, is named like the machines of a shoot.",
)

target_pool_to_shoot = link(
    TargetPool,
    Shoot,
    on=Rule(pool_by_members, a=("name",), b=("worker_prefixes",)),
    doc="A target pool serves a shoot: virtual machines in it are named like the shoot's machines.",
)

forwarding_rule_to_shoot = link(
    ForwardingRule,
    Shoot,
    rules={
        "target": Rule(rule_by_target, a=("target",), b=("worker_prefixes",)),
        "name": Rule(rule_by_name, a=("name", "region"), b=("worker_prefixes",)),
    },
    doc="A forwarding rule serves a shoot: its target pool does.",
)

forwarding_rule_to_dns_record = link(
    ForwardingRule,
    DnsRecord,
    on=Rule(record_of("ip_address"), a=("ip_address",), b=("value",)),
    doc="A DNS record leads to a forwarding rule's address.",
)

address_to_dns_record = link(
    Address,
    DnsRecord,
    on=Rule(record_of("address"), a=("address",), b=("value",)),
    doc="A DNS record leads to a reserved address.",
)
