"""The answer key against what the SDKs list, joined here by other code than the simulator's."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from inventory.simulator import Landscape, Running, running, truth
from inventory.simulator.leak_rules import RULES
from tests.simulator.reading import leaks, links, read, tables


def known(answers: dict[str, int], names: Collection[str]) -> dict[str, int]:
    return {name: answers[name] for name in names}


def check(simulator: Running, directory: Path) -> None:
    answers = simulator.truth()

    everything = read(simulator, directory)

    assert tables(everything) == known(answers["all"]["tables"], tables(everything))
    assert links(everything) == known(answers["all"]["links"], links(everything))
    found = leaks(everything)
    assert found == {name: answers["ids"][name] for name in found}


@pytest.mark.parametrize("shoots", [0, 20, 60])
def test_it_is_what_a_full_listing_gives(shoots: int, tmp_path: Path) -> None:
    with running(shoots, seed=7) as simulator:
        check(simulator, tmp_path)


def test_it_follows_time(tmp_path: Path) -> None:
    with running(30) as simulator:
        before = simulator.truth()["all"]
        for _ in range(3):
            simulator.tick()

        check(simulator, tmp_path)

        assert simulator.truth()["all"] != before


def test_what_is_reachable_leaves_out_seeds_and_regions(tmp_path: Path) -> None:
    place = ("111122223333", "eu-central-1")
    with running(40, failing_seeds=["aws-euc1-0"], forbidden_regions="/".join(place)) as simulator:
        answers = simulator.truth()
        simulator.faults()

        found = read(
            simulator, tmp_path, skipped_places=[place], skipped_seeds=["aws-euc1-0", "soil"]
        )

        assert answers["unreachable"] == {
            "seeds": ["aws-euc1-0", "soil"],
            "regions": [list(place)],
            "zones": [],
        }
        assert tables(found) == known(answers["reachable"]["tables"], tables(found))
        assert links(found) == known(answers["reachable"]["links"], links(found))


def test_instances_of_unreachable_machines_only_look_like_leaks(tmp_path: Path) -> None:
    with running(20) as simulator:
        ids = simulator.truth()["ids"]

        found = leaks(read(simulator, tmp_path, skipped_seeds=["soil"]))

        looks = set(found["leaked_instances"]) - set(ids["leaked_instances"])
        assert looks
        assert looks <= set(ids["instances_of_unreachable_machines"])


def test_the_rules_add_up() -> None:
    counts: dict[str, Any] = truth(Landscape(500))["all"]

    for link, rules in counts["rules"].items():
        assert sum(rules.values()) == counts["links"][link]


def test_twenty_shoots_have_every_case() -> None:
    answers = truth(Landscape(20))

    for part in (
        answers["ids"],
        answers["leaks"],
        answers["all"]["tables"],
        answers["all"]["links"],
    ):
        assert [name for name, found in part.items() if not found] == []
    for rules in answers["all"]["rules"].values():
        assert all(rules.values())


def test_large_landscapes_list_ids_when_asked() -> None:
    landscape = Landscape(6000)

    assert truth(landscape)["ids"] is None
    assert truth(landscape, ids=True)["ids"]["leaked_vpcs"]


def test_an_excluded_region_is_not_stored_in_any_account() -> None:
    with running(20) as simulator:
        answers = simulator.truth(excluded_regions=["eu-west-1"], unmanaged_reachable=True)

    assert answers["unreachable"]["seeds"] == []
    assert [region for _, region in answers["unreachable"]["regions"]] == ["eu-west-1"] * 3
    assert answers["reachable"]["tables"]["aws_region"] == 9
    assert answers["reachable"]["tables"]["aws_az"] == 27


def test_every_rule_is_defined_and_speaks_of_tables_that_are_counted() -> None:
    answers = truth(Landscape(20))

    assert answers["leaks"].keys() == RULES.keys()
    for name, rule in RULES.items():
        assert {rule.table, *rule.owners} <= answers["all"]["tables"].keys(), name


def test_leaks_that_cannot_be_seen_are_not_among_the_reachable() -> None:
    faults: dict[str, Any] = {
        "unreachable_regions": [("111122223333", "eu-central-1")],
        "unreachable_zones": ["sim-shared-3/europe-west1-b"],
    }
    everything = truth(Landscape(20))["leaks"]
    seen: dict[str, list[str]] = truth(Landscape(20), **faults)["reachable"]["leaks"]

    for name in ("aws-vpc-without-shoot", "gcp-instance-without-machine"):
        assert set(seen[name]) < set(everything[name])
    assert (
        seen["aws-bucket-without-backup-bucket"] == everything["aws-bucket-without-backup-bucket"]
    )
