"""`inventory leak`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from inventory.catalog import Catalog
from inventory.cli.main import run
from tests.leaks import collecting, landscape

Inventory = Callable[..., tuple[int, str, str]]
VPCS = "aws-vpc-without-shoot"


@pytest.fixture
def open_db(collected: str) -> Iterator[collecting.Database]:
    """A connection whose changes others see."""
    with psycopg.connect(collected, autocommit=True) as connection:
        yield connection


@pytest.fixture
def inventory(
    collected: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> Inventory:
    monkeypatch.setenv("INVENTORY_HOME", str(tmp_path))

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run(["--database-uri", collected, *words])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_leaks_are_listed_with_their_rules(inventory: Inventory, db: collecting.Database) -> None:
    status, out, _ = inventory("leak", "list", "--rule", VPCS)

    lines = out.splitlines()
    assert status == 0
    assert lines[0].split() == ["RULE", "NAME", "ACCOUNT", "REGION", "CONFIDENCE", "DETECTED"]
    assert len(lines) == 1 + len(landscape.findings(db, VPCS))
    assert all(line.startswith(VPCS) for line in lines[1:])


def test_leaks_are_printed_as_json_narrowed_by_account(inventory: Inventory) -> None:
    status, out, _ = inventory(
        "leak", "list", "--source", "aws", "--account", "111122223333", "--json"
    )

    answer = json.loads(out)
    assert status == 0
    assert answer["withheld"] == []
    assert answer["leaks"]
    assert {leak["account"] for leak in answer["leaks"]} == {"111122223333"}
    assert all(leak["rule"].startswith("aws-") for leak in answer["leaks"])
    assert set(answer["leaks"][0]) == {
        "rule",
        "table",
        "name",
        "id",
        "account",
        "region",
        "reason",
        "confidence",
        "detected",
        "resolved",
    }


def test_a_long_list_says_that_there_is_more(inventory: Inventory) -> None:
    status, out, err = inventory("leak", "list", "--limit", "3")

    assert (status, len(out.splitlines())) == (0, 4)
    assert "the first 3" in err


def test_an_empty_list_says_who_looked(inventory: Inventory) -> None:
    assert inventory("leak", "list", "--region", "nowhere")[:2] == (
        0,
        "nothing was left behind, say 27 of 27 rules\n",
    )
    assert inventory("leak", "list", "--resolved")[:2] == (
        0,
        "no leak like that was resolved yet\n",
    )


def test_rules_are_listed_with_what_they_found(inventory: Inventory, catalog: Catalog) -> None:
    status, out, _ = inventory("leak", "rules", "--json")

    rules = json.loads(out)
    assert status == 0
    assert [rule["rule"] for rule in rules] == sorted(catalog.leaks)
    assert {rule["status"] for rule in rules} == {"answered"}
    assert all(rule["found"] and rule["reason"].endswith(".") for rule in rules)


def test_an_unknown_rule_is_refused_with_those_that_are_like_it(inventory: Inventory) -> None:
    status, _, err = inventory("leak", "list", "--rule", "aws-vpc-without-shot")

    assert status == 2
    assert f"no leak rule is named 'aws-vpc-without-shot'; did you mean {VPCS}" in err


def test_a_rule_that_is_withheld_is_named_with_its_reason(
    inventory: Inventory, open_db: collecting.Database, catalog: Catalog
) -> None:
    change = "update common_scope set status = %s, error = %s where model = 'g:model:shoot'"
    open_db.execute(change, ("failed", "the garden is away"))
    collecting.ask(open_db, catalog, VPCS)

    listed = inventory("leak", "list", "--rule", VPCS)
    as_json = json.loads(inventory("leak", "list", "--rule", VPCS, "--json")[1])
    rules = inventory("leak", "rules", "--rule", VPCS)
    open_db.execute(change, ("complete", None))
    collecting.ask(open_db, catalog, VPCS)

    why = "g:model:shoot garden could not be listed completely: the garden is away"
    assert listed[:2] == (0, f"no rule could tell; see below\nwithheld: {VPCS}: {why}\n")
    assert as_json == {"leaks": [], "withheld": [{"rule": VPCS, "status": "withheld", "why": why}]}
    assert rules[0] == 0
    assert f"withheld: {VPCS}: {why}" in rules[1]


def test_before_anything_was_asked_the_list_says_what_to_do(
    inventory: Inventory, database: str
) -> None:
    status, out, _ = inventory("leak", "list", "--database-uri", database, "--rule", VPCS)

    assert status == 0
    assert out == (
        "no rule could tell; see below\n"
        f"never asked: {VPCS}: linking asks it: run `inventory collect`\n"
    )
