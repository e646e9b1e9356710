"""Everything of the reference is declared: models with their columns, links, nexus and tasks."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy.dialects import postgresql

from inventory.catalog import Catalog
from inventory.core.link import Link
from inventory.core.task import Collector

MODELS = {
    "project": "name project_id parent state display_name project_create_time project_update_time"
    " project_delete_time etag",
    "instance": "name hostname instance_id project_id zone region can_ip_forward cpu_platform"
    " creation_timestamp description last_start_timestamp last_stop_timestamp"
    " last_suspend_timestamp machine_type min_cpu_platform self_link status status_message"
    " gke_cluster_name gke_pool_name",
    "nic": "name project_id instance_id network subnetwork ipv4 ipv6 ipv6_access_type nic_type"
    " stack_type nat_ip",
    "vpc": "vpc_id project_id name creation_timestamp description gateway_ipv4 firewall_policy mtu",
    "subnet": "subnet_id vpc_name project_id name region creation_timestamp description"
    " ipv4_cidr_range gateway purpose",
    "address": "address address_type is_global creation_timestamp description address_id project_id"
    " region ip_version ipv6_endpoint_type name network network_tier subnetwork prefix_length"
    " purpose self_link status",
    "bucket": "name project_id location_type location default_storage_class creation_timestamp",
    "forwarding_rule": "rule_id project_id name ip_address ip_protocol ip_version all_ports"
    " allow_global_access backend_service base_forwarding_rule creation_timestamp description"
    " load_balancing_scheme network network_tier port_range ports region service_label"
    " service_name source_ip_ranges subnetwork target",
    "disk": "name project_id zone region type description is_regional creation_timestamp"
    " last_attach_timestamp last_detach_timestamp size_gb status k8s_cluster_name",
    "attached_disk": "instance_name disk_name project_id zone region",
    "gke_cluster": "name cluster_id project_id location network subnetwork cluster_ipv4_cidr"
    " services_ipv4_cidr enable_k8s_alpha endpoint initial_version current_master_version ca_data",
    "target_pool": "target_pool_id project_id name description backup_pool creation_timestamp region"
    " security_policy session_affinity",
    "target_pool_instance": "target_pool_id project_id instance_name",
    "iam_policy": "resource_name resource_type version",
    "iam_binding": "role resource_name resource_type condition",
    "iam_role_member": "role member resource_name resource_type",
}
LOOKED_UP = {"gcp_instance.source_machine_image"}
"""Columns of the original that are fields of the graph here, found by joining."""
RELATED = {"gcp_target_pool_instance.inferred_g_shoot": "n_gcp_target_pool_instance_to_g_shoot"}
"""Columns of the original that are edges here."""

LINKS = """
instance_to_project vpc_to_project addr_to_project instance_to_nic subnet_to_vpc subnet_to_project
fr_to_project instance_to_disk gke_cluster_to_project target_pool_to_instance
target_pool_to_project
bucket_to_project disk_to_project fr_to_vpc fr_to_subnet fr_to_target_pool gke_cluster_to_vpc
gke_cluster_to_subnet nic_to_vpc nic_to_subnet instance_to_gke_cluster
target_pool_instance_to_instance iam_policy_to_project iam_binding_to_policy
iam_role_member_to_binding iam_role_member_to_policy
"""
NEXUS = """
vpc_to_g_shoot subnet_to_g_shoot instance_to_g_machine instance_to_g_shoot
instance_to_g_cloud_profile_gcp_image instance_to_g_bastion bucket_to_g_backup_bucket
disk_to_g_persistent_volume disk_to_g_shoot target_pool_instance_to_g_shoot target_pool_to_g_shoot
forwarding_rule_to_g_shoot gke_cluster_to_g_seed forwarding_rule_to_g_dns_record
address_to_g_dns_record
"""
TASKS = {
    "collect-projects": "gcp_project",
    "collect-instances": "gcp_instance gcp_nic",
    "collect-vpcs": "gcp_vpc",
    "collect-addresses": "gcp_address",
    "collect-subnets": "gcp_subnet",
    "collect-buckets": "gcp_bucket",
    "collect-forwarding-rules": "gcp_forwarding_rule",
    "collect-disks": "gcp_disk gcp_attached_disk",
    "collect-gke-clusters": "gcp_gke_cluster",
    "collect-target-pools": "gcp_target_pool gcp_target_pool_instance",
    "collect-iam-policies": "gcp_iam_policy gcp_iam_binding gcp_iam_role_member",
}

SQL_TYPES = {
    "gcp_instance.instance_id": "NUMERIC(20, 0)",
    "gcp_nic.instance_id": "NUMERIC(20, 0)",
    "gcp_vpc.vpc_id": "NUMERIC(20, 0)",
    "gcp_subnet.subnet_id": "NUMERIC(20, 0)",
    "gcp_address.address_id": "NUMERIC(20, 0)",
    "gcp_forwarding_rule.rule_id": "NUMERIC(20, 0)",
    "gcp_disk.disk_id": "NUMERIC(20, 0)",
    "gcp_target_pool.target_pool_id": "NUMERIC(20, 0)",
    "gcp_vpc.mtu": "INTEGER",
    "gcp_instance.creation_timestamp": "TIMESTAMP WITH TIME ZONE",
    "gcp_bucket.creation_timestamp": "TIMESTAMP WITH TIME ZONE",
    "gcp_subnet.ipv4_cidr_range": "CIDR",
    "gcp_nic.ipv4": "INET",
    "gcp_address.address": "INET",
    "gcp_instance.labels": "JSONB",
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_every_column_of_the_original(catalog: Catalog, name: str) -> None:
    model = catalog.models[f"gcp:model:{name}"]
    table = f"gcp_{name}"

    assert model.__tablename__ == table
    assert set(MODELS[name].split()) <= set(model.__table__.columns.keys())


def test_what_is_no_column_any_more_is_looked_up_or_related(catalog: Catalog) -> None:
    assert set(catalog.computed) >= LOOKED_UP
    assert set(catalog.links) >= set(RELATED.values())


def test_no_model_is_without_a_description(catalog: Catalog) -> None:
    for model in (model for model in catalog if model.source.key == "gcp"):
        assert model.__table__.comment
        assert [column.name for column in model.__table__.columns if not column.comment] == []


def test_there_is_no_model_more_and_none_less(catalog: Catalog) -> None:
    found = {name for name in catalog.models if name.startswith("gcp:")}

    assert found == {f"gcp:model:{name}" for name in MODELS}


def test_every_link_is_declared(catalog: Catalog) -> None:
    found = {name for name in catalog.links if name.startswith("l_gcp_")}

    assert found == {f"l_gcp_{name}" for name in LINKS.split()} | {"l_gcp_instance_to_boot_disk"}


def test_every_nexus_with_gardener_is_declared(catalog: Catalog) -> None:
    found = {name for name in catalog.links if name.startswith("n_gcp_") and "_to_g_" in name}

    assert found == {f"n_gcp_{name}" for name in NEXUS.split()}


def test_every_task_is_declared_and_reads_what_the_original_reads(catalog: Catalog) -> None:
    found = {
        name.removeprefix("gcp:task:"): " ".join(str(m.__tablename__) for m in task.models)
        for name, task in catalog.tasks.items()
        if name.startswith("gcp:") and isinstance(task, Collector)
    }

    assert found == TASKS
    assert {"gcp:task:collect-all", "gcp:task:link-all"} <= catalog.tasks.keys()


def test_a_collectors_description_names_the_permission(catalog: Catalog) -> None:
    for task in catalog.collectors("gcp"):
        assert "`" in task.doc, task.name


@pytest.mark.parametrize("column", SQL_TYPES)
def test_types_are_those_of_the_values(catalog: Catalog, column: str) -> None:
    table, name = column.split(".")

    sql = catalog.tables[table].c[name].type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
    assert sql == SQL_TYPES[column]


@pytest.mark.parametrize(
    ("link", "ends"),
    [
        ("l_gcp_instance_to_project", "b"),
        ("l_gcp_instance_to_nic", "a"),
        ("l_gcp_subnet_to_vpc", "b"),
        ("l_gcp_instance_to_boot_disk", "b"),
        ("l_gcp_target_pool_to_instance", "a"),
        ("l_gcp_iam_policy_to_project", "ab"),
        ("l_gcp_instance_to_disk", ""),
        ("n_gcp_instance_to_g_machine", "b"),
        ("n_gcp_instance_to_g_shoot", "b"),
        ("n_gcp_disk_to_g_shoot", "b"),
        ("n_gcp_bucket_to_g_backup_bucket", "ab"),
        ("n_gcp_vpc_to_g_shoot", ""),
        ("n_gcp_gke_cluster_to_g_seed", "b"),
    ],
)
def test_an_end_is_one_where_there_cannot_be_more(catalog: Catalog, link: str, ends: str) -> None:
    found: Link = catalog.links[link]

    assert "".join(end for end in ("a", "b") if found.to_one(end)) == ends


def test_declarations_import_no_library_of_google() -> None:
    code = (
        "import sys; from inventory.catalog import Catalog; Catalog.load();"
        "print(sorted(n for n in sys.modules if n.split('.')[0] in ('google', 'requests')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
