"""The engine and the slow reference give the same answer to whatever hypothesis thinks up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from inventory.graph.database import PooledDatabase
from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.schema import Schema
from tests.graph.reference import ROOTS, TYPES, Reference, Type
from tests.graph.zoo.rows import NAMES

DIRECTIONS = ("ASC", "DESC", "ASC_NULLS_FIRST", "DESC_NULLS_LAST")
TEXTS = [name for name in NAMES if name is not None] + ["a", "A", "%", "\\", "'", "🦁", "a00", "1"]


def ordered(*values: Any) -> dict[str, list[Any]]:
    one = {op: list(values) for op in ("eq", "ne", "gt", "gte", "lt", "lte")}
    return one | {op: [[], list(values[:2]), [values[-1]]] for op in ("in", "notIn")}


WORDS: dict[str, list[Any]] = {
    **dict.fromkeys(("eq", "ne", "contains", "startsWith", "endsWith", "iEq", "iContains"), TEXTS),
    **{op: [[], ["Ada", "ada"], TEXTS] for op in ("in", "notIn")},
}
NETS = ["10.0.0.1", "10.0.0.0/8", "10.0.0.1/8", "fd00::/8", "0.0.0.0/0", "::/0", "10.1.2.0/24"]
OPERANDS: dict[str, dict[str, list[Any]]] = {
    "tag": WORDS,
    "nickname": WORDS,
    "houseName": WORDS,
    "name": WORDS,
    "badge": WORDS,
    "legs": ordered(4, 0, -1, 1),
    "storeys": ordered(2, 0, -1),
    "steps": ordered(str(2**53 + 1), "0", str(-(2**63))),
    "weight": ordered(0.1, 1e20, 0.0),
    "price": ordered("0.1234567890123456789", "1"),
    "tame": {"eq": [True, False], "ne": [True, False]},
    "bornAt": ordered("2026-11-24T12:30:00Z", "2026-11-24T13:30:00.000002+01:00"),
    "chip": {"eq": ["00000000-0000-0000-0000-000000000002"], "notIn": [[], ["0" * 32]]},
    "address": {
        **dict.fromkeys(("eq", "ne", "contains", "within", "overlaps"), NETS),
        "in": [NETS],
    },
    "network": dict.fromkeys(("contains", "within", "overlaps"), NETS),
    "marks": {"contains": [{}, {"team": "red"}], "hasKey": ["team", "odd'key\""]},
    "badges": {"has": ["k0", "'"], "hasAny": [["k1", "k3"], []], "hasAll": [["k0", "k1"], []]},
}


def literal(value: Any) -> str:
    """A value as GraphQL. Directions are enums, so text that is one stands bare."""
    if isinstance(value, dict):
        items = (f"{key}: {literal(item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if value in DIRECTIONS:
        return str(value)
    return orjson.dumps(value).decode()


@st.composite
def conditions(draw: DrawFn, kind: Type, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(draw(st.integers(0, 2))):
        how = draw(st.sampled_from(["column"] * 4 + ["edge"] * 3 + ["logic"] * 2))
        if how == "column" or depth == 0:
            names = [name for name in kind.columns if name in OPERANDS]
            name = draw(st.sampled_from(names))
            choices = {**OPERANDS[name], "isNull": [True, False]}
            operator = draw(st.sampled_from(sorted(choices)))
            found[name] = {operator: draw(st.sampled_from(choices[operator]))}
        elif how == "logic":
            name = draw(st.sampled_from(["and", "or", "not"]))
            inner = conditions(kind, depth - 1)
            found[name] = draw(inner if name == "not" else st.lists(inner, max_size=2))
        elif bool(kind.one) and draw(st.booleans()):
            name = draw(st.sampled_from(sorted(kind.one)))
            found[name] = draw(conditions(TYPES[kind.one[name].type], depth - 1))
        else:
            name = draw(st.sampled_from(sorted(kind.many)))
            found[name] = draw(quantified(TYPES[kind.many[name].type], depth - 1))
    return found


@st.composite
def quantified(draw: DrawFn, kind: Type, depth: int) -> dict[str, Any]:
    name = draw(st.sampled_from(["some", "every", "none", "count"]))
    if name == "count":
        operator = draw(st.sampled_from(["eq", "ne", "gt", "lte"]))
        found: dict[str, Any] = {"count": {operator: draw(st.integers(0, 3))}}
    else:
        found = {name: draw(conditions(kind, depth))}
    if draw(st.booleans()):
        found["link"] = {"rule": {"eq": draw(st.sampled_from(["badge", "namesake", "match"]))}}
    return found


@st.composite
def sort_keys(draw: DrawFn, kind: Type) -> dict[str, Any]:
    names = [name for name in kind.columns if name not in ("marks", "badges")]
    name = draw(st.sampled_from([*names, "id", *kind.one, *(f"{each}Count" for each in kind.many)]))
    if name in kind.one:
        return {name: draw(sort_keys(TYPES[kind.one[name].type]))}
    return {name: draw(st.sampled_from(DIRECTIONS))}


@st.composite
def pages(draw: DrawFn, kind: Type, *, link: bool) -> str:
    found: dict[str, Any] = {}
    size = draw(st.sampled_from([None, "first", "last"]))
    if size:
        found[size] = draw(st.integers(0, 4))
    if where := draw(conditions(kind, 2)):
        found["where"] = where
    if order := draw(st.lists(sort_keys(kind), max_size=2)):
        found["orderBy"] = order
    if link and draw(st.booleans()):
        found["link"] = {"rule": {"eq": draw(st.sampled_from(["badge", "match"]))}}
    if not found:
        return ""
    return "(" + ", ".join(f"{key}: {literal(item)}" for key, item in found.items()) + ")"


@st.composite
def objects(draw: DrawFn, kind: Type, depth: int) -> str:
    leaves = ["__typename", "id", "displayName", *kind.columns]
    parts = draw(st.lists(st.sampled_from(leaves), max_size=4))
    if depth and bool(kind.one) and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(kind.one)))
        far = draw(objects(TYPES[kind.one[name].type], depth - 1))
        parts.append(draw(st.sampled_from([f"{name} {far}", f"{name}Edge {{ rule node {far} }}"])))
    if depth and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(kind.many)))
        far_type = TYPES[kind.many[name].type]
        alias = draw(st.sampled_from(["one", "two"]))
        parts.append(f"{alias}: {name}{draw(connections(far_type, depth - 1, link=True))}")
    if draw(st.booleans()):
        kind_of = draw(st.sampled_from([kind.name, "Resource", "Node", "ZooKeeper"]))
        inner = {"Resource": "displayName", "Node": "id"}.get(kind_of, "nickname")
        if kind_of == kind.name:
            inner = next(iter(kind.columns))
        skipped = draw(st.sampled_from(["", "@skip(if: true)", "@include(if: true)"]))
        spread = f"... on {kind_of} {skipped} {{ {inner} }}"
        parts.append(f"... on Node {{ {spread} }}" if kind_of == "ZooKeeper" else spread)
    return "{ " + " ".join(parts) + " }"


@st.composite
def connections(draw: DrawFn, kind: Type, depth: int, *, link: bool) -> str:
    choices = ["nodes", "edges", "totalCount", "pageInfo", "__typename"]
    parts = []
    for name in draw(st.lists(st.sampled_from(choices), max_size=3, unique=True)):
        if name == "nodes":
            parts.append(f"nodes {draw(objects(kind, depth))}")
        elif name == "edges":
            rule = "rule" if link else "__typename"
            parts.append(f"edges {{ {rule} node {draw(objects(kind, depth))} }}")
        elif name == "pageInfo":
            parts.append("pageInfo { hasNextPage back: hasPreviousPage }")
        else:
            parts.append(name)
    return f"{draw(pages(kind, link=link))} {{ {' '.join(parts)} }}"


@st.composite
def documents(draw: DrawFn) -> str:
    roots = draw(st.lists(st.sampled_from(sorted(ROOTS)), min_size=1, max_size=2))
    parts = [
        f"r{place}: {name}{draw(connections(TYPES[ROOTS[name]], 2, link=False))}"
        for place, name in enumerate(roots)
    ]
    return "{ " + "\n  ".join(parts) + " }"


@pytest.fixture(scope="module")
def both(zoo_dsn: str, zoo_schema: Schema) -> Iterator[Any]:
    """The engine on a loop of its own, and the reference."""
    with asyncio.Runner() as runner, psycopg.connect(zoo_dsn, autocommit=True) as db:
        database = PooledDatabase(zoo_dsn, size=1, timeout_ms=10_000)
        runner.run(database.open())
        engine = Engine(zoo_schema, database, Limits(rows=10**9))

        def ask(document: str) -> Any:
            return orjson.loads(runner.run(engine.answer(document)).body)

        yield ask, Reference(db)
        runner.run(database.close())


@settings(
    max_examples=150,
    derandomize=True,
    deadline=timedelta(seconds=5),
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(document=documents())
def test_the_engine_answers_as_the_reference_does(both: Any, document: str) -> None:
    ask, reference = both

    found = ask(document)

    errors = [each["message"] for each in found.get("errors", ())]
    if errors and all("conflict" in each or "`link` narrows" in each for each in errors):
        return
    expected = {"data": reference.answer(document)}
    assert orjson.dumps(found) == orjson.dumps(expected)
