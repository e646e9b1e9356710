"""`build_schema(catalog)`: the roots, put together."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
)
from graphql.type import is_interface_type
from strawberry.schema.config import StrawberryConfig

from inventory.catalog import Catalog
from inventory.graph import graph_types, mutations, operations, scalars, subscriptions, types
from inventory.graph.audited import audit
from inventory.graph.graph_types import GraphTypes
from inventory.graph.objects import Kit, kits, page_arguments, union_kit
from inventory.graph.projection import Projection, Shape
from inventory.graph.resources import resources
from inventory.graph.selection import GRAPH
from inventory.graph.types import Argument, field


@dataclass(frozen=True)
class Schema:
    """A catalog in GraphQL: the schema, and what its types stand for."""

    strawberry: strawberry.Schema
    projection: Projection

    @property
    def graphql(self) -> GraphQLSchema:
        # Strawberry offers no other way to the schema that it built; a test says what broke.
        return self.strawberry._schema

    def is_projected(self, root: str) -> bool:
        """Whether a root field of the query type is answered by the statement."""
        return root in self._projected

    @property
    def _projected(self) -> set[str]:
        return {
            *("node", "nodes", *GRAPH),
            *self.projection.many,
            *self.projection.one,
        }


def build_schema(catalog: Catalog) -> Schema:
    """Project a catalog. Takes a second or two for a hundred models; do it once."""
    projection = Projection(catalog)
    graph = graph_types.graph_types(projection.graph)
    made = kits(projection, graph)
    union = resources(projection, graph)
    made[union] = union_kit(union, graph)
    projection.add_union("resources", union)
    query = types.object_type("Query", "The root of all reading.", _roots(projection, made, graph))
    run = projection.by_table["common_run"]
    mutation = mutations.mutation_type(catalog, made[run].object, made[run].where)
    built = strawberry.Schema(
        query=query,
        mutation=mutation,
        subscription=subscriptions.subscription_type(made[run].object),
        types=[kit.object for shape, kit in made.items() if shape is not union],
        config=StrawberryConfig(scalar_map=scalars.SCALARS),  # type: ignore[arg-type]
    )
    schema = Schema(built, projection)
    _bind(schema, graph)
    return schema


def _roots(projection: Projection, made: dict[Shape, Kit], graph: GraphTypes) -> list[Any]:
    fields = [
        field(
            "node",
            types.optional(graph.node),
            "Any object by its global id; null when there is none.",
            [Argument("id", strawberry.ID, "Its global id.", required=True)],
        ),
        field(
            "nodes",
            types.list_of(types.optional(graph.node)),
            "Objects by their global ids, in that order; null in the place of one that is not there.",
            [
                Argument(
                    "ids", types.list_of(strawberry.ID), "At most 100 global ids.", required=True
                )
            ],
        ),
        *graph_types.roots(graph),
    ]
    for name, shape in projection.many.items():
        doc = first_sentence(shape)
        fields.append(
            field(name, made[shape].connection, f"A list of: {doc}", page_arguments(made[shape]))
        )
    for name, shape in projection.one.items():
        argument = Argument("id", strawberry.ID, "Its global id.", required=True)
        doc = f"{first_sentence(shape)} Null when there is none with this id."
        fields.append(field(name, types.optional(made[shape].object), doc, [argument]))
    return fields + operations.query_fields()


def first_sentence(shape: Shape) -> str:
    return (inspect.getdoc(shape.model) or shape.name).split("\n\n")[0].replace("\n", " ")


def _bind(schema: Schema, graph: GraphTypes) -> None:
    """Let projected types be read from the JSON of a statement where graphql-core must do it.

    That is below mutations, whose payloads hold runs: keys there are response keys.
    """
    for kind in schema.graphql.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            kind.is_type_of = None
        if isinstance(kind, GraphQLInputObjectType):
            # Strawberry checks @oneOf in its own way; the standard one is known to introspection.
            definition = kind.extensions["strawberry-definition"]
            kind.is_one_of = definition.is_one_of
            kind.out_type = GraphQLInputObjectType.out_type  # type: ignore[method-assign]
        if is_interface_type(kind):
            kind.resolve_type = lambda value, _info, _type: value["__typename"]
    for name in schema.projection.type_names() | graph.type_names:
        projected = schema.graphql.type_map.get(name)
        if not isinstance(projected, GraphQLObjectType):
            continue
        for each in projected.fields.values():
            each.resolve = read
    provider = schema.graphql.type_map["Provider"]
    assert isinstance(provider, GraphQLEnumType)  # noqa: S101 - made above
    for source in schema.projection.catalog.sources.values():
        # Sources that were installed as plugins are known to nobody before.
        known = GraphQLEnumValue(source.label.upper(), description=f"The source `{source.key}`")
        provider.values.setdefault(source.label.upper(), known)
    query, root = schema.graphql.query_type, schema.graphql.mutation_type
    assert query is not None  # noqa: S101 - made above
    assert root is not None  # noqa: S101 - made above
    operations.bind_query(query, schema.graphql.type_map)
    mutations.bind(schema.projection.catalog, root)
    audit(root)
    watching = schema.graphql.subscription_type
    assert watching is not None  # noqa: S101 - made above
    subscriptions.bind(watching)


def read(source: Any, info: GraphQLResolveInfo[Any], **_arguments: Any) -> Any:
    """What the statement wrote for this field."""
    return source[info.path.key]
