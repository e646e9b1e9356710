"""Keyset pages: every order, every size, both directions; and cursors that are none."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from inventory.core.scope import Scope
from inventory.db import engine
from inventory.db.store import store
from inventory.graph.schema import Schema
from tests.graph.conftest import Ask, asking, create_zoo
from tests.graph.zoo.models.house import House
from tests.graph.zoo.rows import house_row, houses

COLUMNS = [
    "tag",
    "nickname",
    "houseName",
    "legs",
    "steps",
    "cells",
    "weight",
    "price",
    "tame",
    "bornAt",
    "chip",
    "address",
    "network",
    "id",
    "label",
]
DIRECTIONS = ("ASC", "DESC", "ASC_NULLS_FIRST", "DESC_NULLS_LAST")
ORDERS = [
    *(f"[{{{name}: {DIRECTIONS[place % 4]}}}]" for place, name in enumerate(COLUMNS)),
    *(f"[{{{name}: {DIRECTIONS[(place + 2) % 4]}}}]" for place, name in enumerate(COLUMNS)),
    "[]",
    "[{house: {storeys: DESC}}, {legs: ASC_NULLS_FIRST}]",
    "[{parent: {house: {name: ASC}}}]",
    "[{keepersCount: DESC}, {nickname: DESC_NULLS_LAST}, {tame: ASC}]",
    "[{weight: ASC_NULLS_FIRST}, {price: DESC}]",
]
PAGE = """query ($first: Int, $after: String, $last: Int, $before: String) {
  zooAnimals(first: $first, after: $after, last: $last, before: $before, orderBy: %s) {
    edges { cursor node { tag } }
    pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
  }
}"""


async def walk(ask: Ask, text: str, size: int, *, back: bool) -> list[Any]:
    """All edges, page by page from either end; checks what pageInfo says on the way."""
    found: list[Any] = []
    cursor = None
    while True:
        position = {"last": size, "before": cursor} if back else {"first": size, "after": cursor}
        page = (await ask(text, **position))["zooAnimals"]
        edges, info = page["edges"], page["pageInfo"]
        found = edges + found if back else found + edges
        more, behind = (
            ("hasPreviousPage", "hasNextPage") if back else ("hasNextPage", "hasPreviousPage")
        )
        assert info[behind] is (cursor is not None)
        assert info["startCursor"] == (edges[0]["cursor"] if edges else None)
        assert info["endCursor"] == (edges[-1]["cursor"] if edges else None)
        if not info[more]:
            return found
        assert len(edges) == size
        cursor = info["startCursor"] if back else info["endCursor"]


@pytest.mark.parametrize("order", ORDERS)
async def test_pages_are_the_whole_list_in_every_order_and_size(ask: Ask, order: str) -> None:
    text = PAGE % order
    whole = (await ask(text, first=1000))["zooAnimals"]["edges"]
    assert len(whole) == 40

    for size in (7, 40):
        assert await walk(ask, text, size, back=False) == whole
        assert await walk(ask, text, size, back=True) == whole


@pytest.mark.parametrize("size", [1, 2])
async def test_small_pages_are_the_whole_list_too(ask: Ask, size: int) -> None:
    text = PAGE % "[{price: DESC}, {nickname: ASC}]"
    whole = (await ask(text, first=1000))["zooAnimals"]["edges"]

    assert await walk(ask, text, size, back=False) == whole
    assert await walk(ask, text, size, back=True) == whole


async def test_a_page_between_two_cursors_tells_that_there_are_rows_on_both_sides(
    ask: Ask,
) -> None:
    text = PAGE % "[{tag: ASC}]"
    edges = (await ask(text, first=40))["zooAnimals"]["edges"]
    between = {"after": edges[2]["cursor"], "before": edges[5]["cursor"]}

    forward = (await ask(text, first=9, **between))["zooAnimals"]
    backward = (await ask(text, last=9, **between))["zooAnimals"]

    assert [each["node"]["tag"] for each in forward["edges"]] == ["a003", "a004"]
    assert backward == forward
    assert forward["pageInfo"]["hasNextPage"] is True
    assert forward["pageInfo"]["hasPreviousPage"] is True


async def test_a_page_of_no_rows_still_tells_whether_there_are_any(ask: Ask) -> None:
    page = (await ask(PAGE % "[]", first=0))["zooAnimals"]

    assert page == {
        "edges": [],
        "pageInfo": {
            "startCursor": None,
            "endCursor": None,
            "hasNextPage": True,
            "hasPreviousPage": False,
        },
    }


async def test_pages_of_an_edge_begin_at_its_cursors(ask: Ask) -> None:
    text = """query ($after: String, $order: [ZooAnimalOrderBy!]) { zooHouses(where: {name: {eq: "Cats"}})
        { nodes { animals(first: 2, after: $after, orderBy: $order) {
            edges { cursor node { tag } } pageInfo { hasNextPage } totalCount } } } }"""

    for order in ([], [{"weight": "DESC"}], [{"parent": {"tag": "ASC"}}]):
        found: list[str] = []
        after, more = None, True
        while more:
            ((house),) = (await ask(text, after=after, order=order))["zooHouses"]["nodes"]
            found += [edge["node"]["tag"] for edge in house["animals"]["edges"]]
            more = house["animals"]["pageInfo"]["hasNextPage"]
            after = house["animals"]["edges"][-1]["cursor"]
        assert len(found) == len(set(found)) == house["animals"]["totalCount"]


async def test_rows_that_come_or_go_between_pages_double_nothing(
    empty_database: str, zoo_schema: Schema
) -> None:
    """Read a page; insert a row before the cursor and delete the cursor's own; go on."""
    create_zoo(empty_database)
    text = """query ($after: String) { zooHouses(first: 2, after: $after, orderBy: [{name: ASC}])
        { nodes { name } pageInfo { endCursor } } }"""
    now = [house_row(name=name) for name in ("Apes", "Ants", "Cats", "Dens", "Empty")]
    async with asking(empty_database, zoo_schema) as ask:
        with engine.connect(empty_database) as db:
            store(db, [House], Scope(), houses())
            first = (await ask(text))["zooHouses"]

            store(db, [House], Scope(), now)
            second = (await ask(text, after=first["pageInfo"]["endCursor"]))["zooHouses"]

    assert [node["name"] for node in first["nodes"]] == ["Apes", "Birds"]
    assert [node["name"] for node in second["nodes"]] == ["Cats", "Dens"]


