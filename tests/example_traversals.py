"""What the example queries must answer that lead through several kinds of things."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.example_answers import (
    AWS_MACHINE,
    GCP_MACHINE,
    SHOOT_OF_VPC,
    Case,
    Row,
    at,
    counted,
    groups,
    nodes,
    values,
)

LARGEST = "select project_name as project from g_shoot group by 1 order by count(*) desc, 1 limit 1"
LARGEST_NAME = f"(select project from ({LARGEST}) as largest)"
SEED = "select seed_name as seed from g_shoot group by 1 order by count(*) desc, 1 limit 1"
SEED_NAME = f"(select seed from ({SEED}) as busiest)"
AMI = "select image_id as ami from aws_instance group by 1 order by count(*) desc, 1 limit 1"
AMI_NAME = f"(select ami from ({AMI}) as common)"
GONE = f"select s.seed, a.ami, 'euc1-az1' as zone from ({SEED}) as s, ({AMI}) as a"


def below(*paths: str) -> Any:
    """Of each shoot below the project."""

    def rows(data: Any) -> Iterator[Row]:
        (project,) = data["gardenerProjects"]["nodes"]
        for shoot in project["shoots"]["nodes"]:
            yield tuple(at(shoot, path) for path in paths)

    return rows


def owners(data: Any) -> Iterator[Row]:
    """All shoots and their owners that an answer holds, at whatever depth."""
    if isinstance(data, list):
        for each in data:
            yield from owners(each)
    elif isinstance(data, dict):
        if set(data) == {"name", "project"}:
            yield data["name"], at(data, "project.name"), at(data, "project.owner")
        for each in data.values():
            yield from owners(each)


def owner_of(shoot: str) -> str:
    return (
        "select s.name, p.name, p.owner from g_shoot s join g_project p on p.namespace = s.namespace"
        f" where s.technical_id = ({shoot})"
    )


def picked(address: str, name: str = "ip") -> str:
    """The first address of a query, as variable."""
    return f"select v as {name} from ({address}) as found(v, shoot) order by 1 limit 1"


def address(query: str) -> Case:
    """The owner of the first address of a query of addresses and technical ids."""
    first = f"select shoot from ({query}) as found(v, shoot) order by v limit 1"
    return Case("91-address-to-owner", owners, owner_of(first), picked(query))


MACHINE_OF_AWS = (
    "select host(n.public_ip_address), m.namespace from aws_net_interface n join aws_instance t"
    f" using (instance_id, account_id) join g_machine m on {AWS_MACHINE} join aws_vpc v on"
    " v.vpc_id = t.vpc_id and v.name = m.namespace where n.public_ip_address is not null"
)
BASTION_OF_AWS = (
    "select host(b.ip), b.namespace from g_bastion b join aws_net_interface n"
    " on n.public_ip_address = b.ip join g_shoot s on s.technical_id = b.namespace"
)
BALANCER_OF_AWS = (
    "select host(n.public_ip_address), s.technical_id from aws_net_interface n join aws_vpc t using"
    f" (vpc_id, account_id) join g_shoot s on {SHOOT_OF_VPC} where n.description like 'ELB a%'"
)
MACHINE_OF_GCP = (
    "select host(n.nat_ip), m.namespace from gcp_nic n join gcp_instance t using (project_id,"
    f" instance_id) join g_machine m on {GCP_MACHINE} where n.nat_ip is not null"
)
RULE_OF_GCP = (
    "select host(r.ip_address), m.namespace from gcp_forwarding_rule r join gcp_target_pool p on"
    " p.project_id = r.project_id and p.name = r.name join gcp_target_pool_instance i on"
    " i.target_pool_id = p.target_pool_id join g_machine m on m.name = i.instance_name"
)

CASES = [
    Case(
        "90-below-a-project",
        below("technicalId", "seed.name", "machines.totalCount"),
        "select s.technical_id, s.seed_name, (select count(*)::int from g_machine m where"
        " m.namespace = s.technical_id) from g_shoot s where s.project_name ="
        f" {LARGEST_NAME} order by 1 limit 20",
        LARGEST,
    ),
    Case(
        "90-below-a-project",
        below("technicalId", "awsInstances.totalCount", "gcpInstances.totalCount"),
        "select s.technical_id, (select count(*)::int from aws_instance t join g_machine m on"
        f" {AWS_MACHINE} where m.namespace = s.technical_id), (select count(*)::int from gcp_instance"
        f" t join g_machine m on {GCP_MACHINE} where m.namespace = s.technical_id)"
        f" from g_shoot s where s.project_name = {LARGEST_NAME} order by 1 limit 20",
        LARGEST,
    ),
    Case(
        "90-below-a-project",
        below("technicalId", "gcpDisks.totalCount", "awsVolumes.totalCount"),
        "select s.technical_id, (select count(*)::int from gcp_disk d where d.k8s_cluster_name ="
        " s.technical_id), (select count(*)::int from aws_volume t where t.tags ?"
        " ('kubernetes.io/cluster/' || s.technical_id)) from g_shoot s where s.project_name ="
        f" {LARGEST_NAME} order by 1 limit 20",
        LARGEST,
    ),
    Case(
        "90-below-a-project",
        lambda data: [
            (shoot["technicalId"], record["fqdn"], record["value"])
            for project in data["gardenerProjects"]["nodes"]
            for shoot in project["shoots"]["nodes"]
            for record in shoot["dnsRecords"]["nodes"]
        ],
        "select namespace, fqdn, value from g_dns_record where namespace in (select technical_id"
        f" from g_shoot where project_name = {LARGEST_NAME} order by 1 limit 20)",
        LARGEST,
    ),
    *map(
        address,
        (MACHINE_OF_AWS, BASTION_OF_AWS, BALANCER_OF_AWS, MACHINE_OF_GCP, RULE_OF_GCP),
    ),
    Case(
        "92-name-to-owner",
        owners,
        owner_of("select min(namespace) from g_dns_record where namespace like 'shoot--%'"),
        "select fqdn as name, fqdn || '.' as route53 from g_dns_record"
        " where namespace like 'shoot--%' order by namespace, fqdn limit 1",
    ),
    Case(
        "92-name-to-owner",
        nodes("awsResourceRecords", "type", "value", "hostedZone.name"),
        "select 'A', v, 'live.example.com.' from (values ('52.1.2.3'), ('52.1.2.4')) as t(v)",
        "select 'dashboard.live.example.com' as name, 'dashboard.live.example.com.' as route53",
    ),
    Case(
        "93-if-a-seed-went-away",
        lambda data: [
            tuple(
                at(seed, f"{kind}.totalCount")
                for kind in (
                    "shoots",
                    "machines",
                    "persistentVolumes",
                    "dnsRecords",
                    "backupBuckets",
                )
            )
            for seed in data["gardenerSeeds"]["nodes"]
        ],
        "select "
        + ", ".join(
            f"(select count(*)::int from {table} where seed_name = {SEED_NAME})"
            for table in (
                "g_shoot",
                "g_machine",
                "g_persistent_volume",
                "g_dns_record",
                "g_backup_bucket",
            )
        ),
        GONE,
    ),
    Case(
        "93-if-a-seed-went-away",
        values(
            "awsInstancesOfSeed.totalCount",
            "awsInstancesOfImage.totalCount",
            "shootsOfImage.totalCount",
        ),
        f"select (select count(*)::int from aws_instance t join g_machine m on {AWS_MACHINE} join"
        f" g_shoot s on s.technical_id = m.namespace where s.seed_name = {SEED_NAME}), (select"
        f" count(*)::int from aws_instance where image_id = {AMI_NAME} and state <> 'terminated'),"
        f" (select count(distinct m.namespace)::int from aws_instance t join g_machine m on"
        f" {AWS_MACHINE} where t.image_id = {AMI_NAME})",
        GONE,
    ),
    Case(
        "93-if-a-seed-went-away",
        nodes("awsAzs", "accountId", "subnets.totalCount", "networkInterfaces.totalCount"),
        "select z.account_id, (select count(*)::int from aws_subnet s where s.az_id = z.zone_id and"
        " s.account_id = z.account_id), (select count(*)::int from aws_net_interface n where n.az ="
        " z.name and n.account_id = z.account_id) from aws_az z where z.zone_id = 'euc1-az1'",
        GONE,
    ),
    Case(
        "94-leaks",
        groups("leaks", "byRule"),
        counted("common_leak", "rule", where="resolved_at is null"),
    ),
    Case(
        "94-leaks",
        lambda data: [
            (each["rule"], each["resource"] is not None) for each in data["leaks"]["nodes"]
        ],
        "select rule, true from common_leak order by confidence desc, rule, resource_name limit 50",
    ),
    Case(
        "95-what-cannot-be-told",
        nodes("commonLeakRules", "name", "status", "why", "openFindings"),
        "select r.name, 'answered', null, (select count(*)::int from common_leak l"
        " where l.rule = r.name) from common_leak_rule r",
    ),
    Case(
        "96-what-leaks-cost",
        lambda data: [
            (
                data["awsVolumes"]["totalCount"],
                int(at(data, "awsVolumes.aggregate.sum.sizeGib")),
                int(at(data, "gcpDisks.aggregate.sum.sizeGb")),
                data["awsElasticIps"]["totalCount"],
                data["gcpAddresses"]["totalCount"],
            )
        ],
        "select count(*)::int, sum(v.size_gib)::int, (select sum(d.size_gb)::int from gcp_disk d where"
        " not exists (select from gcp_attached_disk a where a.disk_id = d.disk_id) and coalesce("
        "d.k8s_cluster_name, '') not in (select technical_id from g_shoot)), (select count(*)::int"
        " from aws_elastic_ip t where t.association_id is null and not exists (select from g_shoot s"
        " where t.tags ? ('kubernetes.io/cluster/' || s.technical_id))), (select count(*)::int from"
        " gcp_address where address_type = 'EXTERNAL' and status = 'RESERVED') from aws_volume v where"
        " v.instance_id is null and not exists (select from g_shoot s where v.tags ?"
        " ('kubernetes.io/cluster/' || s.technical_id))",
    ),
    Case(
        "97-gardener-at-a-glance",
        groups("gardenerBackupBuckets", "byProvider"),
        counted("g_backup_bucket", "provider_type", "state"),
    ),
    Case(
        "97-gardener-at-a-glance",
        groups("gardenerMachines", "byStatus"),
        counted("g_machine", "status"),
    ),
    Case(
        "98-gcp-at-a-glance",
        groups("gcpInstances", "byStatus"),
        counted("gcp_instance", "status"),
    ),
    Case(
        "98-gcp-at-a-glance",
        lambda data: [
            (each["key"]["type"], each["count"], int(each["aggregate"]["sum"]["sizeGb"]))
            for each in data["gcpDisks"]["byType"]
        ],
        "select type, count(*)::int, sum(size_gb)::int from gcp_disk group by 1",
    ),
    Case(
        "99-roles-in-gcp",
        nodes("gcpIamRoleMembers", "member", "role", "resourceName"),
        "select member, role, resource_name from gcp_iam_role_member",
    ),
]
