"""What the original's views get wrong, each next to the rule that does not.

`original` is a view's condition on our tables: it shows that the landscape holds what it trips over.
"""

from __future__ import annotations

from inventory.catalog import Catalog
from inventory.db.reconcile import reconcile
from tests.leaks import landscape
from tests.leaks.collecting import Database, ask
from tests.leaks.landscape import findings


def original(db: Database, query: str) -> set[str]:
    return {str(row[0]) for row in db.execute(query.encode()).fetchall()}


def again(db: Database, catalog: Catalog, rule: str, *links: str) -> set[str]:
    """What a rule finds after links were brought up to date."""
    for link in links:
        reconcile(db, catalog.links[link])
    ask(db, catalog, rule)
    return set(findings(db, rule))


def test_an_instance_without_machine_is_not_compared_with_null(db: Database) -> None:
    view = original(
        db,
        "select i.instance_id from aws_instance i left join g_machine m on m.name = i.name"
        " where i.state = 'running' and m.id is null and m.id = null",
    )

    assert view == set()
    assert findings(db, "aws-instance-without-machine")


def test_an_instance_that_has_the_name_of_a_machine_is_none_for_that(db: Database) -> None:
    view = original(
        db,
        "select i.instance_id from aws_instance i left join g_machine m on m.name = i.name"
        " where i.state = 'running' and m.id is null",
    )
    copies = set(landscape.key()["ids"]["stray_instances_named_like_a_machine"])

    assert copies
    assert not copies & view
    assert copies <= set(findings(db, "aws-instance-without-machine"))


def test_a_bastion_that_has_a_host_name_alone_is_no_leak(db: Database) -> None:
    known_by_ip = original(
        db,
        "select n.instance_id from aws_net_interface n join g_bastion b on b.ip = n.public_ip_address",
    )
    bastions = original(
        db,
        "select n.instance_id from aws_net_interface n join g_bastion b"
        " on b.hostname = n.public_dns_name",
    )

    assert bastions - known_by_ip
    assert not bastions & set(findings(db, "aws-instance-without-machine"))


def test_records_that_gardener_never_writes_are_no_leaks(db: Database) -> None:
    """The original tests the type while it joins, so that it reports all of them."""
    view = original(
        db,
        "select r.type from aws_dns_record r left join g_dns_record g on r.name = g.fqdn || '.'"
        " and r.type not in ('NS', 'SOA', 'MX', 'PTR') where g.id is null",
    )
    types = {each.split()[2] for each in findings(db, "aws-dns-record-without-owner")}

    assert {"NS", "SOA", "MX", "PTR"} <= view
    assert types
    assert not {"NS", "SOA", "MX", "PTR"} & types


def test_a_name_that_gardener_writes_does_not_claim_other_values_of_it(db: Database) -> None:
    view = original(
        db,
        "select r.value from aws_dns_record r left join g_dns_record g on r.name = g.fqdn || '.'"
        " left join g_dns_entry e on r.name = e.fqdn || '.' where g.id is null and e.id is null",
    )
    values = {each.split(maxsplit=3)[3] for each in findings(db, "aws-dns-record-without-owner")}

    assert ' "acme-challenge"' in {f" {value.strip()}" for value in values}
    assert '"acme-challenge"' not in view


def test_default_vpcs_and_those_that_users_bring_are_no_leaks(db: Database) -> None:
    view = original(
        db,
        "select v.vpc_id from aws_vpc v left join g_shoot s on v.name = s.technical_id"
        " where s.id is null",
    )
    ids = landscape.key()["ids"]
    innocent = {*ids["default_vpcs"], *ids["own_vpcs_with_tag"], *ids["own_vpcs_without_tag"]}

    assert innocent <= view
    assert not innocent & set(findings(db, "aws-vpc-without-shoot"))


def test_a_vpc_of_another_account_does_not_use_dhcp_options(db: Database, catalog: Catalog) -> None:
    rule = "aws-dhcp-option-set-without-vpc"
    (set_id, account) = db.execute(
        "select t.set_id, t.account_id from aws_dhcp_option_set t join common_leak l"
        " on l.resource_id = t.id where l.rule = %s order by 1 limit 1",
        (rule,),
    ).fetchall()[0]
    db.execute(
        "update aws_vpc set dhcp_option_set_id = %s where account_id <> %s and is_default",
        (set_id, account),
    )
    view = original(
        db,
        "select o.set_id from aws_dhcp_option_set o left join aws_vpc v"
        " on v.dhcp_option_set_id = o.set_id where v.id is null",
    )

    assert set_id not in view
    assert set_id in again(db, catalog, rule, "l_aws_vpc_to_dhcp_option_set")


def test_a_finding_on_a_bucket_says_its_name(db: Database) -> None:
    named = original(
        db,
        "select resource_name from common_leak where rule = 'aws-bucket-without-backup-bucket'",
    )

    assert named == set(findings(db, "aws-bucket-without-backup-bucket"))


