"""Nothing of the original inventory is left out in silence: its lists, and what became of each item.

The names are those of the original's models, link tables and tasks, of the relations that it
declares without a table, and of those between sources that its views imply.
"""

from __future__ import annotations

import pytest

from inventory.catalog import Catalog
from inventory.config import current_name

TABLES = {
    "aws": """
        aws_region aws_az aws_vpc aws_subnet aws_instance aws_image aws_loadbalancer aws_bucket
        aws_net_interface aws_dhcp_option_set aws_hosted_zone aws_dns_record
        """,
    "gcp": """
        gcp_project gcp_instance gcp_nic gcp_vpc gcp_subnet gcp_address gcp_bucket gcp_forwarding_rule
        gcp_disk gcp_attached_disk gcp_gke_cluster gcp_target_pool gcp_target_pool_instance
        gcp_iam_policy gcp_iam_binding gcp_iam_role_member
        """,
    "g": """
        g_project g_project_member g_seed g_shoot g_machine g_backup_bucket g_cloud_profile
        g_cloud_profile_aws_image g_cloud_profile_gcp_image g_cloud_profile_azure_image
        g_cloud_profile_openstack_image g_persistent_volume g_dns_record g_dns_entry g_bastion
        """,
}

MODELS = {
    "aws": "region az vpc subnet instance image loadbalancer bucket network_interface dhcp_option_set"
    " hosted_zone resource_record",
    "gcp": "project instance nic vpc subnet address bucket forwarding_rule disk attached_disk"
    " gke_cluster target_pool target_pool_instance iam_policy iam_binding iam_role_member",
    "g": "project project_member seed shoot machine backup_bucket cloud_profile"
    " cloud_profile_aws_image cloud_profile_gcp_image cloud_profile_azure_image"
    " cloud_profile_openstack_image persistent_volume dns_record dns_entry bastion",
}

LINKS = {
    "aws": """
        region_to_az region_to_vpc vpc_to_subnet vpc_to_instance subnet_to_az instance_to_subnet
        instance_to_region instance_to_image image_to_region lb_to_vpc lb_to_region
        lb_to_net_interface instance_to_net_interface
        """,
    "gcp": """
        instance_to_project vpc_to_project addr_to_project instance_to_nic subnet_to_vpc
        subnet_to_project fr_to_project instance_to_disk gke_cluster_to_project
        target_pool_to_instance target_pool_to_project
        """,
    "g": """
        shoot_to_project shoot_to_seed machine_to_shoot aws_image_to_cloud_profile
        gcp_image_to_cloud_profile azure_image_to_cloud_profile openstack_image_to_cloud_profile
        project_to_member
        """,
}

DECLARED = {
    "aws": """
        region_to_bucket net_interface_to_region net_interface_to_az net_interface_to_subnet
        net_interface_to_vpc dhcp_option_set_to_region vpc_to_dhcp_option_set
        hosted_zone_to_dns_record
        """,
    "gcp": """
        bucket_to_project disk_to_project fr_to_vpc fr_to_subnet fr_to_target_pool
        gke_cluster_to_vpc gke_cluster_to_subnet nic_to_vpc nic_to_subnet instance_to_gke_cluster
        target_pool_instance_to_instance iam_policy_to_project iam_binding_to_policy
        iam_role_member_to_binding
        """,
    "g": """
        machine_to_seed backup_bucket_to_seed persistent_volume_to_seed dns_record_to_seed
        dns_entry_to_seed bastion_to_seed shoot_to_cloud_profile bastion_to_shoot
        dns_record_to_shoot dns_entry_to_shoot seed_to_shoot
        """,
}

NEXUS = """
    n_aws_vpc_to_g_shoot n_aws_subnet_to_g_shoot n_aws_instance_to_g_machine
    n_aws_instance_to_g_shoot n_aws_instance_to_g_cloud_profile_aws_image
    n_aws_image_to_g_cloud_profile_aws_image n_aws_bucket_to_g_backup_bucket
    n_aws_dns_record_to_g_dns_record n_aws_dns_record_to_g_dns_entry n_aws_instance_to_g_bastion
    n_aws_hosted_zone_to_g_dns_record n_aws_loadbalancer_to_g_shoot
    n_aws_loadbalancer_to_g_dns_record
    n_gcp_vpc_to_g_shoot n_gcp_subnet_to_g_shoot n_gcp_instance_to_g_machine
    n_gcp_instance_to_g_shoot n_gcp_instance_to_g_cloud_profile_gcp_image
    n_gcp_instance_to_g_bastion n_gcp_bucket_to_g_backup_bucket n_gcp_disk_to_g_persistent_volume
    n_gcp_disk_to_g_shoot n_gcp_target_pool_instance_to_g_shoot n_gcp_target_pool_to_g_shoot
    n_gcp_forwarding_rule_to_g_shoot n_gcp_gke_cluster_to_g_seed
    n_gcp_forwarding_rule_to_g_dns_record n_gcp_address_to_g_dns_record
    """

TASKS = {
    "aws": "regions azs vpcs subnets instances images loadbalancers buckets net-interfaces"
    " dhcp-option-sets hosted-zones dns-record all",
    "gcp": "projects instances vpcs addresses subnets buckets forwarding-rules disks gke-clusters"
    " target-pools iam-policies all",
    "g": "projects seeds shoots machines backup-buckets cloud-profiles aws-machine-images"
    " gcp-machine-images azure-machine-images openstack-machine-images persistent-volumes"
    " dns-records dns-entries bastions all",
}

