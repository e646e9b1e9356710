"""With parts of the clouds away, what is shown is true, and what is not shown is explained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from inventory.catalog import Catalog
from inventory.core.scope import SourceClient
from inventory.simulator.hosting import Running, running
from inventory.simulator.leak_rules import RULES
from tests.graph.conftest import asking
from tests.leaks import collecting, landscape
from tests.leaks.collecting import Database
from tests.leaks.conftest import schema

REGION = ("111122223333", "eu-central-1")
ZONE = "sim-shared-3/europe-west1-b"
FAULTS: dict[str, Any] = {
    "forbidden_regions": ["/".join(REGION)],
    "unreachable_zones": [ZONE],
}


@dataclass
class World:
    """A landscape with a seed, a region and a zone away from the start."""

    sim: Running
    clients: dict[str, SourceClient]
    dsn: str
    seed: str
    failed: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def world(
    catalog: Catalog, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with running(shoots=20, seed=5) as sim:
        seed = sim.landscape.seed_name(0)
        folder: Path = tmp_path_factory.mktemp("faults")
        with (
            collecting.clients(sim, catalog, folder) as clients,
            psycopg.connect(database, autocommit=True) as db,
        ):
            sim.faults(**FAULTS, failing_seeds={seed: 403})
            made = World(sim, clients, database, seed)
            made.failed = collecting.collect(db, catalog, clients)
            collecting.link(db, catalog)
            collecting.ask(db, catalog)
            yield made


@pytest.fixture
def db(world: World) -> Iterator[Database]:
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        yield connection


def test_the_parts_that_are_away_are_recorded(world: World) -> None:
    assert {name.partition(" ")[2] for name in world.failed} == {
        "/".join(REGION),
        "sim-shared-3",
        world.seed,
    }


@pytest.mark.parametrize("rule", RULES)
def test_what_is_shown_is_true_and_what_is_not_is_explained(
    db: Database, world: World, rule: str
) -> None:
    visible = set(world.sim.truth(ids=True)["reachable"]["leaks"][rule])
    shown = set(landscape.findings(db, rule))
    status, why = landscape.state(db, rule)

    assert shown <= visible
    if status == "answered":
        assert shown == visible
    else:
        assert why
        assert any(part in why for part in ("/".join(REGION), "sim-shared-3", world.seed))


def test_most_rules_still_answer(db: Database) -> None:
    statuses = {rule: landscape.state(db, rule)[0] for rule in RULES}

    assert {rule for rule, status in statuses.items() if status == "withheld"} == {
        # Any seed may write any name.
        "aws-dns-record-without-owner"
    }
    assert statuses["aws-vpc-without-shoot"] == "answered"
    assert statuses["aws-instance-without-machine"] == "partial"
    assert landscape.findings(db, "aws-instance-without-machine")


async def test_graphql_shows_what_is_sure_and_says_what_is_not(db: Database, world: World) -> None:
    async with asking(world.dsn, schema()) as ask:
        answer = await ask(
            """{
              leaks { groups(by: [RULE]) { key { rule } count } }
              commonLeakRules(where: {status: {ne: "answered"}}, first: 100) {
                nodes { name status why openFindings unjudged }
              }
              awsVpcs(first: 500) { nodes { vpcId leaks { nodes { rule reason } } } }
              awsInstances(where: {leaks: {some: {}}}, first: 500) { nodes { instanceId } }
            }"""
        )

    counted = {each["key"]["rule"]: each["count"] for each in answer["leaks"]["groups"]}
    assert counted == {rule: n for rule in RULES if (n := len(landscape.findings(db, rule)))}
    silent = {each["name"]: each for each in answer["commonLeakRules"]["nodes"]}
    names = silent["aws-dns-record-without-owner"]
    assert names["status"] == "withheld"
    assert names["why"].startswith(f"g:model:dns_record {world.seed} could not be listed")
    assert silent["aws-instance-without-machine"]["unjudged"] > 0
    leaked = [vpc["vpcId"] for vpc in answer["awsVpcs"]["nodes"] if vpc["leaks"]["nodes"]]
    assert sorted(leaked) == landscape.findings(db, "aws-vpc-without-shoot")
    machines = [each["instanceId"] for each in answer["awsInstances"]["nodes"]]
    suspicious = {
        each
        for rule in ("aws-instance-without-machine", "aws-unknown-image")
        for each in landscape.findings(db, rule)
    }
    assert sorted(machines) == sorted(suspicious)


def test_when_all_are_back_everything_is_found(
    db: Database, world: World, catalog: Catalog
) -> None:
    world.sim.faults()
    assert collecting.collect(db, catalog, world.clients) == []
    collecting.link(db, catalog)
    answers = collecting.ask(db, catalog)

    truth = world.sim.truth(ids=True, unmanaged_reachable=True)["leaks"]
    assert {rule: landscape.findings(db, rule) for rule in RULES} == truth
    assert [name for name, each in answers.items() if each.withheld or each.partly] == []


def test_what_failed_to_list_later_keeps_its_rows_and_their_findings(
    db: Database, world: World, catalog: Catalog
) -> None:
    before = {rule: landscape.findings(db, rule) for rule in RULES}
    shown = set(before["aws-vpc-without-shoot"])
    world.sim.faults(**FAULTS, failing_seeds={world.seed: 403})
    collecting.collect(db, catalog, world.clients)
    collecting.link(db, catalog)
    collecting.ask(db, catalog)
    world.sim.faults()

    forbidden = {
        row[0]
        for row in db.execute(
            "select vpc_id from aws_vpc where account_id = %s and region_name = %s", REGION
        ).fetchall()
    }
    assert forbidden & shown
    # The subnets there might tell by now, but cannot be asked.
    assert set(landscape.findings(db, "aws-vpc-without-shoot")) == shown - forbidden
    assert landscape.state(db, "aws-vpc-without-shoot")[0] == "partial"
    (resolved,) = db.execute("select count(resolved_at) from common_leak").fetchall()[0]
    assert resolved == 0


def test_as_time_passes_leaks_come_and_go_and_those_that_stay_keep_their_day(
    db: Database, world: World, catalog: Catalog
) -> None:
    world.sim.faults()
    collecting.collect(db, catalog, world.clients)
    collecting.link(db, catalog)
    collecting.ask(db, catalog)
    db.execute("update common_leak set first_detected_at = '2024-01-01'")
    before = {rule: set(landscape.findings(db, rule)) for rule in RULES}

    world.sim.tick()
    collecting.collect(db, catalog, world.clients)
    collecting.link(db, catalog)
    answers = collecting.ask(db, catalog)

    truth = world.sim.truth(ids=True, unmanaged_reachable=True)["leaks"]
    assert {rule: landscape.findings(db, rule) for rule in RULES} == truth
    assert any(set(truth[rule]) - before[rule] for rule in RULES)
    ended = sum(len(before[rule] - set(truth[rule])) for rule in RULES)
    assert sum(each.resolved for each in answers.values()) == ended
    stayed = sum(len(before[rule] & set(truth[rule])) for rule in RULES)
    (old,) = db.execute(
        "select count(*) from common_leak where resolved_at is null"
        " and first_detected_at = '2024-01-01'"
    ).fetchall()[0]
    assert old == stayed > 0
