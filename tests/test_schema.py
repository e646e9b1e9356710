"""schema.graphql is current, and clients can live with it."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    parse,
    validate,
)
from graphql import (
    build_schema as read_sdl,
)
from graphql.type import is_enum_type, is_named_type

from inventory.catalog import Catalog
from inventory.graph import sdl
from inventory.graph.schema import Schema, build_schema

FILE = Path(__file__).parents[1] / "schema.graphql"


@pytest.fixture(scope="module")
def schema() -> Schema:
    return build_schema(Catalog.load())


@pytest.fixture(scope="module")
def graphql(schema: Schema) -> GraphQLSchema:
    return schema.graphql


@pytest.fixture(scope="module")
def printed() -> GraphQLSchema:
    return read_sdl(FILE.read_text(), assume_valid=True, assume_valid_sdl=True)


def test_schema_graphql_is_current(schema: Schema) -> None:
    assert sdl.stale(schema, FILE) == "", "run `make schema`"


def test_a_missing_file_is_stale(schema: Schema, tmp_path: Path) -> None:
    assert "+type Query {" in sdl.stale(schema, tmp_path / "schema.graphql")


def test_the_file_is_the_schema_that_is_served(
    graphql: GraphQLSchema, printed: GraphQLSchema
) -> None:
    assert set(printed.type_map) == set(graphql.type_map)
    one_of = [
        name
        for name, kind in printed.type_map.items()
        if isinstance(kind, GraphQLInputObjectType) and kind.is_one_of
    ]
    assert one_of
    assert all(name.endswith("OrderBy") for name in one_of)


def nodes(graphql: GraphQLSchema, name: str = "Node") -> list[GraphQLObjectType]:
    node = graphql.type_map[name]
    assert isinstance(node, GraphQLInterfaceType)
    return list(graphql.get_possible_types(node))


def test_fields_of_one_name_can_be_read_of_any_two_types_at_once(graphql: GraphQLSchema) -> None:
    """`node(id:) { ... on A { name } ... on B { name } }` validates only if both are of one type."""
    conflicts = [
        f"{one.name}.{name}: {one.fields[name].type}, {two.name}: {two.fields[name].type}"
        for one, two in combinations(nodes(graphql), 2)
        for name in one.fields.keys() & two.fields.keys()
        if not one.fields[name].args
        and not isinstance(_bare(one.fields[name].type), GraphQLObjectType)
        and str(one.fields[name].type) != str(two.fields[name].type)
    ]

    assert conflicts == []


def _bare(kind: Any) -> Any:
    while hasattr(kind, "of_type"):
        kind = kind.of_type
    return kind


def test_a_query_of_every_leaf_of_every_type_at_once_is_valid(graphql: GraphQLSchema) -> None:
    parts = []
    for kind in nodes(graphql):
        leaves = [
            name
            for name, field in kind.fields.items()
            if not field.args and not hasattr(_bare(field.type), "fields")
        ]
        parts.append(f"... on {kind.name} {{ {' '.join(leaves)} }}")

    assert validate(graphql, parse('{ node(id: "x") { ' + " ".join(parts) + " } }")) == []


def test_everything_is_described(graphql: GraphQLSchema) -> None:
    missing = []
    for name, kind in graphql.type_map.items():
        if name.startswith("__") or name in ("String", "Int", "Float", "Boolean", "ID"):
            continue
        assert is_named_type(kind)
        missing += [] if kind.description else [name]
        fields = getattr(kind, "fields", None) or (kind.values if is_enum_type(kind) else {})
        for field_name, field in fields.items():
            missing += [] if field.description else [f"{name}.{field_name}"]
            for argument, each in getattr(field, "args", {}).items():
                missing += [] if each.description else [f"{name}.{field_name}({argument}:)"]

    assert missing == []


def test_names_are_spelled_as_graphql_spells_them(graphql: GraphQLSchema) -> None:
    for name, kind in graphql.type_map.items():
        if name.startswith("__"):
            continue
        assert re.fullmatch("[A-Z][A-Za-z0-9]*", name)
        for field in getattr(kind, "fields", {}):
            assert re.fullmatch("[a-z][A-Za-z0-9]*", field), f"{name}.{field}"


def test_every_model_has_its_roots_and_every_resource_its_interface(schema: Schema) -> None:
    query = schema.graphql.query_type
    assert query is not None
    resources = {kind.name for kind in nodes(schema.graphql, "Resource")}
    for shape in schema.projection.shapes.values():
        assert (shape.name in resources) is shape.is_resource
    for root in (*schema.projection.many, *schema.projection.one):
        assert root in query.fields
    assert {kind.name for kind in nodes(schema.graphql)} == set(schema.projection.by_type)


def test_every_provider_is_known_to_the_schema(schema: Schema) -> None:
    provider: Any = schema.graphql.type_map["Provider"]

    assert {shape.provider for shape in schema.projection.shapes.values()} <= set(provider.values)
