"""Which disks, images and load balancers in Google Cloud are Gardener's, on rows made by hand."""

from __future__ import annotations

from typing import Any

from inventory.core.row import Row
from inventory.nexus import gcp_balancers_gardener as balancers
from inventory.nexus import gcp_gardener as nexus
from inventory.sources.gardener.tasks.cloud_profile import gcp_row
from inventory.sources.gardener.tasks.dns import record_row
from inventory.sources.gardener.tasks.persistent_volume import volume_row
from inventory.sources.gcp.tasks.address import address_row
from inventory.sources.gcp.tasks.forwarding_rule import rule_row
from inventory.sources.gcp.tasks.target_pool import pool_instance_row, pool_row
from inventory.sources.gcp.utils import worker_prefix
from tests.sources.gcp.google import HERE, PROJECT, REGION, ZONE
from tests.sources.gcp.storing import Database, disk, instance, number, pairs, write
from tests.sources.gcp.test_gardener import DB, WEB, machine, shoot

CSI, IN_TREE = "csi:pd.csi.storage.gke.io", "in-tree:gce-pd"


def volume(name: str, provider: str, disk_ref: str) -> Row[Any]:
    return volume_row(seed_name="s", name=name, provider=provider, disk_ref=disk_ref)


def test_a_volume_is_on_the_disk_that_its_handle_names(rows_db: Database) -> None:
    """The original compared the names of the volume and the disk, which need not be the same."""
    write(
        rows_db,
        disk("pv-1", description="zonal"),
        disk("pv-1", zone=f"{REGION}-c", description="other zone"),
        disk("pv-1", project="other", description="other project"),
        disk("pv-2", zone=None, description="regional"),
        disk("pv-3", description="older"),
        disk("pv-4", description="migrated"),
        disk("pv-5", description="of AWS"),
        volume("a", CSI, f"projects/{PROJECT}/zones/{ZONE}/disks/pv-1"),
        volume("b", CSI, f"projects/{PROJECT}/regions/{REGION}/disks/pv-2"),
        volume("c", IN_TREE, "pv-3"),
        volume("d", CSI, "projects/UNSPECIFIED/zones/UNSPECIFIED/disks/pv-4"),
        volume("e", "csi:ebs.csi.aws.com", "pv-5"),
    )

    assert pairs(rows_db, nexus.disk_to_persistent_volume, "description") == [
        ("migrated", "d", "name"),
        ("older", "c", "name"),
        ("regional", "b", "disk_ref"),
        ("zonal", "a", "disk_ref"),
    ]


def test_a_disk_is_the_shoots_that_it_is_labelled_with(rows_db: Database) -> None:
    write(
        rows_db,
        shoot(WEB),
        disk("a", k8s_cluster_name=WEB),
        disk("b", k8s_cluster_name="shoot--gone--x"),
        disk(WEB),
    )

    assert pairs(rows_db, nexus.disk_to_shoot) == [("a", "web", "match")]


def test_a_machines_image_is_one_that_its_own_shoots_profile_allows(rows_db: Database) -> None:
    """The original could not tell profiles of a project from those of everyone."""

    def image(version: str, **more: Any) -> Row[Any]:
        known: dict[str, Any] = {
            "cloud_profile_kind": "CloudProfile",
            "cloud_profile_name": "gcp",
            "name": "gardenlinux",
            "image": "gardenlinux-1",
            "version": version,
        }
        return gcp_row(**known | more)

    def vm(letter: str) -> str:
        return f"{WEB}-w-z1-aaaaa-{letter * 5}"

    own = {"cloud_profile_kind": "NamespacedCloudProfile", "cloud_profile_name": "own"}
    write(
        rows_db,
        shoot(WEB, cloud_profile="gcp"),
        shoot(DB, cloud_profile="own", cloud_profile_kind="NamespacedCloudProfile"),
        image("1"),
        image("1", cloud_profile_name="other"),
        image("2", image="gardenlinux-2"),
        image("3", **own, cloud_profile_namespace="garden-dev"),
        image("3", **own, cloud_profile_namespace="garden-else"),
        instance("known", boot_disk_name="d-1", boot_disk_zone=ZONE),
        instance(vm("p"), boot_disk_name="d-1", boot_disk_zone=ZONE),
        instance(vm("q"), boot_disk_name="d-2", boot_disk_zone=ZONE),
        instance("of-db", boot_disk_name="d-1", boot_disk_zone=ZONE),
        disk("d-1", source_image="gardenlinux-1"),
        disk("d-2", source_image="somebodys"),
        machine("m", provider_id=f"gce:///{PROJECT}/{ZONE}/known"),
        machine(vm("p")),
        machine(vm("q")),
        machine("n", namespace=DB, provider_id=f"gce:///{PROJECT}/{ZONE}/of-db"),
    )

    found = pairs(rows_db, nexus.instance_to_image, "name", "cloud_profile_namespace")

    assert found == [
        ("known", "", "provider_id"),
        ("of-db", "garden-dev", "provider_id"),
        (vm("p"), "", "name"),
    ]