def test_a_backup_bucket_of_another_cloud_claims_no_bucket(db: Database) -> None:
    view = original(
        db,
        "select b.name from aws_bucket b left join g_backup_bucket g using (name) where g.id is null",
    )

    assert set(findings(db, "aws-bucket-without-backup-bucket")) - view


def test_an_image_that_another_project_allows_itself_is_unknown(
    db: Database, catalog: Catalog
) -> None:
    """The original knows no profiles of projects, and compares profiles by name alone."""
    instance, namespace, ami = db.execute(
        "select i.instance_id, s.namespace, i.image_id from aws_instance i"
        " join n_aws_instance_to_g_shoot n on n.aws_instance_id = i.id"
        " join g_shoot s on s.id = n.g_shoot_id"
        " where s.cloud_profile_kind = 'NamespacedCloudProfile' order by 1 limit 1"
    ).fetchall()[0]
    db.execute(
        "delete from g_cloud_profile_aws_image where cloud_profile_namespace = %s and ami = %s",
        (namespace, ami),
    )
    view = original(
        db,
        "select i.instance_id from aws_instance i join g_machine m on m.name = i.name"
        " join g_shoot s on s.technical_id = m.namespace left join g_cloud_profile_aws_image p"
        " on p.cloud_profile_name = s.cloud_profile and p.ami = i.image_id where p.id is null",
    )

    assert instance not in view
    assert instance in again(
        db, catalog, "aws-unknown-image", "n_aws_instance_to_g_cloud_profile_aws_image"
    )


def test_disks_of_shoots_that_live_are_no_leaks(db: Database) -> None:
    view = original(
        db,
        "select d.disk_id from gcp_disk d left join g_persistent_volume p on p.name = d.name"
        " left join gcp_instance b on b.name = d.name and b.project_id = d.project_id"
        " where p.id is null and b.id is null",
    )
    sleeping = original(
        db,
        "select d.disk_id from gcp_disk d join g_shoot s on s.technical_id = d.k8s_cluster_name"
        " where s.is_hibernated",
    )

    assert sleeping
    assert sleeping <= view
    assert not sleeping & set(findings(db, "gcp-disk-without-shoot"))


def test_a_disk_is_not_attached_because_one_of_its_name_is(db: Database) -> None:
    attached = original(
        db,
        "select d.disk_id from gcp_disk d join gcp_attached_disk a on a.disk_name = d.name"
        " and a.project_id = d.project_id",
    )
    (twin,) = original(
        db, "select disk_id from gcp_disk where name = 'registry' and region = 'europe-west3'"
    )

    assert twin in attached
    assert twin in findings(db, "gcp-disk-without-shoot")


def test_a_member_is_not_there_because_one_of_its_name_is_in_another_zone(
    db: Database, catalog: Catalog
) -> None:
    rule = "gcp-target-pool-instance-without-instance"
    db.execute("delete from gcp_instance where name = 'nat-box' and zone = 'europe-west1-b'")
    view = original(
        db,
        "select m.instance_name from gcp_target_pool_instance m left join gcp_instance i"
        " on i.name = m.instance_name and i.project_id = m.project_id where i.id is null",
    )

    found = again(db, catalog, rule, "l_gcp_target_pool_instance_to_instance")
    assert "nat-box" not in view
    assert "nat-box" in {each.split()[-1] for each in found}


def test_a_pool_whose_rule_has_another_name_has_a_frontend(db: Database) -> None:
    view = original(
        db,
        "select p.name from gcp_target_pool p left join gcp_forwarding_rule r on r.name = p.name"
        " and r.project_id = p.project_id where r.id is null",
    )
    found = original(
        db,
        "select resource_name from common_leak where rule = 'gcp-target-pool-without-frontend'",
    )

    assert {"legacy-backend", "empty-pool"} <= view
    assert found
    assert not {"legacy-backend", "empty-pool"} & found


def test_nodes_of_gke_and_its_network_are_no_leaks(db: Database) -> None:
    view = original(
        db,
        "select i.instance_id from gcp_instance i left join g_machine m on m.name = i.name"
        " where i.status = 'RUNNING' and m.id is null",
    )
    nodes = original(db, "select instance_id from gcp_instance where gke_cluster_name is not null")
    (network,) = original(db, "select vpc_id from gcp_vpc where name = 'soil-net'")

    assert nodes
    assert nodes <= view
    assert not nodes & set(findings(db, "gcp-instance-without-machine"))
    assert network not in findings(db, "gcp-vpc-without-shoot")


def test_a_backup_bucket_of_a_single_shoot_misses_no_seed(db: Database) -> None:
    view = original(
        db,
        "select b.name from g_backup_bucket b left join g_seed s on s.name = b.seed_name"
        " where s.id is null",
    )
    single = original(db, "select name from g_backup_bucket where shoot_name is not null")

    assert single
    assert single <= view
    assert not single & set(findings(db, "g-backup-bucket-without-seed"))
