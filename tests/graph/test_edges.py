"""Edges of any kind say what the edges of each kind say, page by page."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.graph.conftest import Ask

EVIDENCE = "rule createdAt confirmedAt matchedOn { column value }"
FIELDS = f"{EVIDENCE} node {{ id displayName }}"
GENERIC = f"{{ relation direction {EVIDENCE} node {{ id ... on Resource {{ displayName }} }} }}"
TYPED = f"""{{
  zooAnimals(first: 100) {{ nodes {{
    id
    houseEdge {{ {FIELDS} }}
    parentEdge {{ {FIELDS} }}
    keepers(first: 100) {{ edges {{ {FIELDS} }} }}
    childs(first: 100) {{ edges {{ {FIELDS} }} }}
    edges(first: 100) {{ totalCount edges {GENERIC} }}
  }} }}
}}"""
WAYS = {
    "houseEdge": ("L_ZOO_HOUSE_TO_ANIMAL", "IN"),
    "parentEdge": ("L_ZOO_PARENT_TO_CHILD", "IN"),
    "keepers": ("L_ZOO_ANIMAL_TO_KEEPER", "OUT"),
    "childs": ("L_ZOO_PARENT_TO_CHILD", "OUT"),
}


def spelled(edge: dict[str, Any], way: tuple[str, str]) -> str:
    return repr(sorted({**edge, "relation": way[0], "direction": way[1]}.items()))


async def test_they_are_all_edges_of_all_kinds_with_their_evidence(ask: Ask) -> None:
    data = await ask(TYPED)

    some = 0
    for animal in data["zooAnimals"]["nodes"]:
        expected = []
        for name, way in WAYS.items():
            found = animal[name] or {"edges": []}
            several = found.get("edges", [found])
            expected += [spelled(edge, way) for edge in several]
        shown = [
            spelled(edge, (edge["relation"], edge["direction"]))
            for edge in animal["edges"]["edges"]
        ]
        assert sorted(shown) == sorted(expected)
        assert animal["edges"]["totalCount"] == len(expected)
        some += len(expected)
    assert some > 40
    assert len(ask.database.statements) == 1


@pytest.fixture
def animal(zoo_db: psycopg.Connection[Any]) -> str:
    (found,) = zoo_db.execute(
        "SELECT animal_id FROM l_zoo_animal_to_keeper GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    ).fetchone() or ("",)
    return f"zoo_animal:{found}"


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_pages_forward_and_backward_hold_everything_once(
    ask: Ask, animal: str, size: int
) -> None:
    query = """query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
      node(id: $id) { edges(first: $first, after: $after, last: $last, before: $before) {
        pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
        edges { cursor relation direction node { id } }
      } }
    }"""
    whole = (await ask(query, id=animal, first=100))["node"]["edges"]["edges"]
    assert len(whole) > 3

    forward: list[Any] = []
    place: dict[str, Any] = {"first": size}
    while True:
        page = (await ask(query, id=animal, **place))["node"]["edges"]
        forward += page["edges"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        place["after"] = page["pageInfo"]["endCursor"]
    backward: list[Any] = []
    place = {"last": size}
    while True:
        page = (await ask(query, id=animal, **place))["node"]["edges"]
        backward = page["edges"] + backward
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        place["before"] = page["pageInfo"]["startCursor"]

    assert forward == whole
    assert backward == whole


async def test_directions_relations_and_rules_narrow_them(ask: Ask, animal: str) -> None:
    async def edges(arguments: str) -> list[Any]:
        data = await ask(
            f"query($id: ID!) {{ node(id: $id) {{ edges{arguments}"
            " { totalCount edges { relation direction rule } } } }",
            id=animal,
        )
        assert data["node"]["edges"]["totalCount"] == len(data["node"]["edges"]["edges"])
        return list(data["node"]["edges"]["edges"])

    whole = await edges("")

    for arguments, kept in (
        ("(direction: OUT)", lambda e: e["direction"] == "OUT"),
        ("(direction: IN)", lambda e: e["direction"] == "IN"),
        ("(direction: BOTH)", lambda e: True),
        (
            "(relations: [L_ZOO_ANIMAL_TO_KEEPER])",
            lambda e: e["relation"] == "L_ZOO_ANIMAL_TO_KEEPER",
        ),
        ("(relations: [])", lambda e: False),
        ('(rules: ["badge"])', lambda e: e["rule"] == "badge"),
        ("(rules: [])", lambda e: False),
        (
            '(rules: ["match"], direction: OUT)',
            lambda e: e["rule"] == "match" and e["direction"] == "OUT",
        ),
    ):
        assert await edges(arguments) == [edge for edge in whole if kept(edge)], arguments
    assert {edge["direction"] for edge in whole} == {"IN", "OUT"}


async def test_edges_below_edges_are_one_statement(ask: Ask, animal: str) -> None:
    data = await ask(
        """query($id: ID!) { node(id: $id) { edges(first: 3) { nodes {
             __typename id edges(first: 2) { edges { node { id ... on ZooHouse { storeys } } } }
           } } } }""",
        id=animal,
    )

    below = [node["edges"]["edges"] for node in data["node"]["edges"]["nodes"]]
    assert any(below)
    assert len(ask.database.statements) == 1


async def test_what_multiplies_by_kinds_is_refused(ask: Ask, animal: str) -> None:
    inner = "id"
    for _ in range(6):
        inner = f"id edges(first: 1) {{ edges {{ node {{ {inner} }} }} nodes {{ {inner} }} }}"

    code, _ = await ask.refused(
        f"query($id: ID!) {{ node(id: $id) {{ {inner} }} }}", {"id": animal}
    )

    assert code == "TOO_COSTLY"


async def test_the_run_that_confirmed_an_edge_is_shown_or_null(ask: Ask, animal: str) -> None:
    data = await ask(
        "query($id: ID!) { node(id: $id) { edges { edges { run { task } } } "
        "... on ZooAnimal { houseEdge { run { id } } keepers { edges { run { task } } } } } }",
        id=animal,
    )

    # The zoo was linked by no run.
    runs = [edge["run"] for edge in data["node"]["edges"]["edges"]]
    assert runs
    assert set(runs) == {None}
