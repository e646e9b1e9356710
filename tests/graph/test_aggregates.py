"""Aggregates and groups: over all rows that are selected, in the one statement."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.graph.conftest import Ask

KINDS = ("legs", "steps", "cells", "weight", "price")


async def test_aggregates_are_what_postgresql_says_of_each_column(
    ask: Ask, zoo_db: psycopg.Connection[Any]
) -> None:
    columns = " ".join(KINDS)
    found = await ask(
        f"""{{ zooAnimals(first: 1, where: {{tag: {{gte: "a010"}}}}) {{ nodes {{ tag }} totalCount aggregate {{
          count countDistinct {{ nickname legs chip address badges tame }}
          min {{ nickname bornAt {columns} }} max {{ nickname bornAt {columns} }}
          sum {{ {columns} }} avg {{ {columns} }} }} }} }}"""
    )

    total = found["zooAnimals"]["aggregate"]
    expected = zoo_db.execute(
        "SELECT count(*), count(DISTINCT nickname), count(DISTINCT legs), count(DISTINCT chip),"
        " count(DISTINCT address), count(DISTINCT badges), count(DISTINCT tame), min(nickname),"
        " max(legs), min(steps), sum(cells)::text, sum(price)::text, avg(legs)::float8,"
        " min(born_at) AT TIME ZONE 'UTC' FROM zoo_animal WHERE tag >= 'a010'"
    ).fetchone()
    assert expected is not None
    assert found["zooAnimals"]["totalCount"] == total["count"] == expected[0] == 30
    distinct = total["countDistinct"]
    assert tuple(
        distinct[name] for name in ("nickname", "legs", "chip", "address", "badges", "tame")
    ) == tuple(expected[1:7])
    assert (total["min"]["nickname"], total["max"]["legs"]) == (expected[7], expected[8])
    assert total["min"]["steps"] == str(expected[9])
    assert (total["sum"]["cells"], total["sum"]["price"]) == (expected[10], expected[11])
    assert total["avg"]["legs"] == pytest.approx(expected[12])
    assert total["min"]["bornAt"] == f"{expected[13].isoformat()}+00:00"
    # Neither is a number that JSON knows.
    assert (total["max"]["weight"], total["avg"]["weight"]) == (None, None)
    assert len(ask.database.statements) == 1


async def test_aggregates_of_nothing_are_null_and_zero(ask: Ask) -> None:
    found = await ask(
        """{ zooAnimals(where: {tag: {in: []}}) { aggregate { count countDistinct { legs } min { legs }
             sum { legs } avg { legs } __typename } groups(by: [LEGS]) { count } } }"""
    )

    assert found["zooAnimals"] == {
        "aggregate": {
            "count": 0,
            "countDistinct": {"legs": 0},
            "min": {"legs": None},
            "sum": {"legs": None},
            "avg": {"legs": None},
            "__typename": "ZooAnimalAggregate",
        },
        "groups": [],
    }


async def test_groups_are_the_rows_parted_the_largest_first(
    ask: Ask, zoo_db: psycopg.Connection[Any]
) -> None:
    found = await ask(
        """{ zooAnimals(first: 1) { groups(by: [LEGS, TAME]) { __typename count key { legs tame nickname
             t: __typename } aggregate { count sum { legs } } } } }"""
    )

    groups = found["zooAnimals"]["groups"]
    expected = zoo_db.execute(
        "SELECT legs, tame, count(*), sum(legs)::text FROM zoo_animal GROUP BY 1, 2"
    ).fetchall()
    assert {
        (g["key"]["legs"], g["key"]["tame"], g["count"], g["aggregate"]["sum"]["legs"])
        for g in groups
    } == set(expected)
    counts = [group["count"] for group in groups]
    assert counts == sorted(counts, reverse=True)
    assert groups[0]["key"]["nickname"] is None
    assert groups[0]["key"]["t"] == "ZooAnimalGroupKey"
    assert len(ask.database.statements) == 1


async def test_groups_can_be_narrowed_and_cut(ask: Ask) -> None:
    found = await ask(
        """query ($by: [ZooAnimalGroupField!]!, $min: Int) { zooAnimals {
             big: groups(by: $by, having: {count: {gte: $min}}) { count }
             two: groups(by: $by, first: 2) { count }
             none: groups(by: $by, first: 0) { count } } }""",
        by=["NICKNAME"],
        min=5,
    )

    animals = found["zooAnimals"]
    assert animals["big"]
    assert all(group["count"] >= 5 for group in animals["big"])
    assert (len(animals["two"]), animals["none"]) == (2, [])


async def test_a_plan_of_one_grouping_is_not_used_for_another(ask: Ask) -> None:
    text = """query ($by: [ZooAnimalGroupField!]!) { zooAnimals { groups(by: $by) { count key { legs tame } } } }"""
    for _ in range(2):
        for by in (["LEGS"], ["TAME"], ["TAME", "LEGS"], "LEGS"):
            groups = (await ask(text, by=by))["zooAnimals"]["groups"]
            assert any(group["key"]["legs"] is not None for group in groups) is ("LEGS" in by)
            assert any(group["key"]["tame"] is not None for group in groups) is ("TAME" in by)


async def test_times_are_grouped_by_their_unit(ask: Ask) -> None:
    found = await ask(
        """{ zooAnimals { groups(by: [BORN_AT_MONTH]) { count key { bornAtMonth bornAtDay } } } }"""
    )

    assert found["zooAnimals"]["groups"] == [
        {"count": 30, "key": {"bornAtMonth": "2026-11-01T00:00:00+00:00", "bornAtDay": None}},
        {"count": 10, "key": {"bornAtMonth": None, "bornAtDay": None}},
    ]


async def test_an_edge_is_aggregated_by_its_parent(ask: Ask) -> None:
    found = await ask(
        """{ zooHouses(orderBy: [{name: ASC}]) { nodes { name animals { totalCount aggregate { count max { legs } }
             groups(by: [TAME]) { count } } } }
             linked: zooAnimals(where: {tag: {eq: "a002"}}) { nodes { keepers(link: {rule: {eq: "badge"}}) {
               aggregate { count } groups(by: [BADGE]) { key { badge } count } } } } }"""
    )

    for house in found["zooHouses"]["nodes"]:
        animals = house["animals"]
        assert animals["aggregate"]["count"] == animals["totalCount"]
        assert sum(group["count"] for group in animals["groups"]) == animals["totalCount"]
    (keepers,) = (node["keepers"] for node in found["linked"]["nodes"])
    assert keepers == {
        "aggregate": {"count": 2},
        "groups": [{"key": {"badge": "k0"}, "count": 1}, {"key": {"badge": "k1"}, "count": 1}],
    }
    assert len(ask.database.statements) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("by: []", "BAD_USER_INPUT"),
        ("by: [LEGS, LEGS]", "BAD_USER_INPUT"),
        ("by: [NOTHING]", "GRAPHQL_VALIDATION_FAILED"),
        ("by: [LEGS], first: -1", "BAD_USER_INPUT"),
        ("by: [LEGS], first: 1001", "TOO_COSTLY"),
        ("by: [LEGS], having: {count: null}", "BAD_USER_INPUT"),
        ("by: [LEGS], having: {count: {gt: null}}", "BAD_USER_INPUT"),
    ],
)
async def test_a_grouping_that_cannot_be_is_refused(ask: Ask, arguments: str, code: str) -> None:
    text = f"{{ zooAnimals {{ groups({arguments}) {{ count }} }} }}"

    assert (await ask.refused(text))[0] == code


async def test_nothing_selected_of_an_aggregate_is_answered_with_nothing(ask: Ask) -> None:
    found = await ask(
        """{ zooAnimals { aggregate { } groups(by: [TAME]) { } x: aggregate { min { } }
             y: groups(by: [TAME], first: 1) { key { } aggregate { } } } }"""
    )

    assert found["zooAnimals"] == {
        "aggregate": {},
        "groups": [{}, {}, {}],
        "x": {"min": {}},
        "y": [{"key": {}, "aggregate": {}}],
    }
