"""Which rule relates what Gardener made in AWS, on rows made by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from inventory.core.link import Link
from inventory.core.row import Row
from inventory.core.scope import Scope
from inventory.db.reconcile import reconcile, statement
from inventory.db.store import store
from inventory.nexus.aws_gardener import vpc_to_shoot
from inventory.nexus.aws_machines_gardener import instance_to_machine
from inventory.sources.aws.scopes import RegionScope
from inventory.sources.aws.tasks.instance import instance_row
from inventory.sources.aws.tasks.subnet import subnet_row
from inventory.sources.aws.tasks.vpc import vpc_row
from inventory.sources.gardener.scopes import GardenScope, SeedScope
from inventory.sources.gardener.tasks.machine import machine_row
from inventory.sources.gardener.tasks.shoot import shoot_row

ACCOUNT, REGION = "111122223333", "eu-central-1"
PLACE, GARDEN, SEED = RegionScope(ACCOUNT, REGION), GardenScope(), SeedScope("s")
WEB, DB = "shoot--dev--web", "shoot--dev--db"

Database = psycopg.Connection[Any]
Write = Callable[..., None]


def tagged(*clusters: str) -> dict[str, str]:
    return {f"kubernetes.io/cluster/{name}": "1" for name in clusters} | {"Name": "x"}


def vpc(vpc_id: str, name: str | None = None, *clusters: str, **tags: str) -> Row[Any]:
    return vpc_row(
        account_id=ACCOUNT,
        region_name=REGION,
        vpc_id=vpc_id,
        name=name,
        tags=tagged(*clusters) | tags,
    )


def subnet(subnet_id: str, vpc_id: str, cluster: str, account: str = ACCOUNT) -> Row[Any]:
    return subnet_row(
        account_id=account,
        region_name=REGION,
        subnet_id=subnet_id,
        vpc_id=vpc_id,
        tags=tagged(cluster),
    )


def instance(instance_id: str, name: str, cluster: str) -> Row[Any]:
    return instance_row(
        account_id=ACCOUNT,
        region_name=REGION,
        instance_id=instance_id,
        name=name,
        tags=tagged(cluster),
    )


@pytest.fixture
def write(db: Database) -> Iterator[Write]:
    """Stores rows of any models, and takes all away at the end."""

    def write(*rows: Row[Any]) -> None:
        for model in {row.model for row in rows}:
            scope: Scope = PLACE
            if model.source.key == "g":
                scope = SEED if model.__name__ == "Machine" else GARDEN
            mine = [row for row in rows if row.model is model]
            store(db, [model], scope, mine)

    yield write
    db.execute("truncate aws_vpc, aws_subnet, aws_instance, g_shoot, g_machine cascade")


@pytest.fixture
def pairs(db: Database) -> Callable[[Link], list[tuple[str, str, str]]]:
    """Reconciles a nexus; its pairs by name, and the rule that found each."""

    def find(link: Link) -> list[tuple[str, str, str]]:
        reconcile(db, link)
        a, b = link.columns
        ends = {"aws_vpc": "vpc_id", "aws_instance": "instance_id"}
        key = ends[str(link.a.__tablename__)]
        query = (
            f"select a.{key}, b.name, l.rule from {link.name} l"
            f" join {link.a.__tablename__} a on a.id = l.{a}"
            f" join {link.b.__tablename__} b on b.id = l.{b} order by 1, 2"
        )
        return db.execute(query.encode()).fetchall()

    return find


def shoots() -> list[Row[Any]]:
    return [
        shoot_row(technical_id=WEB, name="web", namespace="garden-dev"),
        shoot_row(technical_id=DB, name="db", namespace="garden-dev"),
    ]


def test_a_vpc_finds_its_shoot_by_tag_then_name_then_the_tags_of_its_subnets(
    write: Write, pairs: Callable[[Link], list[tuple[str, str, str]]]
) -> None:
    write(
        *shoots(),
        vpc("vpc-both", WEB, WEB),
        vpc("vpc-name", WEB),
        vpc("vpc-shared", "ours", WEB, DB),
        vpc("vpc-subnet", "theirs"),
        vpc("vpc-other", "other", "shoot--gone--x"),
        vpc("vpc-close", None, **{f"x/kubernetes.io/cluster/{WEB}": "1", WEB: ""}),
        subnet("subnet-1", "vpc-subnet", DB),
        subnet("subnet-2", "vpc-subnet", DB),
        subnet("subnet-3", "vpc-absent", DB),
    )

    assert pairs(vpc_to_shoot) == [
        ("vpc-both", "web", "cluster_tag"),
        ("vpc-name", "web", "name"),
        ("vpc-shared", "db", "cluster_tag"),
        ("vpc-shared", "web", "cluster_tag"),
        ("vpc-subnet", "db", "subnet_cluster_tag"),
    ]


def test_a_subnet_of_another_account_does_not_count(
    write: Write, pairs: Callable[[Link], list[tuple[str, str, str]]]
) -> None:
    write(*shoots(), vpc("vpc-1"), subnet("subnet-1", "vpc-1", WEB, account="444455556666"))

    assert pairs(vpc_to_shoot) == []


def test_an_instance_finds_its_machine_by_provider_id_or_by_name_inside_its_cluster(
    write: Write, pairs: Callable[[Link], list[tuple[str, str, str]]]
) -> None:
    write(
        instance("i-1", "known", WEB),
        instance("i-2", "pending", WEB),
        instance("i-3", "pending", DB),
        instance("i-4", "known", WEB),
        machine_row(namespace=WEB, name="known", provider_id="aws:///eu-central-1/i-1"),
        machine_row(namespace=WEB, name="pending"),
        machine_row(namespace=WEB, name="abroad", provider_id="aws:///eu-west-1/i-2"),
    )

    assert pairs(instance_to_machine) == [
        ("i-1", "known", "provider_id"),
        ("i-2", "pending", "name"),
    ]


def test_a_pair_tells_the_surer_rule_once_there_is_one(
    write: Write, pairs: Callable[[Link], list[tuple[str, str, str]]]
) -> None:
    write(instance("i-1", "m", WEB), machine_row(namespace=WEB, name="m"))
    before = pairs(instance_to_machine)
    write(machine_row(namespace=WEB, name="m", provider_id="aws:///eu-central-1/i-1"))

    assert before == [("i-1", "m", "name")]
    assert pairs(instance_to_machine) == [("i-1", "m", "provider_id")]


@pytest.mark.parametrize("link", [vpc_to_shoot, instance_to_machine], ids=lambda link: link.name)
def test_no_rule_compares_every_row_with_every_row(db: Database, link: Link) -> None:
    db.execute("set enable_nestloop = off")
    plan = [row[0] for row in db.execute(b"explain " + statement(link).as_bytes(db)).fetchall()]

    joined = [line for line in plan if "Hash Cond" in line or "Merge Cond" in line]
    assert any("starts_with" in line or "aws:///" in line for line in joined)
    assert any(".name = " in line for line in joined)
