"""Which names, balancers, subnets and volumes of AWS are Gardener's, on rows made by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from inventory.core.link import Link
from inventory.core.row import Row
from inventory.core.scope import Scope
from inventory.db.reconcile import reconcile
from inventory.db.store import store
from inventory.nexus.aws_gardener import subnet_to_shoot, volume_to_persistent_volume
from inventory.nexus.aws_machines_gardener import image_to_profile_image, instance_to_bastion
from inventory.nexus.aws_names_gardener import (
    dns_record_to_dns_entry,
    dns_record_to_dns_record,
    load_balancer_to_dns_record,
    load_balancer_to_shoot,
)
from inventory.sources.aws.tasks.hosted_zone import record_row
from inventory.sources.aws.tasks.image import image_row
from inventory.sources.aws.tasks.instance import instance_row
from inventory.sources.aws.tasks.load_balancer import balancer_row
from inventory.sources.aws.tasks.network_interface import interface_row
from inventory.sources.aws.tasks.subnet import subnet_row
from inventory.sources.aws.tasks.volume import volume_row
from inventory.sources.aws.tasks.vpc import vpc_row
from inventory.sources.gardener.tasks.bastion import bastion_row
from inventory.sources.gardener.tasks.cloud_profile import aws_row
from inventory.sources.gardener.tasks.dns import entry_row
from inventory.sources.gardener.tasks.dns import record_row as wanted_row
from inventory.sources.gardener.tasks.persistent_volume import volume_row as persistent_row
from inventory.sources.gardener.tasks.shoot import shoot_row

ACCOUNT, OTHER, REGION = "111122223333", "444455556666", "eu-central-1"
WEB = "shoot--dev--web"
Database = psycopg.Connection[Any]
Pairs = list[tuple[str, str]]


@pytest.fixture
def pairs(db: Database) -> Iterator[Callable[..., Pairs]]:
    """Stores rows and reconciles a nexus; what its pairs are, by a column of each end."""
    stored: set[str] = set()

    def find(link: Link, a: str, b: str, *rows: Row[Any]) -> Pairs:
        for model in {row.model for row in rows}:
            store(db, [model], Scope(), [row for row in rows if row.model is model])
            stored.add(str(model.__tablename__))
        reconcile(db, link)
        a_id, b_id = link.columns
        query = (
            f"select a.{a}::text, b.{b}::text from {link.name} l"
            f" join {link.a.__tablename__} a on a.id = l.{a_id}"
            f" join {link.b.__tablename__} b on b.id = l.{b_id} order by 1, 2"
        )
        return [(row[0], row[1]) for row in db.execute(query.encode()).fetchall()]

    yield find
    db.execute(f"truncate {', '.join(stored)} cascade".encode())


def record(name: str, kind: str, value: str, *, zone: str = "Z1", alias: bool = False) -> Row[Any]:
    return record_row(
        account_id=ACCOUNT, hosted_zone_id=zone, name=name, type=kind, value=value, is_alias=alias
    )


def wanted(
    name: str,
    fqdn: str,
    kind: str,
    value: str,
    provider: str = "aws-route53",
    zone: str | None = None,
) -> Row[Any]:
    return wanted_row(
        seed_name="s",
        namespace=WEB,
        name=name,
        value=value,
        fqdn=fqdn,
        record_type=kind,
        provider_type=provider,
        dns_zone=zone,
    )


def entry(name: str, fqdn: str, value: str) -> Row[Any]:
    return entry_row(
        seed_name="s",
        namespace=WEB,
        name=name,
        value=value,
        fqdn=fqdn,
        provider_type="aws-route53",
    )


def balancer(name: str, vpc_id: str) -> Row[Any]:
    return balancer_row(
        account_id=ACCOUNT,
        region_name=REGION,
        dns_name=f"{name}-1.{REGION}.elb.amazonaws.com",
        name=name,
        type="classic",
        vpc_id=vpc_id,
    )


def interface(number: int, account: str = ACCOUNT, **values: Any) -> Row[Any]:
    return interface_row(
        account_id=account, region_name=REGION, interface_id=f"eni-{number}", **values
    )


def test_a_record_is_gardeners_by_name_type_and_value(pairs: Callable[..., Pairs]) -> None:
    found = pairs(
        dns_record_to_dns_record,
        "value",
        "name",
        record("api.a.example.com.", "CNAME", "LB-1.elb.amazonaws.com."),
        record("api.a.example.com.", "TXT", "1.2.3.4"),
        record("api.b.example.com.", "A", "1.2.3.4"),
        record("api.b.example.com.", "A", "9.9.9.9"),
        record("api.c.example.com.", "A", "dualstack.lb-1.elb.amazonaws.com.", alias=True),
        record("api.d.example.com.", "A", "5.5.5.5", zone="Z2"),
        record("api.e.example.com.", "A", "6.6.6.6"),
        wanted("a", "api.a.example.com", "CNAME", "lb-1.elb.amazonaws.com"),
        wanted("b", "API.b.example.com", "A", "1.2.3.4", provider="remote"),
        wanted("c", "api.c.example.com", "CNAME", "lb-1.elb.amazonaws.com"),
        wanted("d", "api.d.example.com", "A", "5.5.5.5", zone="Z1"),
        wanted("e", "api.e.example.com", "A", "6.6.6.6", provider="google-clouddns"),
    )

    assert found == [
        ("1.2.3.4", "b"),
        ("LB-1.elb.amazonaws.com.", "a"),
        ("dualstack.lb-1.elb.amazonaws.com.", "c"),
    ]


def test_an_entry_is_a_record_of_its_name_and_value_texts_without_quotes(
    pairs: Callable[..., Pairs],
) -> None:
    found = pairs(
        dns_record_to_dns_entry,
        "value",
        "value",
        record("two.example.com.", "A", "1.1.1.1"),
        record("two.example.com.", "A", "2.2.2.2"),
        record("two.example.com.", "A", "3.3.3.3"),
        record("text.example.com.", "TXT", '"owner=me"'),
        entry("two", "two.example.com", "1.1.1.1"),
        entry("two", "two.example.com", "2.2.2.2"),
        entry("text", "text.example.com", "owner=me"),
    )

    assert found == [('"owner=me"', "owner=me"), ("1.1.1.1", "1.1.1.1"), ("2.2.2.2", "2.2.2.2")]


def test_a_balancer_is_a_shoots_by_its_vpc_or_by_the_subnets_that_it_is_in(
    pairs: Callable[..., Pairs],
) -> None:
    tags = {f"kubernetes.io/cluster/{WEB}": "1"}
    found = pairs(
        load_balancer_to_shoot,
        "name",
        "technical_id",
        shoot_row(technical_id=WEB, name="web", namespace="garden-dev"),
        vpc_row(account_id=ACCOUNT, region_name=REGION, vpc_id="vpc-1", name=WEB),
        vpc_row(account_id=ACCOUNT, region_name=REGION, vpc_id="vpc-2", name="corp"),
        subnet_row(
            account_id=ACCOUNT, region_name=REGION, subnet_id="s-1", vpc_id="vpc-2", tags=tags
        ),
        subnet_row(account_id=ACCOUNT, region_name=REGION, subnet_id="s-2", vpc_id="vpc-2"),
        interface(1, description="ELB shared", subnet_id="s-1"),
        interface(2, description="ELB other", subnet_id="s-2"),
        interface(3, OTHER, description="ELB other", subnet_id="s-1"),
        balancer("own", "vpc-1"),
        balancer("shared", "vpc-2"),
        balancer("other", "vpc-2"),
    )

    assert found == [("own", WEB), ("shared", WEB)]


def test_a_record_leads_to_the_balancer_of_its_value(pairs: Callable[..., Pairs]) -> None:
    found = pairs(
        load_balancer_to_dns_record,
        "name",
        "fqdn",
        balancer("ABC", "vpc-1"),
        wanted("a", "api.a.example.com", "CNAME", f"dualstack.abc-1.{REGION}.elb.amazonaws.com."),
        wanted("b", "api.b.example.com", "CNAME", f"bc-1.{REGION}.elb.amazonaws.com"),
    )

    assert found == [("ABC", "api.a.example.com")]


def test_a_subnet_without_a_tag_is_the_shoots_that_its_vpc_is_named_after(
    pairs: Callable[..., Pairs],
) -> None:
    def subnet(number: int, account: str = ACCOUNT, **tags: str) -> Row[Any]:
        return subnet_row(
            account_id=account,
            region_name=REGION,
            subnet_id=f"s-{number}",
            vpc_id="vpc-1",
            tags=tags,
        )

    found = pairs(
        subnet_to_shoot,
        "subnet_id",
        "technical_id",
        shoot_row(technical_id=WEB, name="web", namespace="garden-dev"),
        vpc_row(account_id=ACCOUNT, region_name=REGION, vpc_id="vpc-1", name=WEB),
        subnet(1, **{f"kubernetes.io/cluster/{WEB}": "1"}),
        subnet(2),
        subnet(3, **{"kubernetes.io/cluster/shoot--dev--gone": "1"}),
        subnet(4, OTHER),
    )

    assert found == [("s-1", WEB), ("s-2", WEB)]


def test_a_volume_is_found_behind_each_way_to_name_it(pairs: Callable[..., Pairs]) -> None:
    def persistent(name: str, provider: str, ref: str) -> Row[Any]:
        return persistent_row(seed_name="s", name=name, provider=provider, disk_ref=ref)

    found = pairs(
        volume_to_persistent_volume,
        "volume_id",
        "name",
        *(
            volume_row(account_id=ACCOUNT, region_name=REGION, volume_id=f"vol-{number}")
            for number in range(4)
        ),
        persistent("csi", "csi:ebs.csi.aws.com", "vol-0"),
        persistent("zoned", "in-tree:aws-ebs", f"aws://{REGION}a/vol-1"),
        persistent("bare", "in-tree:aws-ebs", "vol-2"),
        persistent("foreign", "csi:disk.csi.azure.com", "vol-3"),
    )

    assert found == [("vol-0", "csi"), ("vol-1", "zoned"), ("vol-2", "bare")]


def test_a_bastion_is_the_instance_with_its_address_or_its_host_name(
    pairs: Callable[..., Pairs],
) -> None:
    host = "ec2-1-2-3-5.compute.amazonaws.com"
    found = pairs(
        instance_to_bastion,
        "instance_id",
        "name",
        *(
            instance_row(account_id=ACCOUNT, region_name=REGION, instance_id=f"i-{number}")
            for number in range(3)
        ),
        interface(0, instance_id="i-0", public_ip_address="1.2.3.4"),
        interface(1, instance_id="i-1", public_dns_name=host),
        interface(2, OTHER, instance_id="i-2", public_ip_address="1.2.3.6"),
        bastion_row(seed_name="s", namespace=WEB, name="by-ip", ip="1.2.3.4"),
        bastion_row(seed_name="s", namespace=WEB, name="by-name", hostname=host),
        bastion_row(seed_name="s", namespace=WEB, name="elsewhere", ip="1.2.3.6"),
        bastion_row(seed_name="s", namespace=WEB, name="pending"),
    )

    assert found == [("i-0", "by-ip"), ("i-1", "by-name")]


def test_an_image_is_that_of_its_own_region(pairs: Callable[..., Pairs]) -> None:
    def allowed(region: str) -> Row[Any]:
        return aws_row(
            cloud_profile_kind="CloudProfile",
            cloud_profile_name="aws",
            name="gardenlinux",
            version="1",
            region_name=region,
            ami="ami-1",
        )

    found = pairs(
        image_to_profile_image,
        "image_id",
        "region_name",
        image_row(account_id=ACCOUNT, region_name=REGION, image_id="ami-1"),
        allowed(REGION),
        allowed("eu-west-1"),
    )

    assert found == [("ami-1", REGION)]
