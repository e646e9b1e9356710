"""Models → object types, connections, conditions and orders: columns first, then edges."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from inventory.graph import naming, operators, shared_types, types
from inventory.graph.aggregates import add_fields
from inventory.graph.edges import Edge
from inventory.graph.graph_types import GraphTypes, add_run, run_field
from inventory.graph.projection import Leaf, Projection, Shape, Union
from inventory.graph.types import Argument, field

ORDERED = {
    *("String", "Int", "BigInt", "Float", "Decimal", "DateTime", "UUID", "Inet", "Boolean"),
    *operators.ENUMS,
}


@dataclass(frozen=True)
class Kit:
    """The GraphQL types of one shape."""

    object: Any
    connection: Any
    where: Any
    order: Any
    many_where: Any


def kits(projection: Projection, graph: GraphTypes) -> dict[Shape, Kit]:
    """All types of a catalog. Two passes, because types refer to each other."""
    made = {shape: _kit(shape, graph) for shape in projection.shapes.values()}
    run = projection.by_table.get("common_run")
    run_type = made[run].object if run is not None else None
    if run_type is not None:
        add_run(graph, run_type)
    connections = {shape: [kit.connection] for shape, kit in made.items()}
    for shape, kit in made.items():
        for edge in shape.edges.values():
            there = projection.shapes[edge.there]
            connection = _add_edge(shape, kit, edge, made[there], run_type)
            connections[there] += [connection] if connection is not None else []
    for shape, found in connections.items():
        add_fields(shape, *found)
    return made


def union_kit(shape: Union, graph: GraphTypes) -> Kit:
    """The types of a list of any kind of resource."""
    kit = _listed(shape, graph, graph.resource)
    add_fields(shape, kit.connection)
    return kit


def _kit(shape: Shape, graph: GraphTypes) -> Kit:
    doc = inspect.getdoc(shape.model) or ""
    own = types.object_type(shape.name, doc, _fields(shape, graph))
    types.implement(own, *((graph.resource, graph.node) if shape.is_resource else (graph.node,)))
    return _listed(shape, graph, own)


def _listed(shape: Shape, graph: GraphTypes, own: Any) -> Kit:
    filters = shared_types.FILTERS | graph.filters
    where = types.input_type(
        f"{shape.name}Where",
        f"Condition on {naming.plural(shape.name)}: all given entries hold; `{{}}` is true.",
        [
            field("id", types.optional(shared_types.IDFilter), "by global id"),
            *(
                field(leaf.name, types.optional(filters[leaf.kind.name]), leaf.doc)
                for leaf in shape.leaves.values()
            ),
        ],
    )
    types.add(
        where,
        field("and", types.optional(types.list_of(where)), "all of these"),
        field("or", types.optional(types.list_of(where)), "at least one of these"),
        field("not", types.optional(where), "not this; a NULL comparison counts as false"),
    )
    order = types.input_type(
        f"{shape.name}OrderBy",
        f"One sort key of {naming.plural(shape.name)}; give a list for several.",
        [
            field("id", types.optional(shared_types.OrderDirection), "by id"),
            *(
                field(leaf.name, types.optional(shared_types.OrderDirection), f"by `{leaf.name}`")
                for leaf in shape.leaves.values()
                if leaf.kind.name in ORDERED
            ),
        ],
        one_of=True,
    )
    many_where = types.input_type(
        f"{shape.name}ListWhere",
        f"Condition on the {naming.plural(shape.name)} at the other end; `none: {{}}` means: has none.",
        [
            field("link", types.optional(shared_types.LinkWhere), "which edges count at all"),
            field("some", types.optional(where), "one of them is so"),
            field("every", types.optional(where), "all of them are so"),
            field("none", types.optional(where), "none of them is so"),
            field("count", types.optional(shared_types.FILTERS["Int"]), "how many there are"),
        ],
    )
    edge = types.object_type(
        f"{shape.name}Edge",
        f"{shape.name} in a list.",
        [field("cursor", str, "Its place in the list."), field("node", own, "The row.")],
    )
    connection = _connection(
        f"{shape.name}Connection", f"A page of {naming.plural(shape.name)}.", edge, own
    )
    return Kit(own, connection, where, order, many_where)


def _fields(shape: Shape, graph: GraphTypes) -> list[Any]:
    specials = shared_types.RESOURCE_FIELDS if shape.is_resource else [shared_types.ID_FIELD]
    pointed = [
        field(name, types.optional(graph.resource), "The resource; null once it is gone.")
        for name in shape.model.points
    ]
    columns = [field(leaf.name, _nullable(leaf), leaf.doc) for leaf in shape.leaves.values()]
    return [*(field(*each) for each in specials), *columns, *pointed, graph.edges_field]


def _nullable(leaf: Leaf) -> Any:
    return types.optional(leaf.kind.python) if leaf.null_in_graphql else leaf.kind.python


def _connection(name: str, doc: str, edge: Any, node: Any) -> Any:
    return types.object_type(
        name,
        doc,
        [
            field("edges", types.list_of(edge), "The rows with their cursors."),
            field("nodes", types.list_of(node), "The rows alone."),
            field("pageInfo", shared_types.PageInfo, "Where the page lies."),
            field(
                "totalCount",
                int,
                "All rows that the condition selects, whatever the page; counted only when asked for.",
            ),
        ],
    )


def _add_edge(shape: Shape, kit: Kit, edge: Edge, far: Kit, run: Any) -> Any:
    """Add an edge to a type; returns its connection if it leads to many."""
    prefix = naming.edge_prefix(shape.model, edge.name)
    own = [field(*each) for each in shared_types.LINK_FIELDS]
    own += [run_field(run)] if run is not None else []
    doc = edge.doc
    if edge.link is None:
        own = []
    if edge.one and edge.link is None:
        types.add(kit.object, field(edge.name, types.optional(far.object), doc))
        types.add(kit.where, field(edge.name, types.optional(far.where), f"by its `{edge.name}`"))
        return None
    if edge.one:
        edge_type = types.object_type(
            f"{prefix}Edge", doc, [field("node", far.object, "The other end."), *own]
        )
        types.add(
            kit.object,
            field(edge.name, types.optional(far.object), doc),
            field(
                f"{edge.name}Edge",
                types.optional(edge_type),
                f"The edge to `{edge.name}`: why, and since when.",
            ),
        )
        types.add(kit.where, field(edge.name, types.optional(far.where), f"by its `{edge.name}`"))
        types.add(
            kit.order,
            field(edge.name, types.optional(far.order), f"by a column of its `{edge.name}`"),
        )
        return None
    edge_type = types.object_type(
        f"{prefix}Edge",
        doc,
        [
            field("cursor", str, "Its place in the list."),
            field("node", far.object, "The other end."),
            *own,
        ],
    )
    connection = _connection(f"{prefix}Connection", doc, edge_type, far.object)
    types.add(
        kit.object,
        field(edge.name, connection, doc, page_arguments(far, link=edge.link is not None)),
    )
    types.add(kit.where, field(edge.name, types.optional(far.many_where), f"by its `{edge.name}`"))
    types.add(
        kit.order,
        field(
            f"{edge.name}Count",
            types.optional(shared_types.OrderDirection),
            f"by how many `{edge.name}` it has",
        ),
    )
    return connection


def page_arguments(kit: Kit, *, link: bool = False) -> list[Argument]:
    """The arguments of a connection of that kind."""
    found = [
        Argument(
            "first", int, "This many rows from the front; 50 when neither first nor last is given."
        ),
        Argument("after", str, "Only rows behind this cursor."),
        Argument("last", int, "This many rows from the back."),
        Argument("before", str, "Only rows in front of this cursor."),
        Argument("where", kit.where, "Only rows for which this holds."),
        Argument("orderBy", types.list_of(kit.order), "Sort keys; the id is always the last."),
    ]
    if link:
        found.append(Argument("link", shared_types.LinkWhere, "Only edges for which this holds."))
    return found
