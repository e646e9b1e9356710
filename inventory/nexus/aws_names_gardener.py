"""What DNS and load balancers in AWS are to Gardener."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inventory.core.link import Rule, link
from inventory.nexus.aws_gardener import clusters_of
from inventory.sources.aws.models.hosted_zone import HostedZone, ResourceRecord
from inventory.sources.aws.models.links import interface_of
from inventory.sources.aws.models.load_balancer import LoadBalancer
from inventory.sources.aws.models.network_interface import NetworkInterface
from inventory.sources.aws.models.subnet import Subnet
from inventory.sources.aws.models.vpc import Vpc
from inventory.sources.gardener.models.dns import DnsEntry, DnsRecord
from inventory.sources.gardener.models.shoot import Shoot


def text(value: str) -> sa.ColumnElement[str]:
    """A constant of a condition; conditions hold no parameters."""
    return sa.literal_column(f"'{value}'")


def plain_name(name: Any) -> sa.ColumnElement[str]:
    """A name of DNS without the dot at its end, in lower case."""
    return sa.func.lower(sa.func.rtrim(name, text(".")))


def plain_value(record: Any) -> sa.ColumnElement[str]:
    """A value of Route 53 as Gardener writes it: texts without quotes, aliases without prefix."""
    return sa.case(
        (record.c.type == text("TXT"), sa.func.btrim(record.c.value, text('"'))),
        else_=balancer_name(record.c.value),
    )


def balancer_name(value: Any) -> sa.ColumnElement[str]:
    """The name of a load balancer; the one with `dualstack.` before it is the same."""
    return sa.func.regexp_replace(plain_name(value), text("^dualstack[.]"), text(""))


def same_value(record: Any, said: Any) -> sa.ColumnElement[bool]:
    """One name with one value, in the zone that Gardener says if it says one."""
    told = sa.case((record.c.type == text("TXT"), said.c.value), else_=balancer_name(said.c.value))
    value = sa.func.btrim(told, text('"'))
    return sa.and_(
        plain_name(record.c.name) == plain_name(said.c.fqdn),
        plain_value(record) == value,
        said.c.provider_type.in_((text("aws-route53"), text("remote"))),
        sa.or_(said.c.dns_zone.is_(None), said.c.dns_zone == record.c.hosted_zone_id),
    )


def same_record(record: Any, said: Any) -> sa.ColumnElement[bool]:
    """An alias is written where Gardener says CNAME."""
    alias = sa.and_(record.c.is_alias, said.c.record_type == text("CNAME"))
    return sa.and_(same_value(record, said), sa.or_(said.c.record_type == record.c.type, alias))


def balancer_by_name_of_vpc(balancer: Any, shoot: Any) -> sa.Select[Any]:
    vpc = Vpc.__table__.alias("vpc")
    inside = sa.and_(vpc.c.vpc_id == balancer.c.vpc_id, vpc.c.account_id == balancer.c.account_id)
    return sa.select(balancer.c.id, shoot.c.id).select_from(
        balancer.join(vpc, inside).join(shoot, shoot.c.technical_id == vpc.c.name)
    )


def balancer_by_subnets(balancer: Any, shoot: Any) -> sa.Select[Any]:
    """In a VPC that somebody else made, it takes its traffic in subnets of the shoot."""
    interface = NetworkInterface.__table__.alias("interface")
    subnet = Subnet.__table__.alias("subnet")
    keys, cluster = clusters_of(subnet)
    inside = sa.and_(
        subnet.c.subnet_id == interface.c.subnet_id, subnet.c.account_id == interface.c.account_id
    )
    return (
        sa.select(balancer.c.id, shoot.c.id)
        .distinct()
        .select_from(
            balancer.join(interface, interface_of(balancer, interface))
            .join(subnet, inside)
            .join(keys, sa.true())
            .join(shoot, shoot.c.technical_id == cluster)
        )
    )


def record_of_balancer(balancer: Any, record: Any) -> sa.ColumnElement[bool]:
    return sa.func.lower(balancer.c.dns_name) == balancer_name(record.c.value)


dns_record_to_dns_record = link(
    ResourceRecord,
    DnsRecord,
    on=Rule(same_record, a=("name", "type", "value"), b=("fqdn", "record_type", "value")),
    doc="A record of Route 53 is what a DNS record of Gardener asks for: name, type and value.",
)

dns_record_to_dns_entry = link(
    ResourceRecord,
    DnsEntry,
    on=Rule(same_value, a=("name", "value"), b=("fqdn", "value")),
    doc="A record of Route 53 is what a DNS entry of Gardener asks for: name and value.",
)

hosted_zone_to_dns_record = link(
    HostedZone,
    DnsRecord,
    on={"hosted_zone_id": "dns_zone"},
    doc="A DNS record of Gardener is written to a zone of Route 53.",
)

load_balancer_to_shoot = link(
    LoadBalancer,
    Shoot,
    rules={
        "vpc_name": Rule(balancer_by_name_of_vpc, a=("vpc_id",), b=("technical_id",)),
        "subnet_cluster_tag": Rule(balancer_by_subnets, a=("name", "vpc_id"), b=("technical_id",)),
    },
    doc="A load balancer serves a shoot: it is in the VPC of that name, or in subnets that are "
    "tagged with it.",
)

load_balancer_to_dns_record = link(
    LoadBalancer,
    DnsRecord,
    on=Rule(record_of_balancer, a=("dns_name",), b=("value",)),
    # Names of load balancers are unique in all of AWS.
    one=("a",),
    doc="A DNS record of Gardener leads to a load balancer.",
)
