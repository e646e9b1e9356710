"""What the example queries must answer, computed with plain SQL from the tables alone.

Nothing here uses a link table where the question can be put without one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

Row = tuple[Any, ...]


class Case(NamedTuple):
    """A part of an example's answer, as rows, and the SQL that gives the same rows."""

    example: str
    part: Callable[[Any], Iterable[Row]]
    query: str
    variables: str = ""
    """SQL for the variables: its columns are theirs."""


def at(value: Any, path: str) -> Any:
    """The value behind dots; None where there is nothing on the way."""
    for name in path.split("."):
        if value is None:
            return None
        value = value[name]
    return value


def nodes(root: str, *paths: str) -> Callable[[Any], Iterable[Row]]:
    """The nodes of a list at the top."""
    return lambda data: [tuple(at(node, path) for path in paths) for node in data[root]["nodes"]]


def spread(root: str, many: str, mine: str, *theirs: str) -> Callable[[Any], Iterable[Row]]:
    """The nodes of lists inside a list, each with a value of the node around it."""

    def rows(data: Any) -> Iterator[Row]:
        for node in data[root]["nodes"]:
            for inner in node[many].get("nodes") or node[many].get("edges", []):
                yield (at(node, mine), *(at(inner, path) for path in theirs))

    return rows


def groups(root: str, name: str = "groups") -> Callable[[Any], Iterable[Row]]:
    """Groups at the top: the values of their keys, and how many there are."""
    return lambda data: [(*each["key"].values(), each["count"]) for each in data[root][name]]


def values(*paths: str) -> Callable[[Any], Iterable[Row]]:
    """Single values."""
    return lambda data: [tuple(at(data, path) for path in paths)]


def counted(table: str, *columns: str, where: str = "true") -> str:
    names = ", ".join(columns)
    return f"select {names}, count(*)::int from {table} where {where} group by {names}"


TAG = "t.tags ? ('kubernetes.io/cluster/' || s.technical_id)"
SHOOT_OF_VPC = (
    f"(t.name = s.technical_id or {TAG} or exists (select from aws_subnet u where u.vpc_id = t.vpc_id"
    " and u.account_id = t.account_id and u.tags ? ('kubernetes.io/cluster/' || s.technical_id)))"
)
NO_SHOOT = f"not t.is_default and not exists (select from g_shoot s where {SHOOT_OF_VPC})"
AWS_MACHINE = (
    "(m.provider_id = 'aws:///' || t.region_name || '/' || t.instance_id or m.provider_id is null and"
    " m.name = t.name and t.tags ? ('kubernetes.io/cluster/' || m.namespace))"
)
GCP_MACHINE = (
    "(m.provider_id = 'gce:///' || t.project_id || '/' || t.zone || '/' || t.name or m.provider_id is"
    " null and m.name = t.name)"
)
PROFILE = (
    "p.cloud_profile_name = s.cloud_profile and case s.cloud_profile_kind when"
    " 'NamespacedCloudProfile' then p.cloud_profile_namespace = s.namespace"
    " else p.cloud_profile_kind = 'CloudProfile' end"
)

