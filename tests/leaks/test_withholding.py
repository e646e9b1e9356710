"""A rule that does not know the owner side says nothing, says why, and forgets nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inventory.catalog import Catalog
from inventory.core.duration import spell
from inventory.db.leaks import Evaluated, evaluate
from tests.leaks import landscape
from tests.leaks.collecting import DAY, Database

VPCS, INSTANCES, ADDRESSES = (
    "aws-vpc-without-shoot",
    "aws-instance-without-machine",
    "gcp-address-unused",
)
Counted = list[tuple[int, int, int]]


def ask(db: Database, catalog: Catalog, rule: str) -> Evaluated:
    return evaluate(db, catalog.leaks[rule], max_age=DAY)


def counted(db: Database, rule: str) -> tuple[int, int, int]:
    """How many findings are shown, withheld and resolved."""
    query = (
        "select count(*) filter (where resolved_at is null and not is_withheld),"
        " count(*) filter (where is_withheld), count(resolved_at) from common_leak where rule = %s"
    )
    shown, withheld, resolved = db.execute(query, (rule,)).fetchall()[0]
    return shown, withheld, resolved


def spoil(db: Database, model: str, scope: str, change: str) -> None:
    changed = db.execute(
        f"update common_scope set {change} where model = %s and scope like %s".encode(),
        (model, scope),
    )
    assert changed.rowcount


FAILED = "status = 'failed', error = 'it was refused'"
STALE = "last_complete_at = now() - interval '25 hours'"
EMPTY = "rows_seen = 0"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (FAILED, "g:model:shoot garden could not be listed completely: it was refused"),
        ("status = 'incomplete', error = null", "completely: incomplete"),
        ("status = 'suspicious', error = null", "completely: suspicious"),
        ("status = 'running', last_complete_at = null", "completely: running"),
        (STALE, f"longer ago than {spell(DAY)}; collect it again"),
        (EMPTY, "g:model:shoot is empty everywhere"),
    ],
)
def test_an_owner_that_is_not_known_withholds_every_finding(
    db: Database, catalog: Catalog, change: str, reason: str
) -> None:
    before, *_ = counted(db, VPCS)
    spoil(db, "g:model:shoot", "garden", change)

    answer = ask(db, catalog, VPCS)

    assert answer.withheld
    assert reason in answer.withheld
    assert landscape.state(db, VPCS) == ("withheld", answer.withheld)
    assert counted(db, VPCS) == (0, before, 0)


def test_an_owner_that_was_never_collected_withholds_every_finding(
    db: Database, catalog: Catalog
) -> None:
    db.execute("delete from common_scope where model = 'g:model:shoot'")

    assert (ask(db, catalog, VPCS).withheld or "").startswith("g:model:shoot was never collected")


def test_findings_come_back_as_they_were_once_the_owner_is_known_again(
    db: Database, catalog: Catalog
) -> None:
    db.execute("update common_leak set first_detected_at = '2024-01-01' where rule = %s", (VPCS,))
    before = counted(db, VPCS)
    spoil(db, "g:model:shoot", "garden", FAILED)
    ask(db, catalog, VPCS)
    spoil(db, "g:model:shoot", "garden", "status = 'complete'")

    answer = ask(db, catalog, VPCS)

    assert (answer.new, answer.resolved) == (0, 0)
    assert counted(db, VPCS) == before
    assert db.execute(
        "select distinct first_detected_at::date::text from common_leak where rule = %s", (VPCS,)
    ).fetchall() == [("2024-01-01",)]


def test_a_region_that_is_not_known_spoils_the_answer_for_its_own_alone(
    db: Database, catalog: Catalog
) -> None:
    before = landscape.findings(db, "aws-dhcp-option-set-without-vpc")
    spoil(db, "aws:model:vpc", "111122223333/eu-central-1", FAILED)

    answer = ask(db, catalog, "aws-dhcp-option-set-without-vpc")

    assert (answer.withheld, answer.unjudged, answer.open) == (None, 1, len(before) - 1)
    assert answer.partly
    assert "111122223333/eu-central-1 could not be listed completely" in answer.partly
    assert landscape.state(db, "aws-dhcp-option-set-without-vpc")[0] == "partial"
    assert set(landscape.findings(db, "aws-dhcp-option-set-without-vpc")) < set(before)


@pytest.mark.parametrize("fault", [FAILED, STALE, "scope = scope || '-of-another-name'"])
def test_a_seed_that_is_not_known_spares_the_instances_of_its_shoots(
    db: Database, catalog: Catalog, fault: str
) -> None:
    """Its machines vanish from the table, so all its instances look like leaks."""
    before = landscape.findings(db, INSTANCES)
    (seed,) = db.execute(
        "select seed_name from g_shoot where provider_type = 'aws' group by 1"
        " order by count(*) desc limit 1"
    ).fetchall()[0]
    for table in ("g_machine", "g_bastion"):
        # As on a first collection, or after the housekeeper; links cascade.
        db.execute(f"delete from {table} where seed_name = %s".encode(), (seed,))
        spoil(db, f"g:model:{table[2:]}", seed, fault)

    answer = ask(db, catalog, INSTANCES)

    assert answer.partly
    assert answer.unjudged > len(before)
    assert set(landscape.findings(db, INSTANCES)) <= set(before)
    # What is tagged with no shoot that exists, no seed can claim.
    gone = {
        row[0]
        for row in db.execute(
            "select instance_id from aws_instance i where not exists (select from g_shoot s"
            " where i.tags ? ('kubernetes.io/cluster/' || s.technical_id))"
            " and instance_id = any(%s)",
            (before,),
        ).fetchall()
    }
    assert gone
    assert gone <= set(landscape.findings(db, INSTANCES))


def test_a_seed_without_a_listing_withholds_the_names_that_it_could_have_written(
    db: Database, catalog: Catalog
) -> None:
    db.execute("delete from common_scope where model = 'g:model:dns_entry' and scope = 'soil'")

    answer = ask(db, catalog, "aws-dns-record-without-owner")

    assert answer.withheld == "g:model:dns_entry soil was never collected"


def test_an_owner_of_which_there_may_be_none_may_be_empty(db: Database, catalog: Catalog) -> None:
    spoil(db, "g:model:bastion", "%", EMPTY)

    assert ask(db, catalog, INSTANCES).withheld is None


def test_a_rule_that_needs_machines_says_which_it_could_not_see(
    db: Database, catalog: Catalog
) -> None:
    before = landscape.findings(db, "aws-unknown-image")
    spoil(db, "g:model:machine", "soil", FAILED)

    answer = ask(db, catalog, "aws-unknown-image")

    assert answer.partly == "g:model:machine soil could not be listed completely: it was refused"
    assert landscape.findings(db, "aws-unknown-image") == before


def test_a_link_that_waits_leaves_the_last_answer_standing(db: Database, catalog: Catalog) -> None:
    before = counted(db, VPCS)
    db.execute("truncate n_aws_vpc_to_g_shoot")
    db.execute(
        "update common_link set requested_at = now() where name = %s", ("n_aws_vpc_to_g_shoot",)
    )

    assert ask(db, catalog, VPCS).postponed
    assert counted(db, VPCS) == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update common_link set error = 'no space left'", "link n_aws_vpc_to_g_shoot failed: no"),
        ("delete from common_link", "link n_aws_vpc_to_g_shoot was never brought up to date"),
    ],
)
def test_a_link_that_is_wrong_withholds(
    db: Database, catalog: Catalog, change: str, reason: str
) -> None:
    db.execute(f"{change} where name = 'n_aws_vpc_to_g_shoot'".encode())

    assert (ask(db, catalog, VPCS).withheld or "").startswith(reason)


def test_a_finding_that_ends_is_kept_and_one_that_comes_again_begins_anew(
    db: Database, catalog: Catalog
) -> None:
    shown, _, _ = counted(db, ADDRESSES)
    db.execute(
        "update common_leak set first_detected_at = '2024-01-01' where rule = %s", (ADDRESSES,)
    )
    db.execute("update gcp_address set status = 'IN_USE' where name = 'old-www-ip'")

    ended = ask(db, catalog, ADDRESSES)
    after = counted(db, ADDRESSES)
    db.execute("update gcp_address set status = 'RESERVED' where name = 'old-www-ip'")
    again = ask(db, catalog, ADDRESSES)

    assert (ended.resolved, ended.new, ended.open) == (1, 0, shown - 1)
    assert after == (shown - 1, 0, 1)
    assert (again.resolved, again.new, again.open) == (0, 1, shown)
    assert db.execute(
        "select resource_name, first_detected_at > '2024-01-01', resolved_at from common_leak"
        " where rule = %s and first_detected_at <> '2024-01-01'",
        (ADDRESSES,),
    ).fetchall() == [("old-www-ip", True, None)]


def test_a_finding_on_a_resource_that_is_gone_is_resolved_and_keeps_its_name(
    db: Database, catalog: Catalog
) -> None:
    db.execute("delete from gcp_address where name = 'old-www-ip'")

    assert ask(db, catalog, ADDRESSES).resolved == 1
    assert db.execute(
        "select resource_name from common_leak where rule = %s and resolved_at is not null",
        (ADDRESSES,),
    ).fetchall() == [("old-www-ip",)]


def test_asking_again_changes_nothing(db: Database, catalog: Catalog) -> None:
    for name in catalog.leaks:
        answer = ask(db, catalog, name)
        assert (answer.new, answer.resolved, answer.withheld, answer.partly) == (0, 0, None, None)


@pytest.mark.parametrize(
    ("born", "found"), [(timedelta(minutes=30), False), (timedelta(hours=2), True)]
)
def test_what_is_young_is_no_leak_yet(
    db: Database, catalog: Catalog, born: timedelta, found: bool
) -> None:
    db.execute(
        "update gcp_address set creation_timestamp = now() - %s where name = 'old-www-ip'", (born,)
    )

    assert (ask(db, catalog, ADDRESSES).resolved == 0) is found


def test_what_came_after_the_first_listing_is_as_old_as_we_know_it(
    db: Database, catalog: Catalog
) -> None:
    """Clouds do not say when a VPC was made."""
    vpc = landscape.findings(db, VPCS)[0]
    # Everything was listed long ago; this one came just now.
    db.execute("update common_scope set created_at = now() - interval '2 days'")
    db.execute(
        "update aws_vpc set created_at = now() - interval '2 days' where vpc_id <> %s", (vpc,)
    )

    assert ask(db, catalog, VPCS).resolved == 1
    assert vpc not in landscape.findings(db, VPCS)


def test_what_was_not_listed_since_is_not_newly_called_left_behind(
    db: Database, catalog: Catalog
) -> None:
    """The machine is gone, and so may be its instance, which could not be asked for."""
    before = landscape.findings(db, INSTANCES)
    model, (scope, machine) = (
        "aws:model:instance",
        db.execute(
            "select s.scope, n.g_machine_id from n_aws_instance_to_g_machine n"
            " join aws_instance i on i.id = n.aws_instance_id join common_scope s on s.id = i.scope_id"
            " order by 1, 2 limit 1"
        ).fetchall()[0],
    )
    spoil(db, model, scope, f"{FAILED}, last_attempt_at = now()")
    db.execute("delete from g_machine where id = %s", (machine,))
    db.execute("delete from n_aws_instance_to_g_machine where g_machine_id = %s", (machine,))

    answer = ask(db, catalog, INSTANCES)

    assert landscape.findings(db, INSTANCES) == before
    assert answer.unjudged == 1
    assert (answer.partly or "").startswith(f"{model} {scope} could not be listed completely")

    spoil(db, model, scope, "status = 'complete', error = null")
    assert ask(db, catalog, INSTANCES).new == 1
    assert len(landscape.findings(db, INSTANCES)) == len(before) + 1
