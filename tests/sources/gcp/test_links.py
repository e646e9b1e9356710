"""Which rows of Google Cloud belong together: inside one project, and inside one zone or region."""

from __future__ import annotations

from typing import Any

from inventory.catalog import Catalog
from inventory.db.reconcile import reconcile
from inventory.graph.projection import Projection
from inventory.sources.gcp.models import iam_links, links
from inventory.sources.gcp.tasks.address import address_row
from inventory.sources.gcp.tasks.forwarding_rule import rule_row
from inventory.sources.gcp.tasks.gke_cluster import cluster_row
from inventory.sources.gcp.tasks.iam import binding_row, member_row, policy_row
from inventory.sources.gcp.tasks.project import project_row
from inventory.sources.gcp.tasks.subnet import subnet_row
from inventory.sources.gcp.tasks.target_pool import pool_instance_row, pool_row
from tests.sources.gcp.google import HERE, PROJECT, REGION, ZONE
from tests.sources.gcp.storing import (
    Database,
    attached,
    disk,
    instance,
    nic,
    number,
    pairs,
    vpc,
    write,
)

OTHER_ZONE = f"{REGION}-c"


def test_a_disk_is_attached_where_it_is_and_not_where_a_namesake_is(rows_db: Database) -> None:
    """The original compared names alone."""
    write(
        rows_db,
        instance("vm", description="here"),
        instance("vm", zone=OTHER_ZONE, description="there"),
        instance("vm", project="other", description="abroad"),
        disk("data", disk_id=1, description="zonal"),
        disk("data", disk_id=2, zone=OTHER_ZONE, description="namesake"),
        disk("data", disk_id=3, zone=None, description="regional"),
        attached(1, "data", "vm"),
        attached(3, "data", "vm"),
        attached(3, "data", "vm", OTHER_ZONE),
    )

    assert pairs(rows_db, links.instance_to_disk, "description", "description") == [
        ("here", "regional", "match"),
        ("here", "zonal", "match"),
        ("there", "regional", "match"),
    ]


def test_a_boot_disk_is_the_one_that_is_said_to_be_and_not_the_one_of_its_name(
    rows_db: Database, catalog: Catalog
) -> None:
    """The original took the disk with the name of the instance."""
    write(
        rows_db,
        instance("vm", boot_disk_name="system", boot_disk_zone=ZONE),
        instance("vm-2", boot_disk_name="system"),
        instance("vm-3"),
        disk("vm", description="namesake"),
        disk("system", description="zonal", source_image="gardenlinux"),
        disk("system", zone=None, description="regional"),
        disk("system", zone=OTHER_ZONE, description="elsewhere"),
        disk("system", project="other", description="abroad"),
    )

    assert pairs(rows_db, links.instance_to_boot_disk, "name", "description") == [
        ("vm", "zonal", "match"),
        ("vm-2", "regional", "match"),
    ]
    # The image is its disk's, looked up with the row.
    image = Projection(catalog).by_type["GcpInstance"].leaves["sourceMachineImage"].on("i")
    query = f"select name, {image} from gcp_instance i order by name"
    assert rows_db.execute(query.encode()).fetchall() == [
        ("vm", "gardenlinux"),
        ("vm-2", None),
        ("vm-3", None),
    ]


def test_an_interface_is_in_the_network_of_the_project_that_shares_it(rows_db: Database) -> None:
    write(
        rows_db,
        vpc("net"),
        vpc("net", project="host"),
        nic(1, network="net", subnetwork="nodes", network_project_id="host"),
        nic(2, network="net", subnetwork="nodes", network_project_id=PROJECT),
        *(
            subnet_row(
                project_id=project, vpc_name="net", subnet_id=number(), name="nodes", region=region
            )
            for project, region in (("host", REGION), (PROJECT, "us-central1"))
        ),
    )

    assert pairs(rows_db, links.nic_to_vpc, "instance_id", "project_id") == [
        ("1", "host", "match"),
        ("2", PROJECT, "match"),
    ]
    assert pairs(rows_db, links.nic_to_subnet, "instance_id", "project_id") == [
        ("1", "host", "match")
    ]


def test_a_rule_leads_to_the_pool_that_it_targets(rows_db: Database) -> None:
    """The original compared their names."""

    write(
        rows_db,
        *(
            pool_row(project_id=project, target_pool_id=number(), name=name, region=region)
            for name, region, project in (
                ("a", REGION, PROJECT),
                ("b", REGION, PROJECT),
                ("b", "us-central1", PROJECT),
                ("b", REGION, "other"),
            )
        ),
        *(
            rule_row(project_id=PROJECT, rule_id=number(), name=name, region=REGION, target=target)
            for name, target in (
                ("a", f"{HERE}/regions/{REGION}/targetPools/b"),
                ("b", f"{HERE}/regions/{REGION}/targetInstances/b"),
                ("c", None),
            )
        ),
    )

    assert pairs(rows_db, links.forwarding_rule_to_target_pool) == [("a", "b", "match")]


