"""Why two objects are linked, or are not: in agreement with the link's table and with plain Python."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from psycopg.rows import dict_row

from inventory.graph.schema import Schema
from tests.graph.conftest import Ask, asking, fill_zoo

EXPLAIN = """query($from: ID!, $to: ID!) {
  explainLink(from: $from, to: $to) {
    linked
    rules {
      relation direction rule holds state why storedRule createdAt confirmedAt run { task }
      compared { from { column value } to { column value } matches }
    }
  }
}"""
BRIEF = """query($from: ID!, $to: ID!) {
  explainLink(from: $from, to: $to) { linked rules { rule direction holds state storedRule } }
}"""


@pytest.fixture(scope="module")
def dsn(empty_zoo: str) -> str:
    """A zoo in which rows changed that the links were not brought up to date with."""
    fill_zoo(empty_zoo, 12)
    with psycopg.connect(empty_zoo, autocommit=True) as db:
        db.execute("UPDATE zoo_animal SET house_name = 'Cats' WHERE tag = 'a000'")
        db.execute(
            "UPDATE common_link SET requested_at = now() WHERE name = 'l_zoo_house_to_animal'"
        )
        db.execute("UPDATE zoo_animal SET parent_tag = 'a001' WHERE tag = 'a002'")
        db.execute(
            "WITH made AS (INSERT INTO common_run (task) VALUES ('common:task:link') RETURNING id)"
            " UPDATE common_link SET run_id = made.id FROM made"
        )
    return empty_zoo


@pytest_asyncio.fixture
async def ask(dsn: str, zoo_schema: Schema) -> AsyncIterator[Ask]:
    async with asking(dsn, zoo_schema) as ready:
        yield ready


def rows(dsn: str, query: str) -> list[dict[str, Any]]:
    with psycopg.connect(dsn, row_factory=dict_row) as db:
        found: list[dict[str, Any]] = db.execute(query.encode()).fetchall()
        return found


def one(dsn: str, table: str, condition: str) -> str:
    (row,) = rows(dsn, f"SELECT id FROM {table} WHERE {condition}")
    return f"{table}:{row['id']}"


async def test_rules_hold_as_plain_python_says(ask: Ask, dsn: str) -> None:
    animals, keepers = rows(dsn, "SELECT * FROM zoo_animal"), rows(dsn, "SELECT * FROM zoo_keeper")
    stored = {
        (pair["animal_id"], pair["keeper_id"]): pair["rule"]
        for pair in rows(dsn, "SELECT * FROM l_zoo_animal_to_keeper")
    }
    seen = set()
    for animal, keeper in product(animals, keepers):
        ids = f"zoo_animal:{animal['id']}", f"zoo_keeper:{keeper['id']}"
        expected = {
            "badge": keeper["badge"] in animal["badges"],
            "namesake": animal["nickname"] is not None and animal["nickname"] == keeper["nickname"],
        }
        rule = stored.get((animal["id"], keeper["id"]))

        for start, end, direction in ((*ids, "OUT"), (*reversed(ids), "IN")):
            found = (await ask(BRIEF, **{"from": start, "to": end}))["explainLink"]
            assert found["linked"] == (rule is not None)
            assert {each["rule"]: each["holds"] for each in found["rules"]} == expected
            assert {each["direction"] for each in found["rules"]} == {direction}
            assert {each["storedRule"] for each in found["rules"]} == {rule}
        seen.add(tuple(expected.values()))
    assert len(seen) >= 3


async def test_the_values_of_both_sides_are_shown_in_the_order_that_was_asked_for(
    ask: Ask, dsn: str
) -> None:
    animal, house = one(dsn, "zoo_animal", "tag = 'a001'"), one(dsn, "zoo_house", "name = 'Cats'")

    data = await ask(EXPLAIN, **{"from": animal, "to": house})

    (rule,) = data["explainLink"]["rules"]
    assert rule["direction"] == "IN"
    assert rule["state"] == "NOT_LINKED"
    assert rule["why"] == "The rule does not hold."
    assert rule["run"] == {"task": "common:task:link"}
    assert rule["compared"] == [
        {
            "from": {"column": "zoo_animal.house_name", "value": "Birds"},
            "to": {"column": "zoo_house.name", "value": "Cats"},
            "matches": False,
        }
    ]
    assert len(ask.database.statements) == 1


async def test_what_holds_and_is_not_there_yet_says_what_it_waits_for(ask: Ask, dsn: str) -> None:
    animal, house = one(dsn, "zoo_animal", "tag = 'a000'"), one(dsn, "zoo_house", "name = 'Cats'")

    data = await ask(EXPLAIN, **{"from": house, "to": animal})

    (rule,) = data["explainLink"]["rules"]
    assert not data["explainLink"]["linked"]
    assert (rule["holds"], rule["state"], rule["createdAt"]) == (True, "PENDING", None)
    assert f"last brought up to date at {rule['confirmedAt'][:19]}" in rule["why"]
    assert "It will be soon." in rule["why"]


async def test_what_nobody_asked_for_says_what_to_run(ask: Ask, dsn: str) -> None:
    parent, child = one(dsn, "zoo_animal", "tag = 'a001'"), one(dsn, "zoo_animal", "tag = 'a002'")

    data = await ask(EXPLAIN, **{"from": parent, "to": child})

    out, back = data["explainLink"]["rules"]
    assert (out["direction"], out["state"]) == ("OUT", "PENDING")
    assert "Run common:task:link with links: [l_zoo_parent_to_child]." in out["why"]
    assert (back["direction"], back["state"]) == ("IN", "NOT_LINKED")


async def test_what_no_longer_holds_says_when_it_goes(ask: Ask, dsn: str) -> None:
    animal, house = one(dsn, "zoo_animal", "tag = 'a000'"), one(dsn, "zoo_house", "name = 'Apes'")

    data = await ask(EXPLAIN, **{"from": house, "to": animal})

    (rule,) = data["explainLink"]["rules"]
    assert data["explainLink"]["linked"]
    assert (rule["holds"], rule["state"], rule["storedRule"]) == (False, "OUTDATED", "match")
    assert "no longer holds" in rule["why"]


async def test_kinds_that_no_link_is_declared_for_have_no_rules(ask: Ask, dsn: str) -> None:
    keeper, house = one(dsn, "zoo_keeper", "badge = 'k0'"), one(dsn, "zoo_house", "name = 'Apes'")

    data = await ask(BRIEF, **{"from": keeper, "to": house})

    assert data == {"explainLink": {"linked": False, "rules": []}}


async def test_an_end_that_is_not_there_is_null_and_one_that_cannot_be_is_refused(
    ask: Ask, dsn: str
) -> None:
    keeper = one(dsn, "zoo_keeper", "badge = 'k0'")
    gone = "zoo_animal:00000000-0000-0000-0000-000000000000"

    assert await ask(BRIEF, **{"from": keeper, "to": gone}) == {"explainLink": None}
    for wrong in ("", "zoo_animal", "zoo_animal:1", "nothing:" + gone[11:], gone + "'"):
        code, message = await ask.refused(BRIEF, {"from": keeper, "to": wrong})
        assert code == "BAD_USER_INPUT"
        assert message.startswith("to: ")
