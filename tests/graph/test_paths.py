"""Paths and what can be reached are what a slow search over the same pairs finds."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
import pytest

from inventory.graph.limits import Limits
from inventory.graph.schema import Schema
from tests.graph.conftest import Ask, asking

LINKS = {
    "l_zoo_house_to_animal": ("zoo_house", "zoo_animal"),
    "l_zoo_animal_to_keeper": ("zoo_animal", "zoo_keeper"),
    "l_zoo_parent_to_child": ("zoo_animal", "zoo_animal"),
}
PATHS = """query($from: ID!, $to: ID!, $max: Int, $first: Int, $follow: [GraphRelation!], $avoid: [GraphAvoid!]) {
  paths(from: $from, to: $to, maxLength: $max, first: $first, follow: $follow, avoid: $avoid) {
    truncated truncatedBy
    paths { length steps { relation direction node { id } } }
  }
}"""
REACHABLE = """query($from: ID!, $max: Int, $types: [GraphKind!], $avoid: [GraphAvoid!], $first: Int) {
  reachable(from: $from, maxDepth: $max, types: $types, avoid: $avoid, first: $first) {
    totalCount truncated truncatedBy counts { kind count } nodes { distance node { id __typename } }
  }
}"""


class Pair(NamedTuple):
    relation: str
    direction: str
    there: str


class World:
    """All pairs of the zoo, in both directions."""

    def __init__(self, db: psycopg.Connection[Any]) -> None:
        self.pairs: dict[str, list[Pair]] = {}
        for table, (a, b) in LINKS.items():
            for left, right, *_ in db.execute(f"SELECT * FROM {table}".encode()).fetchall():
                self.add(table, f"{a}:{left}", f"{b}:{right}")

    def add(self, table: str, a: str, b: str) -> None:
        self.pairs.setdefault(a, []).append(Pair(table.upper(), "OUT", b))
        self.pairs.setdefault(b, []).append(Pair(table.upper(), "IN", a))

    def paths(
        self, start: str, end: str, length: int, avoid: set[str]
    ) -> list[tuple[tuple[Any, ...], ...]]:
        """Every path that passes nothing twice, the shortest first."""
        found = []
        waiting: deque[tuple[tuple[Any, ...], ...]] = deque([((None, None, start),)])
        while waiting:
            path = waiting.popleft()
            if path[-1][2] == end:
                found.append(path)
                continue
            if len(path) > length:
                continue
            seen = {step[2] for step in path}
            for pair in self.pairs.get(path[-1][2], ()):
                kind = pair.there.partition(":")[0]
                if pair.there not in seen and (kind not in avoid or pair.there == end):
                    waiting.append((*path, tuple(pair)))
        return found

    def distances(self, start: str, depth: int, avoid: set[str]) -> dict[str, int]:
        found = {start: 0}
        waiting = deque([start])
        while waiting:
            here = waiting.popleft()
            for pair in self.pairs.get(here, ()) if found[here] < depth else ():
                if pair.there not in found and pair.there.partition(":")[0] not in avoid:
                    found[pair.there] = found[here] + 1
                    waiting.append(pair.there)
        return found


@pytest.fixture
def world(zoo_db: psycopg.Connection[Any]) -> World:
    return World(zoo_db)


def steps_of(path: Any) -> tuple[tuple[Any, ...], ...]:
    return tuple((s["relation"], s["direction"], s["node"]["id"]) for s in path["steps"])


def some_pairs(world: World, count: int, seed: int) -> Iterator[tuple[str, str]]:
    draw = random.Random(seed)
    nodes = sorted(world.pairs)
    for _ in range(count):
        yield tuple(draw.sample(nodes, 2))  # type: ignore[misc]


@pytest.mark.parametrize("length", [1, 2, 3, 4])
async def test_all_paths_are_found_the_shortest_first(ask: Ask, world: World, length: int) -> None:
    whole = 0
    for start, end in some_pairs(world, 12, length):
        expected = world.paths(start, end, length, set())

        data = await ask(PATHS, **{"from": start, "to": end}, max=length, first=100, avoid=[])

        found = [steps_of(path) for path in data["paths"]["paths"]]
        lengths = [path["length"] for path in data["paths"]["paths"]]
        assert lengths == sorted(lengths) == [len(path) - 1 for path in found]
        assert len(set(found)) == len(found)
        assert set(found) <= set(expected)
        shortest = [path for path in expected if len(path) == len(expected[0])]
        assert len(shortest) > 100 or set(shortest) <= set(found)
        if not data["paths"]["truncated"]:
            whole += 1
            assert set(found) == set(expected)
    assert whole


async def test_a_search_is_one_statement_and_the_same_each_time(ask: Ask, world: World) -> None:
    (pair,) = some_pairs(world, 1, 7)

    first = await ask(PATHS, **{"from": pair[0], "to": pair[1]}, first=3)
    again = await ask(PATHS, **{"from": pair[0], "to": pair[1]}, first=3)

    assert first == again
    assert len(ask.database.statements) == 2


async def test_paths_go_around_hubs_but_end_at_them(ask: Ask, world: World) -> None:
    house = next(node for node in world.pairs if node.startswith("zoo_house"))
    near, other = [pair.there for pair in world.pairs[house]][:2]
    keeper = next(pair.there for pair in world.pairs[near] if pair.there.startswith("zoo_keeper"))

    for start, end in ((near, other), (keeper, house), (house, keeper)):
        data = await ask(PATHS, **{"from": start, "to": end}, max=3, first=100)
        expected = world.paths(start, end, 3, {"zoo_house"})
        found = {steps_of(path) for path in data["paths"]["paths"]}
        assert found == set(expected)
        assert any(step[2] == house for path in found for step in path) == (end != other)


async def test_follow_names_the_only_relations_and_opens_the_hubs_at_their_ends(
    ask: Ask, world: World
) -> None:
    house = next(node for node in world.pairs if node.startswith("zoo_house"))
    one, other = [pair.there for pair in world.pairs[house]][:2]

    data = await ask(
        PATHS, **{"from": one, "to": other}, max=6, follow=["L_ZOO_HOUSE_TO_ANIMAL"], avoid=None
    )

    assert [steps_of(path) for path in data["paths"]["paths"]] == [
        (
            (None, None, one),
            ("L_ZOO_HOUSE_TO_ANIMAL", "IN", house),
            ("L_ZOO_HOUSE_TO_ANIMAL", "OUT", other),
        )
    ]
    assert not data["paths"]["truncated"]


async def test_what_is_avoided_is_avoided(ask: Ask, world: World) -> None:
    for start, end in some_pairs(world, 4, 11):
        data = await ask(
            PATHS, **{"from": start, "to": end}, max=3, first=100, avoid=["HUBS", "ZOO_KEEPER"]
        )
        found = {steps_of(path) for path in data["paths"]["paths"]}
        assert found == set(world.paths(start, end, 3, {"zoo_house", "zoo_keeper"}))


async def test_an_object_has_no_path_to_itself(ask: Ask, world: World) -> None:
    node = next(iter(world.pairs))

    data = await ask(PATHS, **{"from": node, "to": node})

    assert data["paths"] == {"truncated": False, "truncatedBy": None, "paths": []}


async def test_where_an_end_is_not_there_the_answer_is_null(ask: Ask, world: World) -> None:
    node = next(iter(world.pairs))
    gone = "zoo_animal:00000000-0000-0000-0000-000000000000"

    data = await ask(PATHS, **{"from": node, "to": gone})

    assert data == {"paths": None}
    assert await ask(REACHABLE, **{"from": gone}) == {"reachable": None}


async def test_a_search_that_stops_early_says_why(
    zoo_dsn: str, zoo_schema: Schema, world: World
) -> None:
    start, end = next(iter(some_pairs(world, 1, 5)))
    async with asking(zoo_dsn, zoo_schema, looked=3) as ask:
        data = await ask(PATHS, **{"from": start, "to": end}, max=6, avoid=[])
        assert data["paths"]["truncated"]
        assert data["paths"]["truncatedBy"] == "NODES"
    async with asking(zoo_dsn, zoo_schema, search_ms=0) as ask:
        data = await ask(PATHS, **{"from": start, "to": end}, max=6, avoid=[])
        assert data["paths"]["truncatedBy"] == "TIME"


async def test_one_path_more_than_is_asked_for_is_told(ask: Ask, world: World) -> None:
    several = [
        (start, end)
        for start, end in some_pairs(world, 40, 3)
        if len(world.paths(start, end, 3, set())) > 2
    ]

    for start, end in several[:3]:
        data = await ask(PATHS, **{"from": start, "to": end}, max=3, first=2, avoid=[])
        assert len(data["paths"]["paths"]) == 2
        assert data["paths"]["truncatedBy"] == "FIRST"
    assert several


@pytest.mark.parametrize("depth", [1, 2, 4])
async def test_what_can_be_reached_is_what_a_slow_walk_comes_to(
    ask: Ask, world: World, depth: int
) -> None:
    for start, _ in some_pairs(world, 6, depth):
        for avoid, closed in (([], set()), (None, {"zoo_house"}), (["ZOO_ANIMAL"], {"zoo_animal"})):
            data = await ask(REACHABLE, **{"from": start}, max=depth, avoid=avoid, first=1000)

            found = data["reachable"]
            expected = world.distances(start, depth, closed)
            del expected[start]
            assert {n["node"]["id"]: n["distance"] for n in found["nodes"]} == expected
            assert found["totalCount"] == len(expected)
            assert not found["truncated"]
            distances = [node["distance"] for node in found["nodes"]]
            assert distances == sorted(distances)


async def test_hubs_are_reached_when_they_are_asked_for_and_not_left_again(
    ask: Ask, world: World
) -> None:
    keeper = next(node for node in world.pairs if node.startswith("zoo_keeper"))

    data = await ask(REACHABLE, **{"from": keeper}, max=2, types=["ZOO_HOUSE"], first=1)

    houses = {
        pair.there
        for animal in world.pairs[keeper]
        for pair in world.pairs[animal.there]
        if pair.there.startswith("zoo_house")
    }
    found = data["reachable"]
    assert found["counts"] == [{"kind": "ZOO_HOUSE", "count": len(houses)}]
    assert found["nodes"][0]["node"]["__typename"] == "ZooHouse"
    assert found["truncatedBy"] == "FIRST"
    deeper = await ask(REACHABLE, **{"from": keeper}, max=10, types=["ZOO_HOUSE"], first=1000)
    assert {n["node"]["id"] for n in deeper["reachable"]["nodes"]} >= houses


HOSTILE: dict[str, tuple[dict[str, Any], str]] = {
    "from: malformed": ({"from": "zoo_animal:1"}, "BAD_USER_INPUT"),
    "from: no such table": (
        {"from": "pg_class:00000000-0000-0000-0000-000000000000"},
        "BAD_USER_INPUT",
    ),
    "from: nothing": ({"from": ""}, "BAD_USER_INPUT"),
    "maxLength: none": ({"max": 0}, "BAD_USER_INPUT"),
    "maxLength: negative": ({"max": -1}, "BAD_USER_INPUT"),
    "maxLength: many": ({"max": 1000}, "TOO_COSTLY"),
    "first: negative": ({"first": -1}, "BAD_USER_INPUT"),
    "first: many": ({"first": 101}, "TOO_COSTLY"),
    "follow: no relation": ({"follow": ["PG_CLASS"]}, "BAD_USER_INPUT"),
    "follow: null inside": ({"follow": [None]}, "BAD_USER_INPUT"),
    "avoid: a number": ({"avoid": [1]}, "BAD_USER_INPUT"),
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_hostile_searches_are_refused_before_sql(ask: Ask, world: World, case: str) -> None:
    start, end = next(iter(some_pairs(world, 1, 1)))
    given, code = HOSTILE[case]

    found, message = await ask.refused(PATHS, {"from": start, "to": end, **given})

    assert found == code
    assert message


async def test_ten_thousand_relations_cost_no_more_than_all(ask: Ask, world: World) -> None:
    start, end = next(iter(some_pairs(world, 1, 1)))
    names = [table.upper() for table in LINKS] * 4000

    data = await ask(PATHS, **{"from": start, "to": end}, max=2, follow=names)

    assert data == await ask(
        PATHS, **{"from": start, "to": end}, max=2, follow=[name.upper() for name in LINKS]
    )


async def test_searches_count_as_the_rows_that_they_may_look_at(ask: Ask, world: World) -> None:
    node = next(iter(world.pairs))
    several = Limits().rows // Limits().looked + 1
    fields = " ".join(f'a{n}: reachable(from: "{node}") {{ totalCount }}' for n in range(several))

    code, message = await ask.refused("{" + fields + "}")

    assert code == "TOO_COSTLY"
    assert str(Limits().rows) in message