def member(pool_id: int, name: str) -> Row[Any]:
    return pool_instance_row(
        project_id=PROJECT,
        target_pool_id=pool_id,
        zone=ZONE,
        instance_name=name,
        worker_prefix=worker_prefix(name),
    )


def pool(pool_id: int, name: str) -> Row[Any]:
    return pool_row(project_id=PROJECT, target_pool_id=pool_id, name=name, region=REGION)


def rule(name: str, target: str | None = None, **more: Any) -> Row[Any]:
    return rule_row(
        project_id=PROJECT,
        rule_id=number(),
        name=name,
        region=REGION,
        target=f"{HERE}/regions/{REGION}/targetPools/{target}" if target else None,
        **more,
    )


def test_a_load_balancer_is_the_shoots_whose_machines_are_behind_it(rows_db: Database) -> None:
    write(
        rows_db,
        shoot(WEB, "w", "big-w"),
        # The names of the machines of these two groups begin alike.
        shoot("shoot--dev--a", "b-x"),
        shoot("shoot--dev--a-b", "x"),
        pool(1, "one"),
        pool(2, "two"),
        pool(3, "three"),
        pool(4, "empty"),
        member(1, f"{WEB}-w-z1-aaaaa-bbbbb"),
        member(1, f"{WEB}-big-w-z10-aaaaa-ccccc"),
        member(2, f"{WEB}-gone-z1-aaaaa-ccccc"),
        member(2, "vm"),
        member(3, "shoot--dev--a-b-x-z1-aaaaa-bbbbb"),
        rule("front", "one"),
        rule("two", "two"),
        rule("one"),
        rule("empty", "empty"),
    )

    assert pairs(rows_db, balancers.target_pool_instance_to_shoot, "instance_name") == [
        (f"{WEB}-big-w-z10-aaaaa-ccccc", "web", "match"),
        (f"{WEB}-w-z1-aaaaa-bbbbb", "web", "match"),
    ]
    assert pairs(rows_db, balancers.target_pool_to_shoot) == [("one", "web", "match")]
    assert pairs(rows_db, balancers.forwarding_rule_to_shoot) == [
        ("front", "web", "target"),
        ("one", "web", "name"),
    ]


def test_a_record_leads_to_an_address(rows_db: Database) -> None:
    def record(value: str, kind: str) -> Row[Any]:
        return record_row(seed_name="s", namespace=WEB, name="r", value=value, record_type=kind)

    write(
        rows_db,
        rule("four", ip_address="34.1.1.1"),
        rule("six", ip_address="2600:1900::1"),
        rule("none"),
        address_row(
            project_id=PROJECT, address_id=1, name="a", address="34.1.1.1", is_global=False
        ),
        record("34.1.1.1", "A"),
        record("2600:1900::1", "AAAA"),
        record("34.1.1.11", "A"),
        record("four", "CNAME"),
    )

    assert pairs(rows_db, balancers.forwarding_rule_to_dns_record, "name", "value") == [
        ("four", "34.1.1.1", "match"),
        ("six", "2600:1900::1", "match"),
    ]
    assert pairs(rows_db, balancers.address_to_dns_record, "name", "value") == [
        ("a", "34.1.1.1", "match")
    ]
