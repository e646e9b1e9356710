"""Relay's promises over the whole schema, found by introspection: ids, nodes, pages forwards and backwards."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    get_introspection_query,
    get_named_type,
    is_non_null_type,
    validate_schema,
)
from graphql.utilities import find_schema_changes

from inventory.catalog import Catalog
from inventory.graph.database import PooledDatabase
from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.schema import Schema, build_schema
from tests.leaks import landscape

pytestmark = pytest.mark.timeout(400)
ROWS = 12
"""Lists are looked at in full up to this many rows; of longer ones, this many."""


class Client:
    """Knows the endpoint and what introspection told."""

    def __init__(self, ask: Any) -> None:
        self.ask = ask
        # What GraphiQL asks, which is deeper than operations on data may be.
        found = ask(get_introspection_query(input_value_deprecation=True, specified_by_url=True))
        self.schema: GraphQLSchema = build_client_schema(found)

    def connections(self, kind: GraphQLObjectType) -> list[str]:
        return [
            name
            for name, field in kind.fields.items()
            if {"first", "after", "last", "before"} <= field.args.keys()
            and not [each for each in field.args.values() if is_non_null_type(each.type)]
            and "pageInfo" in getattr(get_named_type(field.type), "fields", {})
        ]


@pytest.fixture(scope="module")
def schema() -> Schema:
    return build_schema(Catalog.load())


@pytest.fixture(scope="module")
def client(postgres_dsn: str, template: str, schema: Schema) -> Iterator[Client]:
    with landscape.clone(postgres_dsn, template) as dsn, asyncio.Runner() as runner:
        database = PooledDatabase(dsn, size=1, timeout_ms=20_000)
        runner.run(database.open())
        engine = Engine(schema, database, Limits(rows=10**9))

        def ask(text: str, **variables: Any) -> Any:
            found = orjson.loads(runner.run(engine.answer(text, variables)).body)
            assert "errors" not in found, (text, found["errors"])
            return found["data"]

        yield Client(ask)
        runner.run(database.close())


def test_introspection_tells_the_schema_that_is_printed(client: Client, schema: Schema) -> None:
    assert validate_schema(client.schema) == []
    assert find_schema_changes(client.schema, schema.graphql) == []
    assert find_schema_changes(schema.graphql, client.schema) == []


def test_every_type_can_be_reached_from_a_root(client: Client) -> None:
    reached: set[str] = set()
    open_ones: list[Any] = [
        root
        for root in (
            client.schema.query_type,
            client.schema.mutation_type,
            client.schema.subscription_type,
        )
        if root
    ]
    while open_ones:
        kind = open_ones.pop()
        if kind.name in reached:
            continue
        reached.add(kind.name)
        if isinstance(kind, GraphQLInterfaceType):
            open_ones += client.schema.get_possible_types(kind)
        for field in getattr(kind, "fields", {}).values():
            open_ones.append(get_named_type(field.type))
            open_ones += [get_named_type(each.type) for each in getattr(field, "args", {}).values()]

    unreached = {name for name in client.schema.type_map if not name.startswith("__")} - reached
    assert unreached == set()


def test_every_root_list_pages_forwards_and_backwards_to_the_same_rows(client: Client) -> None:
    query = client.schema.query_type
    assert query
    roots = client.connections(query)
    assert len(roots) > 50

    for root in roots:
        paged_both_ways(client, root, "")


def test_every_edge_pages_forwards_and_backwards_to_the_same_rows(client: Client) -> None:
    node: Any = client.schema.type_map["Node"]
    looked_at = 0
    for kind in client.schema.get_possible_types(node):
        root = kind.name[0].lower() + kind.name[1:]
        names = client.connections(kind)
        if not names or root not in (client.schema.query_type or kind).fields:
            continue
        many = next(
            name
            for name, field in (client.schema.query_type or kind).fields.items()
            if str(get_named_type(field.type)) == f"{kind.name}Connection"
        )
        counts = " ".join(f"{name} {{ totalCount }}" for name in names)
        rows = client.ask(f"{{ r: {many}(first: 200) {{ nodes {{ id {counts} }} }} }}")["r"][
            "nodes"
        ]
        for name in names:
            best = max(rows, key=lambda row: row[name]["totalCount"], default=None)
            if best and best[name]["totalCount"] > 1:
                looked_at += 1
                paged_both_ways(client, name, f'r: {root}(id: "{best["id"]}")')
    assert looked_at > 50


def paged_both_ways(client: Client, name: str, parent: str) -> None:
    part = "edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"

    def page(arguments: str, **variables: Any) -> Any:
        inner = f"c: {name}({arguments}) {{ {part} totalCount }}"
        text = f"{{ {inner} }}" if not parent else f"{{ {parent} {{ {inner} }} }}"
        head = "query ($at: String!) " if variables else ""
        found = client.ask(head + text, **variables)
        return (found["r"] if parent else found)["c"]

    whole = page("first: 1000")
    ids = [(edge["cursor"], edge["node"]["id"]) for edge in whole["edges"]]
    assert len(set(ids)) == len(ids) == min(1000, whole["totalCount"])
    assert whole["pageInfo"]["hasPreviousPage"] is False
    size = max(1, min(len(ids), ROWS) // 3)

    forwards, found = [], page(f"first: {size}")
    while True:
        forwards += [(edge["cursor"], edge["node"]["id"]) for edge in found["edges"]]
        assert found["pageInfo"]["hasNextPage"] is (len(forwards) < whole["totalCount"])
        if not found["pageInfo"]["hasNextPage"] or len(forwards) >= ROWS:
            break
        assert found["pageInfo"]["endCursor"] == found["edges"][-1]["cursor"]
        found = page(f"first: {size}, after: $at", at=found["pageInfo"]["endCursor"])
    assert forwards == ids[: len(forwards)]

    if whole["totalCount"] > 1000:
        return
    backwards: list[tuple[str, str]] = []
    found = page(f"last: {size}")
    while True:
        backwards = [(edge["cursor"], edge["node"]["id"]) for edge in found["edges"]] + backwards
        assert found["pageInfo"]["hasPreviousPage"] is (len(backwards) < len(ids))
        if not found["pageInfo"]["hasPreviousPage"] or len(backwards) >= ROWS:
            break
        found = page(f"last: {size}, before: $at", at=found["pageInfo"]["startCursor"])
    assert backwards == ids[len(ids) - len(backwards) :]