CASES = [
    Case(
        "30-vpcs-without-shoot",
        nodes("awsVpcs", "vpcId"),
        f"select vpc_id from aws_vpc t where {NO_SHOOT}",
    ),
    Case("71-vpcs-per-region", groups("awsVpcs"), counted("aws_vpc", "region_name", "account_id")),
    Case(
        "72-instances-by-type",
        groups("awsInstances"),
        counted("aws_instance", "instance_type", "account_id"),
    ),
    Case(
        "72-instances-by-type",
        groups("awsInstances", "byArchitecture"),
        counted("aws_instance", "arch"),
    ),
    Case(
        "73-instances-per-vpc",
        nodes("awsVpcs", "name", "regionName", "accountId", "instances.totalCount"),
        "select v.name, v.region_name, v.account_id, count(*)::int from aws_vpc v join aws_instance i"
        " using (vpc_id, account_id) group by v.id",
    ),
    Case(
        "74-long-running-instances",
        nodes("awsInstances", "instanceId"),
        "select instance_id from aws_instance where state = 'running'"
        " and launch_time < '2025-07-01' order by launch_time limit 100",
        "select '2025-07-01T00:00:00Z' as before",
    ),
    Case(
        "75-public-addresses-aws",
        groups("awsNetworkInterfaces"),
        counted(
            "aws_net_interface", "region_name", "account_id", where="public_ip_address is not null"
        ),
    ),
    Case(
        "76-load-balancer-addresses",
        spread(
            "awsLoadBalancers",
            "networkInterfaces",
            "dnsName",
            "privateIpAddress",
            "publicIpAddress",
        ),
        "select b.dns_name, host(n.private_ip_address), host(n.public_ip_address)"
        " from aws_loadbalancer b join aws_net_interface n on n.account_id = b.account_id"
        " and n.region_name = b.region_name and n.description in ('ELB ' || b.name,"
        " 'ELB app/' || b.name || '/' || b.load_balancer_id,"
        " 'ELB net/' || b.name || '/' || b.load_balancer_id)"
        " where (b.type = 'classic') = (n.description not like '%/%')",
    ),
    Case(
        "77-instance-interfaces",
        spread(
            "awsInstances", "networkInterfaces", "instanceId", "privateIpAddress", "publicIpAddress"
        ),
        "select instance_id, host(private_ip_address), host(public_ip_address)"
        " from aws_net_interface where instance_id is not null",
    ),
    Case(
        "78-unknown-images",
        nodes("awsInstances", "instanceId", "gardenerMachine.shoot.name"),
        f"select t.instance_id, s.name from aws_instance t join g_machine m on {AWS_MACHINE}"
        " join g_shoot s on s.technical_id = m.namespace where not exists (select from"
        f" g_cloud_profile_aws_image p where p.ami = t.image_id and {PROFILE})",
    ),
    Case(
        "78-unknown-images",
        nodes("gcpInstances", "instanceIdNumber", "gardenerMachine.shoot.name"),
        f"select t.instance_id::text, s.name from gcp_instance t join g_machine m on {GCP_MACHINE}"
        " join g_shoot s on s.technical_id = m.namespace join gcp_disk d on d.name = t.boot_disk_name"
        " and d.zone = t.zone and d.project_id = t.project_id where not exists (select from"
        f" g_cloud_profile_gcp_image p where p.image = d.source_image and {PROFILE})",
    ),
    Case(
        "79-gcp-interfaces",
        spread("gcpInstances", "nics", "name", "name", "network", "ipv4", "stackType"),
        "select i.name, n.name, n.network, host(n.ipv4), n.stack_type"
        " from gcp_nic n join gcp_instance i using (project_id, instance_id)",
    ),
    Case(
        "80-public-addresses-gcp",
        nodes("gcpAddresses", "address", "name", "status"),
        "select host(address), name, status from gcp_address where address_type = 'EXTERNAL'",
    ),
    Case(
        "80-public-addresses-gcp",
        nodes("gcpForwardingRules", "ipAddress", "projectId"),
        "select host(ip_address), project_id from gcp_forwarding_rule"
        " where load_balancing_scheme like 'EXTERNAL%'",
    ),
    Case(
        "80-public-addresses-gcp",
        nodes("gcpNics", "natIps", "instance.name"),
        "select n.nat_ips, i.name from gcp_nic n join gcp_instance i using (project_id, instance_id)"
        " where n.nat_ips <> '{}'",
    ),
    Case(
        "81-shoots-grouped",
        groups("gardenerShoots", "byCloudProfile"),
        counted("g_shoot", "cloud_profile"),
    ),
    Case("81-shoots-grouped", groups("gardenerShoots", "bySeed"), counted("g_shoot", "seed_name")),
    Case(
        "81-shoots-grouped", groups("gardenerShoots", "byCreator"), counted("g_shoot", "created_by")
    ),
    Case(
        "82-largest-projects",
        nodes("gardenerProjects", "name", "owner", "shoots.totalCount"),
        "select p.name, p.owner, count(s)::int from g_project p left join g_shoot s"
        " on s.project_name = p.name group by p.id order by 3 desc, 1 limit 10",
    ),
    Case(
        "83-shoots-and-vpcs",
        spread("gardenerShoots", "awsVpcs", "technicalId", "node.vpcId", "node.accountId"),
        f"select s.technical_id, t.vpc_id, t.account_id from aws_vpc t join g_shoot s on {SHOOT_OF_VPC}",
    ),
    Case(
        "84-vpcs-with-shoot-or-nothing",
        lambda data: [
            (vpc["vpcId"], sorted(shoot["technicalId"] for shoot in vpc["gardenerShoots"]["nodes"]))
            for vpc in data["awsVpcs"]["nodes"]
        ],
        "select t.vpc_id, array(select s.technical_id from g_shoot s where"
        f" {SHOOT_OF_VPC} order by 1) from aws_vpc t",
    ),
    Case(
        "85-instances-and-machines",
        nodes("awsInstances", "instanceId", "gardenerMachineEdge.node.name"),
        f"select t.instance_id, m.name from aws_instance t join g_machine m on {AWS_MACHINE}",
    ),
    Case(
        "85-instances-and-machines",
        nodes("gcpInstances", "instanceIdNumber", "gardenerMachineEdge.node.name"),
        f"select t.instance_id::text, m.name from gcp_instance t join g_machine m on {GCP_MACHINE}",
    ),
    Case(
        "86-instance-to-project",
        nodes(
            "awsInstances",
            "instanceId",
            "vpc.vpcId",
            "gardenerMachine.name",
            "gardenerMachine.shoot.technicalId",
            "gardenerMachine.shoot.project.name",
            "gardenerMachine.shoot.project.owner",
        ),
        "select t.instance_id, t.vpc_id, m.name, s.technical_id, p.name, p.owner from aws_instance t"
        f" join g_machine m on {AWS_MACHINE} join g_shoot s on s.technical_id = m.namespace"
        " join g_project p on p.namespace = s.namespace",
    ),
    Case(
        "87-leaked-vpcs",
        nodes("awsVpcs", "vpcId"),
        f"select vpc_id from aws_vpc t where {NO_SHOOT}",
    ),
    Case(
        "88-leaked-instances",
        nodes("awsInstances", "instanceId"),
        f"select instance_id from aws_instance t where state = 'running' and not exists (select from"
        f" g_machine m where {AWS_MACHINE}) and not exists (select from g_bastion b join"
        " aws_net_interface n on n.public_ip_address = b.ip or n.public_dns_name = b.hostname"
        " where n.instance_id = t.instance_id)",
    ),
    Case(
        "88-leaked-instances",
        nodes("gcpInstances", "instanceIdNumber"),
        f"select instance_id::text from gcp_instance t where status = 'RUNNING' and gke_cluster_name is"
        f" null and not exists (select from g_machine m where {GCP_MACHINE}) and not exists (select"
        " from g_bastion b join gcp_nic n on host(b.ip) = any(n.nat_ips)"
        " where n.instance_id = t.instance_id)",
    ),
    Case(
        "89-leaked-buckets",
        nodes("awsBuckets", "name"),
        "select name from aws_bucket t where not exists (select from g_backup_bucket b"
        " where b.name = t.name and b.provider_type = 'aws')",
    ),
    Case(
        "89-leaked-buckets",
        nodes("gcpBuckets", "name"),
        "select name from gcp_bucket t where not exists (select from g_backup_bucket b"
        " where b.name = t.name and b.provider_type = 'gcp')",
    ),
    Case(
        "89-leaked-buckets",
        nodes("gardenerBackupBuckets", "name", "seedName"),
        "select name, seed_name from g_backup_bucket where seed_name not in (select name from g_seed)",
    ),
]
