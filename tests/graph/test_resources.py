"""All resources as one list: in agreement with the lists of each kind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graph.conftest import Ask

EACH = """{
  zooAnimals(first: 100) { nodes { id displayName provider firstSeenAt lastSeenAt __typename } }
  zooHouses(first: 100) { nodes { id displayName provider firstSeenAt lastSeenAt __typename } }
  zooKeepers(first: 100) { nodes { id displayName provider firstSeenAt lastSeenAt __typename } }
}"""


async def everything(ask: Ask) -> list[dict[str, Any]]:
    data = await ask(EACH)
    found = [node for each in data.values() for node in each["nodes"]]
    return sorted(found, key=lambda node: str(node["id"].partition(":")[2]))


async def test_the_list_holds_every_resource_by_id_and_in_pages(ask: Ask) -> None:
    expected = await everything(ask)
    query = """query($after: String) { resources(first: 7, after: $after) {
      totalCount pageInfo { hasNextPage endCursor }
      edges { cursor node { id displayName provider firstSeenAt lastSeenAt __typename } } } }"""

    found: list[Any] = []
    after = None
    while True:
        page = (await ask(query, after=after))["resources"]
        assert page["totalCount"] == len(expected)
        found += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert found == expected
    assert len(ask.database.statements) == 1 + -(-len(expected) // 7)


async def test_fragments_select_what_each_kind_has(ask: Ask) -> None:
    data = await ask(
        "{ resources(first: 100, orderBy: [{kind: DESC}, {displayName: ASC}]) { nodes {"
        " __typename ... on ZooHouse { storeys animals { totalCount } } ... on ZooKeeper { badge }"
        " } } }"
    )

    nodes = data["resources"]["nodes"]
    names = [node["__typename"] for node in nodes]
    assert names == sorted(names, reverse=True)
    keys = {node["__typename"]: set(node) for node in nodes}
    assert keys == {
        "ZooAnimal": {"__typename"},
        "ZooHouse": {"__typename", "storeys", "animals"},
        "ZooKeeper": {"__typename", "badge"},
    }
    assert len(ask.database.statements) == 1


CONDITIONS: dict[str, Any] = {
    "{}": lambda node: True,
    "{kind: {eq: ZOO_HOUSE}}": lambda node: node["__typename"] == "ZooHouse",
    "{kind: {ne: ZOO_HOUSE}}": lambda node: node["__typename"] != "ZooHouse",
    "{kind: {in: []}}": lambda node: False,
    "{kind: {notIn: [ZOO_ANIMAL, ZOO_HOUSE]}}": lambda node: node["__typename"] == "ZooKeeper",
    "{provider: {eq: AWS}}": lambda node: False,
    '{displayName: {iEq: "ADA"}}': lambda node: node["displayName"].lower() == "ada",
    '{or: [{displayName: {startsWith: "a0"}}, {kind: {eq: ZOO_KEEPER}}]}': lambda node: (
        node["displayName"].startswith("a0") or node["__typename"] == "ZooKeeper"
    ),
    '{not: {displayName: {contains: "a"}}}': lambda node: "a" not in node["displayName"],
    '{firstSeenAt: {lt: "2001-01-01T00:00:00Z"}}': lambda node: False,
    '{lastSeenAt: {gte: "2001-01-01T00:00:00Z"}}': lambda node: True,
    "{account: {isNull: true}}": lambda node: True,
    '{scope: {eq: "nowhere"}}': lambda node: False,
}


@pytest.mark.parametrize("condition", CONDITIONS)
async def test_conditions_hold_for_what_is_shown_counted_and_grouped(
    ask: Ask, condition: str
) -> None:
    expected = [node for node in await everything(ask) if CONDITIONS[condition](node)]

    data = await ask(
        f"{{ resources(first: 100, where: {condition}) {{ totalCount nodes {{ id }}"
        " aggregate { count countDistinct { kind } } groups(by: [KIND]) { count key { kind } } } }"
    )

    found = data["resources"]
    kinds = [node["id"].partition(":")[0].upper() for node in expected]
    assert [node["id"] for node in found["nodes"]] == [node["id"] for node in expected]
    assert found["totalCount"] == found["aggregate"]["count"] == len(expected)
    assert found["aggregate"]["countDistinct"]["kind"] == len(set(kinds))
    assert {g["key"]["kind"]: g["count"] for g in found["groups"]} == {
        kind: kinds.count(kind) for kind in kinds
    }


async def test_ids_find_what_they_name_and_nothing_of_another_kind(ask: Ask) -> None:
    first, second, *rest = [node["id"] for node in await everything(ask)]
    wrong = "zoo_keeper:" + first.partition(":")[2]
    query = "query($w: ResourceWhere) { resources(first: 100, where: $w) { nodes { id } } }"

    async def ids(condition: dict[str, Any]) -> list[str]:
        data = await ask(query, w={"id": condition})
        return [node["id"] for node in data["resources"]["nodes"]]

    assert await ids({"eq": first}) == [first]
    assert await ids({"in": [second, first, "zoo_keeper:1", ""]}) == [first, second]
    assert await ids({"notIn": [first, second]}) == rest
    if not first.startswith("zoo_keeper"):
        assert await ids({"eq": wrong}) == []


async def test_enums_may_be_variables(ask: Ask) -> None:
    query = "query($k: [GraphKind!]) { resources(where: {kind: {in: $k}}) { totalCount } }"

    houses = await ask(query, k=["ZOO_HOUSE"])
    both = await ask(query, k=["ZOO_HOUSE", "ZOO_KEEPER"])

    assert houses["resources"]["totalCount"] == 5
    assert both["resources"]["totalCount"] == 10