def packed(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "====",
        "arrayconnection:5",
        "ä",
        "🦁" * 100,
        "A" * 10_000,
        packed(5),
        packed("text"),
        packed([]),
        packed({"a": 1}),
        packed(["0" * 12, "a", "b"]),
        packed([["0"], "a"]),
        packed([{"a": 1}, "a"]),
        packed([None]),
        "' OR 1=1 --",
    ],
)
async def test_what_is_no_cursor_is_refused_whatever_came_before(ask: Ask, cursor: str) -> None:
    text = PAGE % "[{tag: ASC}]"
    good = (await ask(text, first=1))["zooAnimals"]["pageInfo"]["endCursor"]
    await ask(text, after=good)

    code, _ = await ask.refused(text, {"after": cursor})

    assert code == "BAD_CURSOR"


async def test_a_cursor_of_another_list_or_order_is_refused(ask: Ask) -> None:
    of_order = (await ask(PAGE % "[{tag: ASC}]", first=1))["zooAnimals"]["pageInfo"]["endCursor"]
    of_list = (await ask("{ zooHouses(first: 1) { pageInfo { endCursor } } }"))["zooHouses"]

    for text, cursor in (
        (PAGE % "[{tag: DESC}]", of_order),
        (PAGE % "[{nickname: ASC}]", of_order),
        (PAGE % "[]", of_order),
        (PAGE % "[]", of_list["pageInfo"]["endCursor"]),
    ):
        code, message = await ask.refused(text, {"before": cursor})
        assert (code, "another list" in message) == ("BAD_CURSOR", True)


async def test_a_forged_cursor_is_an_error_of_the_caller(ask: Ask) -> None:
    text = PAGE % "[{legs: ASC}]"
    cursor = (await ask(text, first=1))["zooAnimals"]["pageInfo"]["endCursor"]
    key, _legs, row = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))

    for forged in (
        [key, True, row],
        [key, 1, row],
        [key, "0", None],
        [key, [0], row],
        [key, {}, 1],
    ):
        assert (await ask.refused(text, {"after": packed(forged)}))[0] == "BAD_CURSOR"
    for forged in ([key, "x", row], [key, "9" * 99, row], [key, "1", "x'; --"], [key, "\0", row]):
        answer = await ask.full(text, {"after": packed(forged)})
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("first: 1, last: 1", "BAD_USER_INPUT"),
        ("first: -1", "BAD_USER_INPUT"),
        ("last: -1", "BAD_USER_INPUT"),
        ("first: 1001", "TOO_COSTLY"),
        ("last: 1001", "TOO_COSTLY"),
    ],
)
async def test_a_page_that_cannot_be_is_refused(ask: Ask, arguments: str, code: str) -> None:
    assert (await ask.refused(f"{{ zooAnimals({arguments}) {{ totalCount }} }}"))[0] == code
