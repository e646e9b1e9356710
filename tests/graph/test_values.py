"""Values on their way in and out: JSON forms, variables, and text that tries to be SQL."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graph.conftest import Ask

HOSTILE = [
    "'",
    "''",
    '"',
    "\\",
    "\\'",
    "'; DROP TABLE zoo_animal; --",
    "' OR '1'='1",
    "$1",
    "$1::text",
    "%s",
    "%(x)s",
    "{c}",
    "{p}",
    "__row__",
    "/*",
    "🦁",
    "\u202e",
    "\n\r\t\u0001",
    "a" * 10_000,
    "é" * 1000,
]


async def test_every_kind_of_column_has_its_json_form(ask: Ask) -> None:
    found = await ask(
        """{ zooAnimals(where: {tag: {in: ["a000", "a001", "a002"]}}, orderBy: [{tag: ASC}]) { nodes {
          tag legs steps cells weight price tame bornAt chip address network marks badges label } } }"""
    )

    assert found["zooAnimals"]["nodes"] == [
        {
            "tag": "a000",
            "legs": 4,
            "steps": "9007199254740993",
            "cells": "18446744073709551615",
            "weight": 0.1,
            "price": "0.1234567890123456789",
            "tame": True,
            "bornAt": "2026-11-24T12:30:00+00:00",
            "chip": "00000000-0000-0000-0000-000000000000",
            "address": "10.0.0.1",
            "network": "10.0.0.0/8",
            "marks": {"team": "red", "odd'key\"": "\\"},
            "badges": [],
            "label": "a000 100% Ada",
        },
        {
            "tag": "a001",
            "legs": 2,
            "steps": None,
            "cells": None,
            "weight": 1e20,
            "price": "0.1234567890123456788",
            "tame": False,
            "bornAt": None,
            "chip": None,
            "address": "10.0.0.1/8",
            "network": "10.1.0.0/16",
            "marks": {},
            "badges": ["k0"],
            "label": "a001 100% ",
        },
        {
            "tag": "a002",
            "legs": None,
            "steps": "-9223372036854775808",
            "cells": "18446744073709551614",
            "weight": -2.5,
            "price": None,
            "tame": None,
            "bornAt": "2026-11-24T12:30:00+00:00",
            "chip": "00000000-0000-0000-0000-000000000002",
            "address": None,
            "network": None,
            "marks": None,
            "badges": ["k0", "k1"],
            "label": "a002 100% ada",
        },
    ]


async def test_numbers_that_json_does_not_know_are_null(ask: Ask) -> None:
    found = await ask(
        """{ zooAnimals(where: {tag: {in: ["a004", "a005"]}}) { nodes { weight } }
             odd: zooAnimals(where: {weight: {gt: 1e300}}) { totalCount } }"""
    )

    assert found["zooAnimals"]["nodes"] == [{"weight": None}, {"weight": None}]
    assert found["odd"]["totalCount"] > 0


@pytest.mark.parametrize("text", HOSTILE)
async def test_text_stays_text_wherever_it_stands(ask: Ask, text: str) -> None:
    found = await ask(
        """query ($t: String!, $ts: [String!], $id: ID!, $ids: [ID!]!, $j: JSON) {
          eq: zooAnimals(where: {nickname: {eq: $t}}) { totalCount }
          like: zooAnimals(where: {and: [{nickname: {contains: $t}}, {nickname: {startsWith: $t}},
            {nickname: {endsWith: $t}}, {nickname: {iEq: $t}}]}) { totalCount }
          in: zooAnimals(where: {nickname: {in: $ts}}) { totalCount }
          has: zooAnimals(where: {badges: {has: $t, hasAny: $ts}}) { totalCount }
          json: zooAnimals(where: {marks: {hasKey: $t, contains: $j}}) { totalCount }
          link: zooAnimals(where: {keepers: {link: {rule: {eq: $t}}, some: {}}}) { totalCount }
          node(id: $id) { id }
          nodes(ids: $ids) { id }
          zooAnimal(id: $id) { tag }
          zooAnimals(where: {id: {eq: $id}}) { totalCount }
        }""",
        t=text,
        ts=[text],
        id=f"zoo_animal:{text}",
        ids=[text, f"zoo_house:{text}"],
        j={text: text},
    )

    exact = {"'": 0, '"': 0, "\\": 0}.get(text, 0)
    assert found == {
        **{
            key: {"totalCount": exact}
            for key in ("eq", "like", "in", "has", "json", "link", "zooAnimals")
        },
        "node": None,
        "nodes": [None, None],
        "zooAnimal": None,
    }
    assert (await ask("{ zooAnimals { totalCount } }"))["zooAnimals"]["totalCount"] == 40


async def test_awkward_names_are_found_as_they_are(ask: Ask) -> None:
    for name in ('O\'Hara "Q" \\ %_', "Zoë 🦁\n\t", "", "10.0.0.1", "-- ; drop table zoo_animal"):
        found = await ask(
            """query ($name: String) { zooAnimals(where: {nickname: {eq: $name, iEq: $name,
                 startsWith: $name, endsWith: $name, contains: $name}}) { nodes { nickname } } }""",
            name=name,
        )
        nodes = found["zooAnimals"]["nodes"]
        assert nodes
        assert all(node == {"nickname": name} for node in nodes)


async def test_a_nul_in_text_is_an_error_of_the_caller(ask: Ask) -> None:
    for text in (
        "zooAnimals(where: {nickname: {eq: $t}})",
        "zooAnimals(where: {badges: {has: $t}})",
    ):
        found = await ask.full(f"query ($t: String!) {{ {text} {{ totalCount }} }}", {"t": "a\0b"})
        assert found["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    found = await ask.full(
        "query ($j: JSON) { zooAnimals(where: {marks: {contains: $j}}) { totalCount } }",
        {"j": {"a": "\0"}},
    )
    assert found["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_equal_values_of_different_kinds_do_not_become_one_parameter(ask: Ask) -> None:
    """`1 == True` in Python; and `10.0.0.1` as an address is written otherwise than as text."""
    found = await ask(
        """{ a: zooAnimals(where: {or: [{address: {eq: "10.0.0.1"}}, {nickname: {eq: "10.0.0.1"}}]})
               { nodes { address nickname } }
             b: zooAnimals(where: {or: [{legs: {eq: 1}}, {tame: {eq: true}}, {weight: {eq: 1}},
               {keepers: {count: {eq: 1}}}]}) { totalCount }
             c: zooAnimals(where: {tame: {eq: false}, legs: {eq: 0}}) { totalCount } }"""
    )

    addresses = {node["address"] for node in found["a"]["nodes"]}
    assert {node["nickname"] for node in found["a"]["nodes"]} > {"10.0.0.1"}
    assert "10.0.0.1" in addresses
    assert len(addresses) > 1


LITERALS = [
    ("ZooAnimalWhere", {"nickname": {"in": []}}, "{nickname: {in: []}}"),
    ("ZooAnimalWhere", {"and": []}, "{and: []}"),
    ("ZooAnimalWhere", {"or": []}, "{or: []}"),
    ("ZooAnimalWhere", {"legs": {"gte": 2, "ne": 4}}, "{legs: {gte: 2, ne: 4}}"),
    ("ZooAnimalWhere", {"tame": {"isNull": False}}, "{tame: {isNull: false}}"),
    ("ZooAnimalWhere", {"tame": {"isNull": True}}, "{tame: {isNull: true}}"),
    ("ZooAnimalWhere", {"steps": {"gt": 5}}, "{steps: {gt: 5}}"),
    ("ZooAnimalWhere", {"steps": {"gt": "5"}}, '{steps: {gt: "5"}}'),
    ("ZooAnimalWhere", {"weight": {"lt": 1}}, "{weight: {lt: 1}}"),
    ("ZooAnimalWhere", {"weight": {"lt": 0.5}}, "{weight: {lt: 0.5}}"),
    (
        "ZooAnimalWhere",
        {"or": [{"legs": {"eq": 4}}, {"not": {"house": {"name": {"ne": "Apes"}}}}]},
        '{or: [{legs: {eq: 4}}, {not: {house: {name: {ne: "Apes"}}}}]}',
    ),
    (
        "ZooAnimalWhere",
        {"keepers": {"link": {"rule": {"in": ["badge"]}}, "count": {"in": [1, 2]}}},
        '{keepers: {link: {rule: {in: ["badge"]}}, count: {in: [1, 2]}}}',
    ),
    (
        "ZooAnimalWhere",
        {"marks": {"contains": {"team": "red"}}},
        '{marks: {contains: {team: "red"}}}',
    ),
    ("ZooAnimalWhere", {}, "{}"),
    ("ZooAnimalWhere", None, "null"),
    ("[ZooAnimalOrderBy!]", [], "[]"),
    ("[ZooAnimalOrderBy!]", [{"tag": "DESC"}], "[{tag: DESC}]"),
    ("[ZooAnimalOrderBy!]", {"tag": "DESC"}, "{tag: DESC}"),
    (
        "[ZooAnimalOrderBy!]",
        [{"house": {"name": "ASC"}}, {"keepersCount": "DESC"}],
        "[{house: {name: ASC}}, {keepersCount: DESC}]",
    ),
]


async def test_a_variable_answers_as_the_literal_does_whatever_was_planned_before(ask: Ask) -> None:
    """All variables go through one document, twice, so that plans meet values they were not made of."""
    for kind in ("ZooAnimalWhere", "[ZooAnimalOrderBy!]"):
        argument = "where" if kind == "ZooAnimalWhere" else "orderBy"
        text = (
            f"query ($v: {kind}) {{ zooAnimals({argument}: $v) {{ totalCount nodes {{ tag }} }} }}"
        )
        mine = [(value, literal) for k, value, literal in LITERALS if k == kind]
        for value, literal in [*mine, *reversed(mine)]:
            by_literal = await ask(
                f"{{ zooAnimals({argument}: {literal}) {{ totalCount nodes {{ tag }} }} }}"
            )
            assert await ask(text, v=value) == by_literal, literal


async def test_plans_follow_the_null_ness_and_kind_of_variables(ask: Ask) -> None:
    text = """query ($first: Int, $x: Boolean = true, $name: String, $dir: OrderDirection = ASC) {
      zooAnimals(first: $first, where: {nickname: {eq: $name}}, orderBy: [{tag: $dir}]) @include(if: $x)
        { nodes { tag } } __typename @skip(if: $x) }"""

    assert len((await ask(text))["zooAnimals"]["nodes"]) == 40
    assert len((await ask(text, first=1))["zooAnimals"]["nodes"]) == 1
    assert len((await ask(text, first=2))["zooAnimals"]["nodes"]) == 2
    assert await ask(text, x=False) == {"__typename": "Query"}
    up = (await ask(text, name="Ada"))["zooAnimals"]["nodes"]
    down = (await ask(text, name="Ada", dir="DESC"))["zooAnimals"]["nodes"]
    assert down == up[::-1] != up
    assert (await ask(text, name="nobody"))["zooAnimals"]["nodes"] == []
    assert (await ask.refused(text, {"name": None}))[0] == "BAD_USER_INPUT"
    assert (await ask.refused(text, {"dir": None}))[0] == "BAD_USER_INPUT"


async def test_ids_of_several_tables_share_a_plan_only_with_their_like(ask: Ask) -> None:
    data = await ask(
        "{ zooAnimals(first: 2) { nodes { id } } zooHouses(first: 2) { nodes { id } } }"
    )
    animals = [node["id"] for node in data["zooAnimals"]["nodes"]]
    houses = [node["id"] for node in data["zooHouses"]["nodes"]]
    text = (
        "query ($ids: [ID!]!, $id: ID!) { nodes(ids: $ids) { __typename id } node(id: $id) { id } }"
    )

    for ids in (animals, houses, [animals[0], houses[1]], [houses[0], "x", animals[1]], []):
        found = await ask(text, ids=ids, id=houses[0])
        wanted = [
            None
            if each == "x"
            else {"__typename": "ZooAnimal" if each in animals else "ZooHouse", "id": each}
            for each in ids
        ]
        assert found == {"nodes": wanted, "node": {"id": houses[0]}}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("steps", 2**63),
        ("steps", "1e3"),
        ("steps", "٣"),
        ("steps", ""),
        ("steps", True),
        ("legs", 2**31),
        ("legs", "1"),
        ("price", "NaN"),
        ("price", "1" * 61),
        ("weight", "1"),
        ("bornAt", "2026-11-24"),
        ("bornAt", "2026-11-24T12:00:00"),
        ("bornAt", "yesterday"),
        ("bornAt", 5),
        ("chip", "x"),
        ("address", "10.0.0.256"),
        ("address", "10.0.0.0/33"),
        ("address", "fe80::1%eth0"),
        ("tame", "true"),
        ("nickname", 5),
    ],
)
async def test_a_value_of_the_wrong_kind_is_refused_in_our_words(
    ask: Ask, field: str, value: Any
) -> None:
    text = "query ($w: ZooAnimalWhere) { zooAnimals(where: $w) { totalCount } }"
    code, message = await ask.refused(text, {"w": {field: {"eq": value}}})

    assert code == "BAD_USER_INPUT"
    assert "Traceback" not in message


async def test_a_variable_inside_a_json_literal_is_refused_with_the_remedy(ask: Ask) -> None:
    text = (
        """query ($t: JSON) { zooAnimals(where: {marks: {contains: {team: $t}}}) { totalCount } }"""
    )

    code, message = await ask.refused(text, {"t": "red"})

    assert code == "GRAPHQL_VALIDATION_FAILED"
    assert "pass the whole value as one variable" in message
