"""The questions: as GraphQL, and as the SQL that a careful programmer writes by hand for the same answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A GraphQL operation and SQL with the same answer.

    `keys` is SQL for values of the variable `$1`, where there is one: each request takes another.
    """

    name: str
    doc: str
    graphql: str
    sql: str
    keys: str | None = None


INSTANCE_FIELDS = (
    """instanceId name arch instanceType state subnetId vpcId platform imageId launchTime"""
)
INSTANCE_JSON = """json_build_object('instanceId', i.instance_id, 'name', i.name, 'arch', i.arch,
    'instanceType', i.instance_type, 'state', i.state, 'subnetId', i.subnet_id, 'vpcId', i.vpc_id,
    'platform', i.platform, 'imageId', i.image_id, 'launchTime', i.launch_time)"""

SMALL = Question(
    "small",
    "one VPC by id, and its shoots",
    """query($id: ID!) { awsVpc(id: $id) {
        vpcId name state gardenerShoots { nodes { name technicalId status } } } }""",
    """select json_build_object('awsVpc', (
        select json_build_object('vpcId', v.vpc_id, 'name', v.name, 'state', v.state,
            'gardenerShoots', json_build_object('nodes', (
                select coalesce(json_agg(json_build_object('name', s.name,
                    'technicalId', s.technical_id, 'status', s.status) order by s.id), '[]')
                from (select s.* from n_aws_vpc_to_g_shoot l join g_shoot s on s.id = l.g_shoot_id
                    where l.aws_vpc_id = v.id order by s.id limit 50) s)))
        from aws_vpc v where v.id = $1))::text""",
    "select 'aws_vpc:' || aws_vpc_id from n_aws_vpc_to_g_shoot order by 1 limit 500",
)

POINT3 = Question(
    "point3",
    "instance → machine → shoot → project",
    """query($id: ID!) { awsInstance(id: $id) { instanceId name gardenerMachine { name status
        shoot { name technicalId project { name owner } } } } }""",
    """select json_build_object('awsInstance', (
        select json_build_object('instanceId', i.instance_id, 'name', i.name, 'gardenerMachine', (
            select json_build_object('name', m.name, 'status', m.status, 'shoot', (
                select json_build_object('name', s.name, 'technicalId', s.technical_id, 'project', (
                    select json_build_object('name', p.name, 'owner', p.owner)
                    from l_g_shoot_to_project l join g_project p on p.id = l.project_id
                    where l.shoot_id = s.id))
                from l_g_machine_to_shoot l join g_shoot s on s.id = l.shoot_id
                where l.machine_id = m.id))
            from n_aws_instance_to_g_machine l join g_machine m on m.id = l.g_machine_id
            where l.aws_instance_id = i.id))
        from aws_instance i where i.id = $1))::text""",
    "select 'aws_instance:' || aws_instance_id from n_aws_instance_to_g_machine order by 1 limit 500",
)


def flat(rows: int, name: str) -> Question:
    """A list of instances with ten fields each."""
    return Question(
        name,
        f"{rows:,} instances, ten fields".replace(",", " "),
        f"{{ awsInstances(first: {rows}) {{ nodes {{ {INSTANCE_FIELDS} }} }} }}",
        f"""select json_build_object('awsInstances', json_build_object('nodes', (
            select coalesce(json_agg({INSTANCE_JSON} order by i.id), '[]')
            from (select * from aws_instance order by id limit {rows}) i)))::text""",
    )


VSP1K = Question(
    "vsp1k",
    "1 000 VPCs → shoots → project",
    """{ awsVpcs(first: 1000) { nodes { vpcId name gardenerShoots(first: 10) { nodes {
        name technicalId project { name } } } } } }""",
    """select json_build_object('awsVpcs', json_build_object('nodes', (
        select coalesce(json_agg(json_build_object('vpcId', v.vpc_id, 'name', v.name,
            'gardenerShoots', json_build_object('nodes', (
                select coalesce(json_agg(json_build_object('name', s.name,
                    'technicalId', s.technical_id, 'project', (
                        select json_build_object('name', p.name)
                        from l_g_shoot_to_project l join g_project p on p.id = l.project_id
                        where l.shoot_id = s.id)) order by s.id), '[]')
                from (select s.* from n_aws_vpc_to_g_shoot l join g_shoot s on s.id = l.g_shoot_id
                    where l.aws_vpc_id = v.id order by s.id limit 10) s))) order by v.id), '[]')
        from (select * from aws_vpc order by id limit 1000) v)))::text""",
)

