"""The acceptance of AWS, Google Cloud and Gardener: everything reachable, once, with parts of it away.

One story over one landscape: a first collection with a region, a zone and a seed away and every
twentieth call refused for its rate; time passes, and a second with the same faults; a third with all
back; a fourth with the faults again, while nothing changed. `INVENTORY_ACCEPTANCE_SHOOTS=2000` is how
it is accepted, and then a fifth, after more time with the faults.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from inventory.catalog import Catalog
from inventory.simulator.leak_rules import RULES
from tests.acceptance.seen import Seen, ids, look
from tests.acceptance.world import Collection, World, world

SHOOTS = int(os.environ.get("INVENTORY_ACCEPTANCE_SHOOTS", "50"))
LARGE = SHOOTS >= 1000
REGION, ZONE = "111122223333/eu-west-1", "sim-prod-1/europe-west1-b"
PROJECT = ZONE.partition("/")[0]
PARTS = ("first", "later", "whole", "lost", "end")
CALL_IT = {"name_and_tag": "cluster_tag", "tag": "cluster_tag", "subnet_tag": "subnet_cluster_tag"}
"""Rules of the answer key that tell apart what a link's rule does not."""

OF_A_ROW = {"l_gcp_instance_to_disk": "gcp_attached_disk"}
"""Links with an edge for each row of a third table."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600 if LARGE else 600)]


@dataclass
class Story:
    seed: str
    """The seed that is away."""
    parts: dict[str, Seen] = field(default_factory=dict)
    vanished: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """Rows by part and table that were kept since their scope was not listed completely, and that
    were in fact gone."""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="module")
def story(catalog: Catalog) -> Iterator[Story]:
    with world(SHOOTS, seed=7) as clouds:
        seed = clouds.sim.landscape.seed_name(0)
        # A seed that is refused is not tried again; one that answers 503 is, which takes seconds.
        faults: dict[str, Any] = {
            "throttle_every": 20,
            "forbidden_regions": [REGION],
            "unreachable_zones": [ZONE],
            "failing_seeds": {seed: 503 if LARGE else 403},
        }
        told = Story(seed)
        _tell(told, "first", clouds, catalog, faults)
        clouds.sim.tick()
        _tell(told, "later", clouds, catalog, faults)
        _tell(told, "whole", clouds, catalog, {})
        _tell(told, "lost", clouds, catalog, faults)
        if LARGE:
            clouds.sim.tick()
            _tell(told, "end", clouds, catalog, faults)
        yield told


def _tell(story: Story, part: str, clouds: World, catalog: Catalog, faults: dict[str, Any]) -> None:
    clouds.sim.faults(**faults)
    seen = look(clouds, catalog, clouds.collect())
    story.parts[part] = seen
    _show(part, seen)
    if part == "whole":
        kept = story.parts["later"].unconfirmed
        story.vanished["later"] = {
            table: gone for table in kept if (gone := kept[table] - ids(clouds, table))
        }


def _show(part: str, seen: Seen) -> None:
    """What it cost, for those who run this by hand with `-s`."""
    c = seen.collection
    rows, edges = sum(seen.tables.values()), sum(seen.links.values())
    found = sum(len(rule.shown) for rule in seen.leaks.values())
    read = sum(each["seen"] for each in c.answer["collectors"])
    print(  # noqa: T201
        f"\n{SHOOTS} shoots, {part}: {c.seconds:.1f} s, {c.cpu_seconds:.1f} s of CPU, peak"
        f" {c.peak_mib:.0f} MiB; read {read}, hold {rows} rows, {edges} edges, {found} leaks;"
        f" changed {c.changed}, wrote {c.rows_written} rows and {c.wal_bytes / 1e6:.2f} MB of WAL"
        f" for {len(seen.scopes)} scopes, {len(c.failed)} failed",
        flush=True,
    )


# -- everything reachable, exactly once -------------------------------------------------------------


@pytest.mark.parametrize("part", ["first", "whole"])
def test_everything_reachable_is_stored(story: Story, part: str) -> None:
    seen = story.parts[part]

    assert seen.tables == seen.truth["tables"]


@pytest.mark.parametrize("part", ["first", "whole"])
def test_every_link_is_that_of_the_answer_key(story: Story, part: str) -> None:
    seen = story.parts[part]

    assert _known(seen.links) == seen.truth["links"]
    assert _by_rule(seen) == _expected_by_rule(seen)


@pytest.mark.parametrize("part", PARTS)
def test_nothing_is_stored_twice_and_no_edge_leads_nowhere(story: Story, part: str) -> None:
    if part not in story.parts:
        pytest.skip("only in a large landscape")
    seen = story.parts[part]

    assert seen.repeated == {}
    assert seen.dangling == {}


def _known(links: dict[str, int]) -> dict[str, int]:
    """Which cluster of Google a seed is in is only known of those that a configuration names."""
    return {name: number for name, number in links.items() if name != "n_gcp_gke_cluster_to_g_seed"}


def _by_rule(seen: Seen) -> dict[str, dict[str, int]]:
    return {name: seen.by_rule[name] for name in seen.truth["rules"] if name.startswith("n_")}


def _expected_by_rule(seen: Seen) -> dict[str, dict[str, int]]:
    wanted: dict[str, dict[str, int]] = {}
    for name, rules in seen.truth["rules"].items():
        if name.startswith("n_"):
            found: Counter[str] = Counter()
            for rule, number in rules.items():
                vpcs = name == "n_aws_vpc_to_g_shoot"
                found[CALL_IT[rule] if vpcs else rule] += number
            wanted[name] = {rule: number for rule, number in found.items() if number}
    return wanted


# -- what could not be reached is said --------------------------------------------------------------


def _away(catalog: Catalog, seed: str) -> set[tuple[str, str]]:
    """The collectors and scopes that the faults keep from being read completely."""
    found = set()
    for task in catalog.collectors():
        kinds = {kind.__name__ for kind in task.scope.__mro__} if task.scope else set()
        if "RegionScope" in kinds:
            found.add((task.name, REGION))
        elif kinds & {"SeedScope", "ClusterScope"}:
            found.add((task.name, seed))
        elif {str(model.__tablename__) for model in task.models} & {"gcp_disk", "gcp_instance"}:
            found.add((task.name, PROJECT))
    return found


@pytest.mark.parametrize("part", ["first", "later", "lost"])
def test_what_was_unreachable_is_named_with_the_reason(
    story: Story, catalog: Catalog, part: str
) -> None:
    seen = story.parts[part]
    away = _away(catalog, story.seed)

    assert seen.collection.status == 1
    assert seen.collection.answer["complete"] is False
    assert seen.collection.failed == away
    reasons = {each["scope"]: each["reason"] for each in seen.collection.answer["failures"]}
    assert "UnauthorizedOperation" in reasons[REGION] or "AccessDenied" in reasons[REGION]
    assert "HTTP" in reasons[story.seed]
    assert ZONE.partition("/")[2] in reasons[PROJECT]
    assert seen.collection.answer["link_error"] is seen.collection.answer["leak_error"] is None


@pytest.mark.parametrize("part", ["first", "later", "lost"])
def test_the_ledger_of_scopes_says_what_failed_and_that_the_rest_is_complete(
    story: Story, catalog: Catalog, part: str
) -> None:
    seen = story.parts[part]
    models = {
        (model.registered_name(), scope)
        for name, scope in _away(catalog, story.seed)
        for task in catalog.collectors()
        if task.name == name
        for model in task.models
    }

    troubled = {key: said for key, said in seen.scopes.items() if said[0] != "complete"}
    assert set(troubled) == models
    assert {status for (_, scope), (status, _) in troubled.items() if scope == PROJECT} == {
        "incomplete"
    }
    assert {status for (_, scope), (status, _) in troubled.items() if scope != PROJECT} == {
        "failed"
    }
    assert all(error for _, error in troubled.values())


def test_without_faults_nothing_is_missing(story: Story) -> None:
    seen = story.parts["whole"]

    assert seen.collection.status == 0
    assert seen.collection.failed == set()
    assert {status for status, _ in seen.scopes.values()} == {"complete"}


# -- leaks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("part", ["first", "later"])
def test_a_leak_is_that_of_the_answer_key_or_it_is_said_why_not(
    story: Story, part: str, rule: str
) -> None:
    seen = story.parts[part]
    found, planted = seen.leaks[rule], set(seen.truth["leaks"][rule])

    assert set(found.shown) <= planted
    if found.status == "answered":
        assert set(found.shown) == planted
    else:
        assert any(name in found.why for name in (REGION, PROJECT, story.seed)), found.why
    if found.status == "withheld":
        assert found.shown == []


@pytest.mark.parametrize("rule", RULES)
def test_when_all_are_heard_every_leak_is_found(story: Story, rule: str) -> None:
    seen = story.parts["whole"]

    assert seen.leaks[rule].status == "answered"
    assert seen.leaks[rule].shown == seen.truth["leaks"][rule]


def test_most_rules_answer_in_spite_of_the_faults(story: Story) -> None:
    said = Counter(rule.status for rule in story.parts["first"].leaks.values())

    assert said["answered"] > len(RULES) / 2
    assert said["withheld"] <= 1


@pytest.mark.parametrize("rule", RULES)
def test_losing_sight_of_a_part_makes_no_leak(story: Story, rule: str) -> None:
    lost, whole = story.parts["lost"], story.parts["whole"]

    assert set(lost.leaks[rule].shown) <= set(whole.leaks[rule].shown)
    if end := story.parts.get("end"):
        known = {*end.truth["leaks"][rule], *whole.leaks[rule].shown}
        assert set(end.leaks[rule].shown) <= known


# -- what vanished is gone, what failed to list is still there --------------------------------------


def test_what_vanished_is_gone_where_listing_was_complete(story: Story) -> None:
    seen, kept = story.parts["later"], story.vanished["later"]

    assert {name: number - len(kept.get(name, ())) for name, number in seen.tables.items()} == (
        seen.truth["tables"]
    )
    assert sum(each["deleted"] for each in seen.collection.answer["collectors"]) > 0


def test_edges_are_those_of_the_answer_key_but_for_what_was_kept(story: Story) -> None:
    seen = story.parts["later"]
    vanished = story.vanished["later"]
    gone = set().union(*vanished.values())
    kept = {
        name: sum(a in gone or b in gone for a, b in edges) for name, edges in seen.doubtful.items()
    }
    kept |= {name: len(vanished.get(table, ())) for name, table in OF_A_ROW.items()}

    found = {name: number - kept.get(name, 0) for name, number in seen.links.items()}
    assert _known(found) == seen.truth["links"]


def test_what_failed_to_list_is_still_there(story: Story) -> None:
    lost, whole = story.parts["lost"], story.parts["whole"]

    assert lost.collection.changed == 0
    assert lost.tables == whole.tables
    assert lost.links == whole.links
    assert lost.by_rule == whole.by_rule
    assert {"aws_vpc", "aws_instance", "gcp_instance", "g_machine"} <= set(lost.unconfirmed)


@pytest.mark.skipif(not LARGE, reason="a fifth collection takes too long for every day")
def test_what_failed_to_list_is_still_there_when_the_rest_has_changed(story: Story) -> None:
    end, lost = story.parts["end"], story.parts["lost"]

    assert end.collection.changed > 0
    assert {
        name: rows - end.unconfirmed.get(name, set()) for name, rows in lost.unconfirmed.items()
    } == ({name: set() for name in lost.unconfirmed})
    assert all(end.tables[name] >= number for name, number in end.truth["tables"].items())


# -- what is written --------------------------------------------------------------------------------

# Several times what they take: the ledgers of runs and scopes, a row or an edge with its indexes,
# and the edges of a resource with the ledger of its leaks.
BYTES_FOR_A_SCOPE, ROWS_FOR_A_SCOPE = 60_000, 20
BYTES_FOR_A_ROW, ROWS_FOR_A_CHANGE = 2_000, 15


def test_a_collection_that_finds_nothing_new_writes_only_about_its_scopes(story: Story) -> None:
    seen = story.parts["lost"]

    assert seen.collection.wal_bytes < BYTES_FOR_A_SCOPE * len(seen.scopes)
    assert seen.collection.rows_written < ROWS_FOR_A_SCOPE * len(seen.scopes)


def test_what_is_written_grows_with_what_changed(story: Story) -> None:
    later, idle = story.parts["later"].collection, story.parts["lost"].collection
    rows = later.rows_written - idle.rows_written

    assert rows < ROWS_FOR_A_CHANGE * later.changed
    assert later.wal_bytes - idle.wal_bytes < BYTES_FOR_A_ROW * rows


def test_a_collection_ends_with_nothing_left_to_do(story: Story) -> None:
    collections: list[Collection] = [seen.collection for seen in story.parts.values()]

    assert [c.answer["link_error"] for c in collections] == [None] * len(collections)
    assert all(not link["error"] for c in collections for link in c.answer["links"])