def test_a_node_is_of_the_cluster_where_it_says_or_the_only_one_it_can_be(
    rows_db: Database,
) -> None:
    label = "goog-k8s-cluster-location"
    write(
        rows_db,
        *(
            cluster_row(
                project_id=PROJECT, cluster_id=key, name=name, location=location, region=region
            )
            for key, name, location, region in (
                ("regional", "one", REGION, REGION),
                ("zone-b", "two", ZONE, REGION),
                ("zone-c", "two", OTHER_ZONE, REGION),
                ("abroad", "one", "us-central1", "us-central1"),
            )
        ),
        instance("old", gke_cluster_name="one"),
        instance("new", gke_cluster_name="two", labels={label: OTHER_ZONE}),
        instance("unclear", gke_cluster_name="two"),
        instance("none"),
    )

    assert pairs(rows_db, links.instance_to_gke_cluster, "name", "cluster_id") == [
        ("new", "zone-c", "location"),
        ("old", "regional", "region"),
    ]


def test_a_member_of_a_pool_is_the_instance_of_its_zone(rows_db: Database) -> None:
    write(
        rows_db,
        instance("vm"),
        instance("vm", zone=OTHER_ZONE),
        *(
            pool_instance_row(project_id=PROJECT, target_pool_id=1, zone=ZONE, instance_name=name)
            for name in ("vm", "gone")
        ),
    )

    found = pairs(rows_db, links.target_pool_instance_to_instance, "instance_name", "zone")

    assert found == [("vm", ZONE, "match")]


def test_a_member_has_a_role_by_the_binding_of_its_condition(rows_db: Database) -> None:
    on: dict[str, Any] = {"resource_type": "project", "resource_name": f"projects/{PROJECT}"}
    write(
        rows_db,
        project_row(project_id=PROJECT, name="projects/1"),
        project_row(project_id="other", name="projects/2"),
        policy_row(**on),
        policy_row(resource_type="folder", resource_name=f"projects/{PROJECT}"),
        binding_row(**on, role="r", condition_key="none"),
        binding_row(**on, role="r", condition_key="c1", condition="false"),
        member_row(**on, role="r", condition_key="none", member="user:a"),
        member_row(**on, role="r", condition_key="c1", member="user:a"),
        # GCP may list a member twice; it is one row.
        member_row(**on, role="r", condition_key="c1", member="user:a"),
    )

    assert pairs(rows_db, iam_links.iam_policy_to_project, "resource_type", "project_id") == [
        ("project", PROJECT, "match")
    ]
    member_to_binding = iam_links.iam_role_member_to_binding
    assert pairs(rows_db, member_to_binding, "condition_key", "condition_key") == [
        ("c1", "c1", "match"),
        ("none", "none", "match"),
    ]
    assert len(pairs(rows_db, iam_links.iam_role_member_to_policy, "member", "version")) == 2
    assert len(pairs(rows_db, iam_links.iam_binding_to_policy, "role", "version")) == 2


def test_unsigned_numbers_are_stored_whole(rows_db: Database) -> None:
    """The original failed from 2^63 on."""
    write(rows_db, instance("vm", instance_id=2**64 - 1), disk("d", disk_id=2**64 - 1))

    found = rows_db.execute("select instance_id, disk_id from gcp_instance, gcp_disk").fetchone()

    assert found == (2**64 - 1, 2**64 - 1)


def test_two_regional_disks_of_one_name_are_two(rows_db: Database) -> None:
    """The original knew a regional disk by its name alone."""
    write(rows_db, disk("d", zone=None), disk("d", zone=None, region="us-central1"))

    assert rows_db.execute("select count(*) from gcp_disk").fetchone() == (2,)


def test_an_address_that_has_none_yet_is_stored(rows_db: Database) -> None:
    write(rows_db, address_row(project_id=PROJECT, address_id=1, name="a", is_global=True))

    assert rows_db.execute("select address from gcp_address").fetchall() == [(None,)]


def test_every_rule_is_sql_that_postgresql_knows(rows_db: Database, catalog: Catalog) -> None:
    found = {
        name: reconcile(rows_db, link).found
        for name, link in catalog.links.items()
        if name.startswith(("l_gcp_", "n_gcp_"))
    }

    assert set(found.values()) == {0}