DEEP10 = Question(
    "deep10",
    "10 regions → VPCs → instances → machine → shoot",
    """{ awsRegions(first: 10) { nodes { name vpcs(first: 20) { nodes { vpcId
        instances(first: 20) { nodes { instanceId state gardenerMachine { name
            shoot { name technicalId } } } } } } } } }""",
    """select json_build_object('awsRegions', json_build_object('nodes', (
        select coalesce(json_agg(json_build_object('name', r.name, 'vpcs', json_build_object('nodes', (
            select coalesce(json_agg(json_build_object('vpcId', v.vpc_id,
                'instances', json_build_object('nodes', (
                select coalesce(json_agg(json_build_object('instanceId', i.instance_id,
                    'state', i.state, 'gardenerMachine', (
                    select json_build_object('name', m.name, 'shoot', (
                        select json_build_object('name', s.name, 'technicalId', s.technical_id)
                        from l_g_machine_to_shoot l join g_shoot s on s.id = l.shoot_id
                        where l.machine_id = m.id))
                    from n_aws_instance_to_g_machine l join g_machine m on m.id = l.g_machine_id
                    where l.aws_instance_id = i.id)) order by i.id), '[]')
                from (select i.* from l_aws_vpc_to_instance l
                    join aws_instance i on i.id = l.instance_id
                    where l.vpc_id = v.id order by i.id limit 20) i))) order by v.id), '[]')
            from (select v.* from l_aws_region_to_vpc l join aws_vpc v on v.id = l.vpc_id
                where l.region_id = r.id order by v.id limit 20) v))) order by r.id), '[]')
        from (select * from aws_region order by id limit 10) r)))::text""",
)

LEAKED = Question(
    "leaked",
    "VPCs without a shoot",
    """{ awsVpcs(first: 1000, where: {gardenerShoots: {none: {}}}) { nodes {
        vpcId name accountId regionName state } } }""",
    """select json_build_object('awsVpcs', json_build_object('nodes', (
        select coalesce(json_agg(json_build_object('vpcId', v.vpc_id, 'name', v.name,
            'accountId', v.account_id, 'regionName', v.region_name, 'state', v.state)
            order by v.id), '[]')
        from (select * from aws_vpc v where not exists (
            select from n_aws_vpc_to_g_shoot l where l.aws_vpc_id = v.id)
            order by v.id limit 1000) v)))::text""",
)

PAGE = Question(
    "page",
    "a page of 50, totalCount, hasNextPage",
    """{ awsVpcs(first: 50, where: {state: {eq: "available"}}) { totalCount
        pageInfo { hasNextPage } nodes { vpcId name accountId regionName } } }""",
    """select json_build_object('awsVpcs', json_build_object(
        'totalCount', (select count(*) from aws_vpc where state = 'available'),
        'pageInfo', json_build_object('hasNextPage', (select count(*) > 50 from
            (select from aws_vpc where state = 'available' order by id limit 51) v)),
        'nodes', (
        select coalesce(json_agg(json_build_object('vpcId', v.vpc_id, 'name', v.name,
            'accountId', v.account_id, 'regionName', v.region_name) order by v.id), '[]')
        from (select * from aws_vpc where state = 'available' order by id limit 50) v)))::text""",
)

FLAT100, FLAT1K = flat(100, "flat100"), flat(1000, "flat1k")
QUESTIONS = (SMALL, POINT3, FLAT100, FLAT1K, VSP1K, DEEP10, LEAKED, PAGE)
