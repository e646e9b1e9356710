"""Documents that hypothesis thinks up: every kind of selection, condition and order that a schema offers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLSchema
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.graph.reference_types import Type, World

DIRECTIONS = ("ASC", "DESC", "ASC_NULLS_FIRST", "DESC_NULLS_LAST")
Operands = dict[tuple[str, str], dict[str, list[Any]]]
"""By type and field: operands by operator."""


class Bare(str):
    """A name of the schema, which stands without quotes."""


@dataclass(frozen=True)
class Ground:
    """What documents are made of."""

    world: World
    schema: GraphQLSchema
    operands: Operands
    rules: tuple[str, ...]
    ids: dict[str, list[str]]
    clock: bool = True
    """Whether to ask for when something was seen, which is another time in another database."""

    def inputs(self, name: str) -> list[str]:
        """The fields of an input."""
        kind = self.schema.type_map[name]
        assert isinstance(kind, GraphQLInputObjectType)
        return self.timeless(kind.fields)

    def members(self, name: str) -> list[str]:
        kind = self.schema.type_map[name]
        assert isinstance(kind, GraphQLEnumType)
        return self.timeless(kind.values)

    def fields(self, name: str) -> list[str]:
        kind: Any = self.schema.type_map.get(name)
        return self.timeless(kind.fields) if kind else []

    def timeless(self, names: Iterable[str]) -> list[str]:
        seen = (
            "created",
            "updated",
            "CREATED_AT",
            "UPDATED_AT",
            "firstSeen",
            "lastSeen",
            "confirmed",
        )
        return [name for name in names if self.clock or not name.startswith(seen)]

    def far(self, kind: Type, edge: str) -> Type:
        return self.world.types[(kind.one.get(edge) or kind.many[edge]).type]


def literal(value: Any) -> str:
    """A value as GraphQL."""
    if isinstance(value, Bare):
        return str(value)
    if isinstance(value, dict):
        items = (f"{key}: {literal(item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return orjson.dumps(value).decode()


def arguments(found: dict[str, Any]) -> str:
    return "(" + ", ".join(f"{k}: {literal(v)}" for k, v in found.items()) + ")" if found else ""


@st.composite
def conditions(draw: DrawFn, ground: Ground, kind: Type, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    offered = ground.inputs(f"{kind.name}Where")
    many = [name for name in kind.many if name in offered]
    one = [name for name in kind.one if name in offered]
    for _ in range(draw(st.integers(0, 2))):
        how = draw(st.sampled_from(["column"] * 4 + ["edge"] * 3 + ["logic"] * 2))
        if how == "column" or depth == 0 or (how == "edge" and not many and not one):
            name = draw(st.sampled_from([n for n in kind.columns if n in offered]))
            choices = {**ground.operands.get((kind.name, name), {}), "isNull": [True, False]}
            operator = draw(st.sampled_from(sorted(choices)))
            found[name] = {operator: draw(st.sampled_from(choices[operator]))}
        elif how == "logic":
            name = draw(st.sampled_from(["and", "or", "not"]))
            inner = conditions(ground, kind, depth - 1)
            found[name] = draw(inner if name == "not" else st.lists(inner, max_size=2))
        elif bool(one) and (not many or draw(st.booleans())):
            name = draw(st.sampled_from(sorted(one)))
            found[name] = draw(conditions(ground, ground.far(kind, name), depth - 1))
        else:
            name = draw(st.sampled_from(sorted(many)))
            found[name] = draw(quantified(ground, kind, name, depth - 1))
    return found


@st.composite
def quantified(draw: DrawFn, ground: Ground, kind: Type, edge: str, depth: int) -> dict[str, Any]:
    name = draw(st.sampled_from(["some", "every", "none", "count"]))
    if name == "count":
        operator = draw(st.sampled_from(["eq", "ne", "gt", "lte"]))
        found: dict[str, Any] = {"count": {operator: draw(st.integers(0, 3))}}
    else:
        found = {name: draw(conditions(ground, ground.far(kind, edge), depth))}
    if kind.many[edge].link and draw(st.booleans()):
        found["link"] = {"rule": {"eq": draw(st.sampled_from(ground.rules))}}
    return found


@st.composite
def sort_keys(draw: DrawFn, ground: Ground, kind: Type) -> dict[str, Any]:
    name = draw(st.sampled_from(ground.inputs(f"{kind.name}OrderBy")))
    if name in kind.one:
        return {name: draw(sort_keys(ground, ground.far(kind, name)))}
    return {name: Bare(draw(st.sampled_from(DIRECTIONS)))}


@st.composite
def pages(draw: DrawFn, ground: Ground, kind: Type, *, link: bool) -> str:
    found: dict[str, Any] = {}
    size = draw(st.sampled_from([None, "first", "last"]))
    if size:
        found[size] = draw(st.integers(0, 4))
    if where := draw(conditions(ground, kind, 2)):
        found["where"] = where
    if order := draw(st.lists(sort_keys(ground, kind), max_size=2)):
        found["orderBy"] = order
    if link and draw(st.booleans()):
        found["link"] = {"rule": {"eq": draw(st.sampled_from(ground.rules))}}
    return arguments(found)


@st.composite
def objects(draw: DrawFn, ground: Ground, kind: Type, depth: int) -> str:
    shared = ["displayName", "provider", "firstSeenAt", "lastSeenAt"] if kind.resource else []
    leaves = ground.timeless(["__typename", "id", *shared, *kind.columns])
    parts = draw(st.lists(st.sampled_from(leaves), max_size=4))
    if depth and bool(kind.one) and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(kind.one)))
        far = draw(objects(ground, ground.far(kind, name), depth - 1))
        ways = [f"{name} {far}"]
        if kind.one[name].link:
            ways.append(f"{name}Edge {{ rule matchedOn {{ column value }} node {far} }}")
        parts.append(draw(st.sampled_from(ways)))
    if depth and bool(kind.many) and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(kind.many)))
        linked = kind.many[name].link is not None
        inner = draw(connections(ground, ground.far(kind, name), depth - 1, link=linked))
        parts.append(f"{draw(st.sampled_from(['one', 'two']))}: {name}{inner}")
    if bool(kind.points) and draw(st.booleans()):
        (name,) = kind.points
        parts.append(f"{name} {{ __typename id displayName provider }}")
    if draw(st.booleans()):
        other = draw(st.sampled_from(sorted(ground.world.types)))
        kind_of = draw(st.sampled_from([kind.name, "Resource", "Node", other]))
        if kind_of == "Resource" and not kind.resource:
            kind_of = "Node"
        inner = {"Resource": "displayName", "Node": "id"}.get(kind_of, "")
        if not inner:
            inner = next(iter(ground.world.types[kind_of].columns))
        skipped = draw(st.sampled_from(["", "@skip(if: true)", "@include(if: true)"]))
        spread = f"... on {kind_of} {skipped} {{ {inner} }}"
        parts.append(f"... on Node {{ {spread} }}")
    return "{ " + " ".join(parts) + " }"


@st.composite
def aggregates(draw: DrawFn, ground: Ground, kind: Type) -> str:
    parts = ["count"] if draw(st.booleans()) else []
    names = {"countDistinct": "CountDistinct", "min": "Extremes", "max": "Extremes"}
    names |= {"sum": "Sums", "avg": "Averages"}
    for measure in draw(st.lists(st.sampled_from(sorted(names)), max_size=2, unique=True)):
        # The order in which floats are added up is nobody's to promise.
        columns = [
            column
            for column in ground.fields(kind.name + names[measure])
            if measure not in ("sum", "avg") or kind.columns[column][1] != "Float"
        ]
        if columns:
            chosen = draw(st.lists(st.sampled_from(columns), min_size=1, max_size=2))
            parts.append(f"{measure} {{ {' '.join(chosen)} }}")
    return "{ " + " ".join(parts) + " __typename }"


@st.composite
def grouped(draw: DrawFn, ground: Ground, kind: Type) -> str:
    members = ground.members(f"{kind.name}GroupField")
    by = draw(st.lists(st.sampled_from(members), min_size=1, max_size=2, unique=True))
    found: dict[str, Any] = {"by": [Bare(each) for each in by]}
    if draw(st.booleans()):
        found["having"] = {"count": {draw(st.sampled_from(["gt", "lte"])): draw(st.integers(0, 3))}}
    if draw(st.booleans()):
        found["first"] = draw(st.integers(0, 4))
    keys = draw(st.lists(st.sampled_from(ground.fields(f"{kind.name}GroupKey")), max_size=3))
    inner = draw(aggregates(ground, kind))
    return f"groups{arguments(found)} {{ key {{ {' '.join(keys)} }} count aggregate {inner} }}"


@st.composite
def connections(draw: DrawFn, ground: Ground, kind: Type, depth: int, *, link: bool) -> str:
    choices = ["nodes", "edges", "totalCount", "pageInfo", "__typename", "aggregate", "groups"]
    parts = []
    for name in draw(st.lists(st.sampled_from(choices), max_size=3, unique=True)):
        match name:
            case "nodes":
                parts.append(f"nodes {draw(objects(ground, kind, depth))}")
            case "edges":
                about = ["rule", "createdAt", "confirmedAt", "matchedOn { value column }"]
                why = " ".join(ground.timeless(about if link else ["__typename"]))
                parts.append(f"edges {{ {why} node {draw(objects(ground, kind, depth))} }}")
            case "pageInfo":
                parts.append("pageInfo { hasNextPage back: hasPreviousPage }")
            case "aggregate":
                parts.append(f"aggregate {draw(aggregates(ground, kind))}")
            case "groups":
                parts.append(draw(grouped(ground, kind)))
            case _:
                parts.append(name)
    return f"{draw(pages(ground, kind, link=link))} {{ {' '.join(parts)} }}"


@st.composite
def documents(draw: DrawFn, ground: Ground) -> str:
    parts = []
    for place in range(draw(st.integers(1, 2))):
        if ground.ids and draw(st.integers(0, 4)) == 0:
            name = draw(st.sampled_from(sorted(ground.ids)))
            row = draw(st.sampled_from(ground.ids[name]))
            kind = ground.world.types[name]
            root = next(root for root, of in ground.world.one.items() if of == name)
            inner = draw(objects(ground, kind, 2))
            if draw(st.booleans()):
                parts.append(f'r{place}: {root}(id: "{row}") {inner}')
            else:
                parts.append(f'r{place}: node(id: "{row}") {{ ... on {name} {inner} }}')
            continue
        root = draw(st.sampled_from(sorted(ground.world.many)))
        kind = ground.world.types[ground.world.many[root][0]]
        parts.append(f"r{place}: {root}{draw(connections(ground, kind, 2, link=False))}")
    return "{ " + "\n  ".join(parts) + " }"
