"""A search finds what a slow look at every name finds, in the order that it promises."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.graph.conftest import Ask

SEARCH = """query($wanted: String!, $types: [GraphKind!], $first: Int) {
  search(text: $wanted, types: $types, first: $first) {
    truncated hits { match kind column value node { id __typename } }
  }
}"""
COLUMNS = {
    "zoo_animal": ("tag", ("tag", "nickname", "host(address)")),
    "zoo_house": ("name", ("name",)),
    "zoo_keeper": ("badge", ("badge", "nickname")),
}
RANKS = ("ID", "NAME", "PREFIX", "CONTAINS")


def slow(db: psycopg.Connection[Any], text: str) -> dict[str, int]:
    """The rank of every object that has the text in it."""
    found: dict[str, int] = {}
    wanted = text.strip().lower()
    for table, (key, columns) in COLUMNS.items():
        names = ", ".join(columns)
        for row_id, *values in db.execute(f"SELECT id, {names} FROM {table}".encode()).fetchall():
            ranks = []
            for column, value in zip(columns, values, strict=True):
                low = (value or "").lower()
                if wanted in low:
                    is_id = column == key
                    exact = 0 if is_id else 1
                    ranks.append(exact if low == wanted else 2 if low.startswith(wanted) else 3)
            if ranks:
                found[f"{table}:{row_id}"] = min(ranks)
    return found


@pytest.mark.parametrize(
    "text",
    ["ada", "ADA", "a00", "a001", "k0", "apes", "10.0.0", "10.0.0.1", "%_", "\\ %", "--", "null",
     "o'hara \"q\"", "  Birds  ", "nobody is called that", "d::1"],
)  # fmt: skip
async def test_hits_are_those_of_a_slow_search_the_best_first(
    ask: Ask, zoo_db: psycopg.Connection[Any], text: str
) -> None:
    data = await ask(SEARCH, wanted=text, first=100)

    hits = data["search"]["hits"]
    assert {hit["node"]["id"]: RANKS.index(hit["match"]) for hit in hits} == slow(zoo_db, text)
    assert not data["search"]["truncated"]
    ranks = [RANKS.index(hit["match"]) for hit in hits]
    assert ranks == sorted(ranks)
    assert all(text.strip().lower() in hit["value"].lower() for hit in hits)
    assert len(ask.database.statements) == 1


async def test_a_global_id_finds_its_object(ask: Ask, zoo_db: psycopg.Connection[Any]) -> None:
    (row_id,) = zoo_db.execute("SELECT id FROM zoo_house LIMIT 1").fetchone() or (None,)

    data = await ask(SEARCH, wanted=f"zoo_house:{row_id}")

    (hit,) = data["search"]["hits"]
    assert (hit["match"], hit["kind"], hit["node"]["__typename"]) == ("ID", "ZOO_HOUSE", "ZooHouse")


async def test_kinds_and_the_number_of_hits_narrow_it(ask: Ask) -> None:
    animals = (await ask(SEARCH, wanted="a0", types=["ZOO_ANIMAL"], first=3))["search"]
    none = (await ask(SEARCH, wanted="a0", types=[]))["search"]

    assert {hit["kind"] for hit in animals["hits"]} == {"ZOO_ANIMAL"}
    assert (len(animals["hits"]), animals["truncated"]) == (3, True)
    assert none == {"truncated": False, "hits": []}


async def test_records_of_our_own_are_searched_when_they_are_named(ask: Ask) -> None:
    data = await ask(SEARCH, wanted="zoo_house", types=["COMMON_LINK"])

    assert [hit["value"] for hit in data["search"]["hits"]] == ["l_zoo_house_to_animal"]


@pytest.mark.parametrize(
    "given",
    [{"wanted": ""}, {"wanted": "a"}, {"wanted": "   a   "}, {"wanted": "a" * 201}, {"wanted": "a\0b"},
     {"wanted": "ada", "first": -1}, {"wanted": "ada", "first": 101}, {"wanted": "ada", "types": ["X"]}],
)  # fmt: skip
async def test_what_cannot_be_searched_for_is_refused(ask: Ask, given: dict[str, Any]) -> None:
    await ask(SEARCH, wanted="ada")

    code, message = await ask.refused(SEARCH, given)

    assert code == "BAD_USER_INPUT"
    assert message
