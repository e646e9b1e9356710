"""The original's names of how many resources there are, by model.

Labels are those that a scope tells: `account_id` (which the original calls `project_id` in Google
Cloud), `region` and `seed`.  Its `vpc_id`, `hosted_zone_id` and `project_name` of a shoot are left
out, since nothing bounds how many of them there are; GraphQL and the dashboards group by them.
"""

from __future__ import annotations

ACCOUNT, REGIONAL, PROJECT, SEED = (
    ("account_id",),
    ("account_id", "region"),
    ("project_id",),
    ("seed",),
)

GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "aws:model:region": ("aws_regions", ACCOUNT),
    "aws:model:az": ("aws_zones", REGIONAL),
    "aws:model:vpc": ("aws_vpcs", REGIONAL),
    "aws:model:bucket": ("aws_buckets", ACCOUNT),
    "aws:model:image": ("aws_images", REGIONAL),
    "aws:model:dhcp_option_set": ("aws_dhcp_option_set", REGIONAL),
    "aws:model:subnet": ("aws_subnets", REGIONAL),
    "aws:model:instance": ("aws_instances", REGIONAL),
    "aws:model:load_balancer": ("aws_load_balancers", REGIONAL),
    "aws:model:network_interface": ("aws_net_interfaces", REGIONAL),
    "aws:model:hosted_zone": ("aws_hosted_zones", ACCOUNT),
    "aws:model:resource_record": ("aws_dns_records", ACCOUNT),
    "gcp:model:project": ("gcp_projects", ()),
    "gcp:model:vpc": ("gcp_vpcs", PROJECT),
    "gcp:model:disk": ("gcp_disks", PROJECT),
    "gcp:model:bucket": ("gcp_buckets", PROJECT),
    "gcp:model:subnet": ("gcp_subnets", PROJECT),
    "gcp:model:address": ("gcp_addresses", PROJECT),
    "gcp:model:instance": ("gcp_instances", PROJECT),
    "gcp:model:gke_cluster": ("gcp_gke_clusters", PROJECT),
    "gcp:model:target_pool": ("gcp_target_pools", PROJECT),
    "gcp:model:forwarding_rule": ("gcp_forwarding_rules", PROJECT),
    "gcp:model:iam_policy": ("gcp_iam_policies", PROJECT),
    "gcp:model:iam_binding": ("gcp_iam_bindings", PROJECT),
    "g:model:project": ("g_projects", ()),
    "g:model:project_member": ("g_project_members", ()),
    "g:model:seed": ("g_seeds", ()),
    "g:model:shoot": ("g_shoots", ()),
    "g:model:backup_bucket": ("g_backup_buckets", ()),
    "g:model:cloud_profile": ("g_cloud_profiles", ()),
    "g:model:machine": ("g_machines", SEED),
    "g:model:persistent_volume": ("g_seed_volumes", SEED),
    "g:model:dns_record": ("g_dns_records", SEED),
    "g:model:dns_entry": ("g_dns_entries", SEED),
    "g:model:bastion": ("g_bastions", SEED),
}
