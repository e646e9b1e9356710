"""core: indexes of names, in whose order pages are read, and of addresses

Revision ID: 20261124181300
Revises: 20261124174900
Create Date: 2026-11-24 18:13:00.000000
"""

from alembic import op

revision = "20261124181300"
down_revision = "20261124174900"
branch_labels = None
depends_on = None

INDEXES = [
    ("ix_aws_az_name", "aws_az", ["name", "id"]),
    ("ix_aws_dhcp_option_set_name", "aws_dhcp_option_set", ["name", "id"]),
    ("ix_aws_dns_record_name", "aws_dns_record", ["name", "id"]),
    ("ix_aws_elastic_ip_name", "aws_elastic_ip", ["name", "id"]),
    ("ix_aws_elastic_ip_private_ip_address", "aws_elastic_ip", ["private_ip_address"]),
    ("ix_aws_elastic_ip_public_ip", "aws_elastic_ip", ["public_ip"]),
    ("ix_aws_hosted_zone_name", "aws_hosted_zone", ["name", "id"]),
    ("ix_aws_image_name", "aws_image", ["name", "id"]),
    ("ix_aws_instance_name", "aws_instance", ["name", "id"]),
    ("ix_aws_internet_gateway_name", "aws_internet_gateway", ["name", "id"]),
    ("ix_aws_loadbalancer_name", "aws_loadbalancer", ["name", "id"]),
    ("ix_aws_nat_gateway_name", "aws_nat_gateway", ["name", "id"]),
    ("ix_aws_nat_gateway_public_ip", "aws_nat_gateway", ["public_ip"]),
    ("ix_aws_net_interface_private_ip_address", "aws_net_interface", ["private_ip_address"]),
    ("ix_aws_net_interface_public_ip_address", "aws_net_interface", ["public_ip_address"]),
    ("ix_aws_security_group_name", "aws_security_group", ["name", "id"]),
    ("ix_aws_snapshot_name", "aws_snapshot", ["name", "id"]),
    ("ix_aws_subnet_name", "aws_subnet", ["name", "id"]),
    ("ix_aws_volume_name", "aws_volume", ["name", "id"]),
    ("ix_aws_vpc_name", "aws_vpc", ["name", "id"]),
    ("ix_g_bastion_ip", "g_bastion", ["ip"]),
    ("ix_g_cloud_profile_aws_image_name", "g_cloud_profile_aws_image", ["name", "id"]),
    ("ix_g_cloud_profile_azure_image_name", "g_cloud_profile_azure_image", ["name", "id"]),
    ("ix_g_cloud_profile_gcp_image_name", "g_cloud_profile_gcp_image", ["name", "id"]),
    ("ix_g_cloud_profile_openstack_image_name", "g_cloud_profile_openstack_image", ["name", "id"]),
    ("ix_g_dns_entry_name", "g_dns_entry", ["name", "id"]),
    ("ix_g_dns_record_name", "g_dns_record", ["name", "id"]),
    ("ix_g_shoot_name", "g_shoot", ["name", "id"]),
    ("ix_gcp_address_address", "gcp_address", ["address"]),
    ("ix_gcp_address_name", "gcp_address", ["name", "id"]),
    ("ix_gcp_forwarding_rule_ip_address", "gcp_forwarding_rule", ["ip_address"]),
    ("ix_gcp_forwarding_rule_name", "gcp_forwarding_rule", ["name", "id"]),
    ("ix_gcp_gke_cluster_name", "gcp_gke_cluster", ["name", "id"]),
    ("ix_gcp_instance_name", "gcp_instance", ["name", "id"]),
    ("ix_gcp_nic_external_ipv6", "gcp_nic", ["external_ipv6"]),
    ("ix_gcp_nic_ipv4", "gcp_nic", ["ipv4"]),
    ("ix_gcp_nic_ipv6", "gcp_nic", ["ipv6"]),
    ("ix_gcp_nic_nat_ip", "gcp_nic", ["nat_ip"]),
    ("ix_gcp_project_name", "gcp_project", ["name", "id"]),
    ("ix_gcp_subnet_gateway", "gcp_subnet", ["gateway"]),
    ("ix_gcp_subnet_name", "gcp_subnet", ["name", "id"]),
    ("ix_gcp_target_pool_name", "gcp_target_pool", ["name", "id"]),
    ("ix_gcp_vpc_gateway_ipv4", "gcp_vpc", ["gateway_ipv4"]),
    ("ix_gcp_vpc_name", "gcp_vpc", ["name", "id"]),
]


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns, unique=False)


def downgrade() -> None:
    for name, table, _ in reversed(INDEXES):
        op.drop_index(name, table_name=table)