VIEWS = {
    "aws_orphan_vpc": "aws-vpc-without-shoot",
    "aws_orphan_subnet": "aws-subnet-without-shoot",
    "aws_orphan_instance": "aws-instance-without-machine",
    "aws_unknown_instance_image": "aws-unknown-image",
    "aws_orphan_bucket": "aws-bucket-without-backup-bucket",
    "aws_orphan_dhcp_option_set": "aws-dhcp-option-set-without-vpc",
    "aws_orphan_dns_record": "aws-dns-record-without-owner",
    "gcp_orphan_vpc": "gcp-vpc-without-shoot",
    "gcp_orphan_subnet": "gcp-subnet-without-shoot",
    "gcp_orphan_instance": "gcp-instance-without-machine",
    "gcp_unknown_instance_image": "gcp-unknown-image",
    "gcp_orphan_bucket": "gcp-bucket-without-backup-bucket",
    "gcp_orphan_disk": "gcp-disk-without-shoot",
    "gcp_orphan_target_pool_instance": "gcp-target-pool-instance-without-instance",
    "gcp_orphan_target_pool": "gcp-target-pool-without-instance",
    "gcp_target_pool_without_frontend": "gcp-target-pool-without-frontend",
    "gcp_orphan_public_address": "gcp-forwarding-rule-without-backend",
    "g_orphan_backup_bucket": "g-backup-bucket-without-seed",
}
"""The original's views of what was left behind, and the rules that answer instead."""

ADDED_MODELS = """
    aws_volume aws_snapshot aws_elastic_ip aws_nat_gateway aws_internet_gateway aws_security_group
    """
"""What costs when it is left behind, and the original does not collect."""

ADDED_RULES = """
    aws-volume-unattached aws-snapshot-without-volume aws-elastic-ip-unassociated
    aws-nat-gateway-without-shoot aws-security-group-without-shoot aws-security-group-unused
    aws-loadbalancer-without-shoot aws-internet-gateway-unattached gcp-address-unused
    """

OTHER_MODEL_NAMES = {
    # Two words, as in every other name; the table keeps the original's one.
    "aws:model:loadbalancer": "aws:model:load_balancer",
}

NOT_COLLECTED = {
    "aws_geodata": "a lookup table of coordinates, for the maps of dashboards alone",
}
"""Tables of the original that are no model of ours, and why."""

SOURCES = ("aws", "gcp", "g")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.mark.parametrize("source", SOURCES)
def test_every_table_of_the_original_is_there(catalog: Catalog, source: str) -> None:
    assert set(TABLES[source].split()) <= set(catalog.tables)


@pytest.mark.parametrize("source", SOURCES)
def test_every_model_has_the_name_that_people_know(catalog: Catalog, source: str) -> None:
    known = {f"{source}:model:{name}" for name in MODELS[source].split()}

    assert {OTHER_MODEL_NAMES.get(name, name) for name in known} <= set(catalog.models)


@pytest.mark.parametrize("source", SOURCES)
def test_every_link_is_there_also_those_that_were_only_declared(
    catalog: Catalog, source: str
) -> None:
    names = [*LINKS[source].split(), *DECLARED[source].split()]

    assert {f"l_{source}_{name}" for name in names} <= set(catalog.links)


def test_every_nexus_is_there(catalog: Catalog) -> None:
    assert set(NEXUS.split()) <= set(catalog.links)


@pytest.mark.parametrize("source", SOURCES)
def test_every_task_is_there(catalog: Catalog, source: str) -> None:
    tasks = [f"{source}:task:collect-{name}" for name in TASKS[source].split()]

    assert {current_name(task) for task in [*tasks, f"{source}:task:link-all"]} <= set(
        catalog.tasks
    )


def test_every_view_of_what_was_left_behind_has_a_rule(catalog: Catalog) -> None:
    assert set(VIEWS.values()) <= set(catalog.leaks)


def test_what_is_there_besides_is_meant(catalog: Catalog) -> None:
    """A model or a rule that nobody put on a list has no test by the lists either."""
    tables = {
        str(model.__tablename__) for model in catalog.models.values() if model.source.key in SOURCES
    }
    listed = {name for names in TABLES.values() for name in names.split()}

    assert tables == listed | set(ADDED_MODELS.split())
    assert set(catalog.leaks) == {*VIEWS.values(), *ADDED_RULES.split()}


def test_what_is_not_collected_has_a_reason(catalog: Catalog) -> None:
    assert not set(NOT_COLLECTED) & set(catalog.tables)
    assert all(NOT_COLLECTED.values())


def test_the_lists_are_as_long_as_the_original(catalog: Catalog) -> None:
    def sizes(lists: dict[str, str]) -> dict[str, int]:
        return {source: len(names.split()) for source, names in lists.items()}

    assert sizes(TABLES) == sizes(MODELS) == {"aws": 12, "gcp": 16, "g": 15}
    assert sizes(LINKS) == {"aws": 13, "gcp": 11, "g": 8}
    assert sizes(DECLARED) == {"aws": 8, "gcp": 14, "g": 11}
    assert len(NEXUS.split()) == 13 + 15
