"""What counts as left behind: each rule's name, the table it speaks of, who could claim, and when it holds.

The answer key follows these definitions, and so should whoever declares the rules. "Shoot" means one
with a technical id. "Tagged with a shoot" means a tag `kubernetes.io/cluster/<technical id>`.
"""

from __future__ import annotations

from typing import NamedTuple


class LeakRule(NamedTuple):
    table: str
    identifier: str
    """What of a row the answer key lists."""
    owners: tuple[str, ...]
    """The tables that could claim a resource: while one of them is not known, nothing is."""
    holds: str
    spares: str
    """What is planted that only looks like it."""


VPC_OWNERS = ("g_shoot", "aws_subnet")

RULES: dict[str, LeakRule] = {
    "aws-vpc-without-shoot": LeakRule(
        "aws_vpc",
        "vpc_id",
        VPC_OWNERS,
        "is_default is false, and no n_aws_vpc_to_g_shoot: no shoot by name, by tag, or by a tag of a "
        "subnet in it",
        "default VPCs; users' VPCs of shoots, with and without tags",
    ),
    "aws-subnet-without-shoot": LeakRule(
        "aws_subnet",
        "subnet_id",
        VPC_OWNERS,
        "its VPC is aws-vpc-without-shoot",
        "subnets of default VPCs",
    ),
    "aws-instance-without-machine": LeakRule(
        "aws_instance",
        "instance_id",
        ("g_machine", "g_bastion", "aws_net_interface"),
        "state is running, stopping or stopped, no n_aws_instance_to_g_machine, no n_aws_instance_to_g_bastion",
        "terminated and terminating instances; bastions with an address or only a host name; instances "
        "of Machines that have no provider id yet",
    ),
    "aws-unknown-image": LeakRule(
        "aws_instance",
        "instance_id",
        ("g_machine", "g_shoot", "g_cloud_profile_aws_image"),
        "it is a Machine, and the cloud profile of the Machine's shoot (same kind, name, and namespace "
        "if it is namespaced) has no image with ami = image_id",
        "images that stand in capabilityFlavors, or in a NamespacedCloudProfile only; instances that "
        "are no Machines",
    ),
    "aws-bucket-without-backup-bucket": LeakRule(
        "aws_bucket",
        "name",
        ("g_backup_bucket",),
        "no BackupBucket of its name whose provider is aws",
        "buckets of BackupBuckets with a shootRef, or of a seed that is gone",
    ),
    "aws-dhcp-option-set-without-vpc": LeakRule(
        "aws_dhcp_option_set",
        "set_id",
        ("aws_vpc",),
        "no VPC of its account uses it",
        "those of leaked VPCs",
    ),
    "aws-dns-record-without-owner": LeakRule(
        "aws_dns_record",
        "<hosted_zone_id> <name> <type> <set_identifier> <value>",
        ("g_dns_record", "g_dns_entry"),
        "type is not NS, SOA, MX or PTR; no DNSRecord of its name, type and value, and no DNSEntry of its "
        "name and value, of provider type aws-route53 or remote",
        "NS, SOA, MX, PTR; wildcards; weighted records of DNSEntries; texts of DNSEntries",
    ),
    "aws-volume-unattached": LeakRule(
        "aws_volume",
        "volume_id",
        ("g_shoot", "g_persistent_volume"),
        "it is attached to nothing, is tagged with no shoot that exists, and no persistent volume of a "
        "seed is on it",
        "volumes of hibernated shoots; attached ones of leaked shoots",
    ),
    "aws-elastic-ip-unassociated": LeakRule(
        "aws_elastic_ip",
        "allocation_id",
        ("g_shoot",),
        "it is associated with nothing and tagged with no shoot that exists",
        "addresses of NAT gateways; idle ones tagged with a live shoot",
    ),
    "aws-nat-gateway-without-shoot": LeakRule(
        "aws_nat_gateway",
        "nat_gateway_id",
        VPC_OWNERS,
        "its state is pending or available, and its VPC is aws-vpc-without-shoot",
        "deleted ones that are still listed",
    ),
    "aws-security-group-without-shoot": LeakRule(
        "aws_security_group",
        "group_id",
        ("g_shoot",),
        "it is tagged with a shoot, and none that it is tagged with exists",
        "default groups and other groups without such a tag, in leaked VPCs as well",
    ),
    "aws-security-group-unused": LeakRule(
        "aws_security_group",
        "group_id",
        ("g_shoot", "aws_net_interface"),
        "its name is not default, no network interface has it, and it is tagged with no shoot that exists",
        "default groups; groups of live shoots' load balancers",
    ),
    "aws-internet-gateway-unattached": LeakRule(
        "aws_internet_gateway",
        "gateway_id",
        ("aws_internet_gateway",),
        "it is attached to no VPC",
        "those of leaked VPCs",
    ),
    "aws-snapshot-without-volume": LeakRule(
        "aws_snapshot",
        "snapshot_id",
        ("aws_volume",),
        "volume_id is not vol-ffffffff, and its account has no such volume",
        "snapshots of images, which were copied",
    ),
    "aws-loadbalancer-without-shoot": LeakRule(
        "aws_loadbalancer",
        "dns_name",
        VPC_OWNERS,
        "its VPC is aws-vpc-without-shoot",
        "those of shoots in users' VPCs",
    ),
    "gcp-vpc-without-shoot": LeakRule(
        "gcp_vpc",
        "vpc_id",
        ("g_shoot", "gcp_subnet", "gcp_gke_cluster"),
        "its name is not default, no n_gcp_vpc_to_g_shoot (by name, or by the name of a subnet in it), "
        "and no GKE cluster is in it",
        "default networks; users' networks of shoots; the network of the soil cluster",
    ),
    "gcp-subnet-without-shoot": LeakRule(
        "gcp_subnet",
        "subnet_id",
        ("g_shoot", "gcp_vpc", "gcp_gke_cluster"),
        "its network is gcp-vpc-without-shoot",
        "subnets of default networks",
    ),
    "gcp-instance-without-machine": LeakRule(
        "gcp_instance",
        "instance_id",
        ("g_machine", "g_bastion", "gcp_gke_cluster"),
        "status is RUNNING, no n_gcp_instance_to_g_machine, no n_gcp_instance_to_g_bastion, and it is "
        "no node of a GKE cluster that exists",
        "nodes of GKE; bastions; stopped and stopping instances",
    ),
    "gcp-unknown-image": LeakRule(
        "gcp_instance",
        "instance_id",
        ("g_machine", "g_shoot", "g_cloud_profile_gcp_image", "gcp_disk"),
        "it is a Machine, and the cloud profile of the Machine's shoot has no image that its boot disk "
        "was made from",
        "as for AWS",
    ),
    "gcp-bucket-without-backup-bucket": LeakRule(
        "gcp_bucket",
        "name",
        ("g_backup_bucket",),
        "no BackupBucket of its name whose provider is gcp",
        "as for AWS",
    ),
    "gcp-disk-without-shoot": LeakRule(
        "gcp_disk",
        "disk_id",
        ("g_shoot", "g_persistent_volume"),
        "it has no users, its label k8s-cluster-name names no shoot that exists, and no persistent "
        "volume of a seed is on it",
        "boot disks; disks of hibernated shoots; disks of seeds",
    ),
    "gcp-target-pool-instance-without-instance": LeakRule(
        "gcp_target_pool_instance",
        "<target_pool_id> <zone> <instance_name>",
        ("g_shoot", "gcp_instance"),
        "its project has no instance of its zone and name, and the shoot that its name tells is unknown "
        "or not hibernated",
        "members of hibernated shoots' pools",
    ),
    "gcp-target-pool-without-instance": LeakRule(
        "gcp_target_pool",
        "target_pool_id",
        ("g_shoot", "gcp_instance"),
        "it has members, and all of them are gcp-target-pool-instance-without-instance",
        "pools without members; pools with one member that is left",
    ),
    "gcp-target-pool-without-frontend": LeakRule(
        "gcp_target_pool",
        "target_pool_id",
        ("gcp_forwarding_rule",),
        "no forwarding rule of its project and region has it as target, and it is no pool's backup pool",
        "a pool whose rule has another name; a backup pool",
    ),
    "gcp-forwarding-rule-without-backend": LeakRule(
        "gcp_forwarding_rule",
        "rule_id",
        ("g_shoot", "gcp_instance"),
        "its scheme is EXTERNAL, and its target is gcp-target-pool-without-instance",
        "internal rules; rules of hibernated shoots",
    ),
    "gcp-address-unused": LeakRule(
        "gcp_address",
        "address_id",
        ("gcp_address",),
        "address_type is EXTERNAL and status is RESERVED",
        "addresses that are in use, internal, or still being reserved",
    ),
    "g-backup-bucket-without-seed": LeakRule(
        "g_backup_bucket",
        "name",
        ("g_seed",),
        "it has a seed_name, and no seed has that name",
        "BackupBuckets with a shootRef, which have no seed",
    ),
}
