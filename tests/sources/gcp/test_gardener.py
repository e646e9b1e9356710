"""Which rule relates what Gardener made in Google Cloud, on rows made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from inventory.core.link import Link
from inventory.core.row import Row
from inventory.db.reconcile import statement
from inventory.nexus import gcp_balancers_gardener as balancers
from inventory.nexus import gcp_gardener as nexus
from inventory.sources.gardener.tasks.backup_bucket import bucket_row as backup_row
from inventory.sources.gardener.tasks.bastion import bastion_row
from inventory.sources.gardener.tasks.machine import machine_row
from inventory.sources.gardener.tasks.seed import seed_row
from inventory.sources.gardener.tasks.shoot import shoot_row
from inventory.sources.gcp.tasks.bucket import bucket_row
from inventory.sources.gcp.tasks.gke_cluster import cluster_row
from inventory.sources.gcp.tasks.subnet import subnet_row
from tests.sources.gcp.google import PROJECT, REGION, ZONE
from tests.sources.gcp.storing import Database, instance, nic, number, pairs, vpc, write

WEB, DB = "shoot--dev--web", "shoot--dev--db"


def shoot(technical_id: str, *groups: str, **more: Any) -> Row[Any]:
    known: dict[str, Any] = {
        "technical_id": technical_id,
        "name": technical_id.rpartition("--")[2],
        "namespace": "garden-dev",
        "worker_prefixes": [f"{technical_id}-{group}" for group in groups],
    }
    return shoot_row(**known | more)


def subnet(name: str, network: str, project: str = PROJECT) -> Row[Any]:
    return subnet_row(
        project_id=project, vpc_name=network, subnet_id=number(), name=name, region=REGION
    )


def machine(name: str, namespace: str = WEB, provider_id: str | None = None) -> Row[Any]:
    return machine_row(namespace=namespace, name=name, provider_id=provider_id)


def test_a_vpc_is_the_shoots_by_its_name_or_by_the_subnets_in_it(rows_db: Database) -> None:
    write(
        rows_db,
        shoot(WEB),
        shoot(DB),
        vpc(WEB),
        vpc("shared"),
        vpc("default"),
        subnet(f"{WEB}-nodes", WEB),
        subnet(f"{WEB}-nodes", "shared", project="other"),
        subnet(f"{DB}-nodes", "shared"),
        subnet(f"{DB}-internal", "shared"),
        subnet(f"{DB}-nodes-2", "default"),
        subnet("default", "default"),
    )

    assert pairs(rows_db, nexus.vpc_to_shoot) == [
        ("shared", "db", "subnet_name"),
        (WEB, "web", "name"),
    ]
    assert pairs(rows_db, nexus.subnet_to_shoot) == [
        (f"{DB}-internal", "db", "name"),
        (f"{DB}-nodes", "db", "name"),
        # The one in the network of another project, which is no shoot's own there.
        (f"{WEB}-nodes", "web", "name"),
        (f"{WEB}-nodes", "web", "vpc_name"),
    ]


def test_an_instance_is_the_machine_that_names_its_project_zone_and_name(
    rows_db: Database,
) -> None:
    """The original compared names alone."""
    name = f"{WEB}-w-z1-aaaaa-bbbbb"
    pending = f"{WEB}-w-z1-aaaaa-ccccc"
    write(
        rows_db,
        shoot(WEB),
        instance(name, description="right"),
        instance(name, project="other", description="other project"),
        instance(name, zone=f"{REGION}-c", description="other zone"),
        instance(pending, description="pending"),
        instance("stray", description="stray"),
        machine(name, provider_id=f"gce:///{PROJECT}/{ZONE}/{name}"),
        machine(pending),
        # In the namespace of another shoot nothing has this name.
        machine(pending, namespace=DB),
        machine("stray"),
    )

    assert pairs(rows_db, nexus.instance_to_machine, "description", "namespace") == [
        ("pending", WEB, "name"),
        ("right", WEB, "provider_id"),
    ]
    assert pairs(rows_db, nexus.instance_to_shoot, "description") == [
        ("pending", "web", "name"),
        ("right", "web", "provider_id"),
    ]


def test_a_bastion_is_found_by_any_of_its_addresses(rows_db: Database) -> None:
    """The original dropped interfaces with two addresses."""
    write(
        rows_db,
        instance("bastion", instance_id=1),
        instance("namesake", instance_id=1, project="other"),
        nic(1, nat_ip="34.1.1.1", nat_ips=["34.1.1.1", "34.1.1.2"]),
        bastion_row(seed_name="s", namespace=WEB, name="b", ip="34.1.1.2"),
        bastion_row(seed_name="s", namespace=WEB, name="none"),
    )

    assert pairs(rows_db, nexus.instance_to_bastion) == [("bastion", "b", "match")]


def test_a_backup_bucket_is_one_of_google_cloud(rows_db: Database) -> None:
    write(
        rows_db,
        *(bucket_row(project_id=PROJECT, name=name) for name in ("mine", "namesake")),
        backup_row(name="mine", provider_type="gcp"),
        backup_row(name="namesake", provider_type="aws"),
    )

    assert pairs(rows_db, nexus.bucket_to_backup_bucket) == [("mine", "mine", "match")]


def test_a_cluster_is_the_seed_that_the_configuration_says(rows_db: Database) -> None:
    def cluster(name: str, seed: str | None) -> Row[Any]:
        return cluster_row(project_id=PROJECT, cluster_id=name, name=name, seed_name=seed)

    write(rows_db, cluster("a", "soil"), cluster("soil", None), seed_row(name="soil"))

    assert pairs(rows_db, nexus.gke_cluster_to_seed) == [("a", "soil", "match")]


@pytest.mark.parametrize(
    "link",
    [
        nexus.vpc_to_shoot,
        nexus.subnet_to_shoot,
        nexus.instance_to_machine,
        nexus.instance_to_shoot,
        nexus.instance_to_image,
        nexus.instance_to_bastion,
        nexus.disk_to_persistent_volume,
        nexus.disk_to_shoot,
        balancers.target_pool_instance_to_shoot,
        balancers.target_pool_to_shoot,
        balancers.forwarding_rule_to_shoot,
        balancers.forwarding_rule_to_dns_record,
        balancers.address_to_dns_record,
    ],
    ids=lambda link: link.name,
)
def test_no_rule_compares_every_row_with_every_row(rows_db: Database, link: Link) -> None:
    rows_db.execute("set local enable_nestloop = off")
    explained = b"explain (format json) " + statement(link).as_bytes(rows_db)

    ((found,),) = rows_db.execute(explained).fetchall()

    # What is left are joins that cannot be hashed or merged: only a row with its own values.
    loops = [node for node in nodes(found[0]["Plan"]) if node["Node Type"] == "Nested Loop"]
    for loop in loops:
        assert "Function Scan" in [child["Node Type"] for child in loop["Plans"]]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of a plan."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)
