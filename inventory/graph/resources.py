"""Resources of every kind as one list: the same conditions, orders, groups and pages as one kind has."""

from __future__ import annotations

from collections.abc import Container, Iterable

from inventory.core.model import Resource
from inventory.graph import scalars
from inventory.graph.fragments import literal
from inventory.graph.graph_types import GraphTypes
from inventory.graph.projection import ROW, Leaf, Projection, Shape, Union
from inventory.graph.scalars import QUOTED, Kind

COLUMNS = "id, kind, provider, display, created_at, updated_at, scope_id"


def resources(projection: Projection, graph: GraphTypes) -> Union:
    """The union of all resources. Columns that nobody asks for cost nothing."""
    shapes = tuple(shape for shape in projection.shapes.values() if shape.is_resource)
    leaves = [
        _leaf("kind", Kind("GraphKind", graph.kind, "text", QUOTED), "kind", "its kind"),
        _leaf(
            "provider", Kind("Provider", graph.provider, "text", QUOTED), "provider", "its cloud"
        ),
        _leaf("displayName", scalars.STRING, "display", "what people call it"),
        _leaf("firstSeenAt", scalars.DATETIME, "created_at", "when it was seen first"),
        Leaf(
            "lastSeenAt",
            scalars.DATETIME,
            f"GREATEST({ROW}.last_complete_at, {ROW}.updated_at)",
            False,
            False,
            "when its scope was last listed completely",
        ),
        _leaf("account", scalars.STRING, "account", "the account, project or landscape", True),
        _leaf("region", scalars.STRING, "region", "the region of its scope", True),
        _leaf("scope", scalars.STRING, "scope", "the scope that lists it", True),
    ]
    by_name = {leaf.name: leaf for leaf in leaves}
    return Union(Resource, "Resource", by_name, sql=_sql(shapes), shapes=shapes)


def narrowed(union: Union, kinds: Container[str]) -> Union:
    """The union of those kinds alone, so that the other tables are not looked at."""
    shapes = tuple(shape for shape in union.shapes if shape.table.upper() in kinds)
    return Union(union.model, union.name, union.leaves, sql=_sql(shapes), shapes=shapes)


def _sql(shapes: Iterable[Shape]) -> str:
    rows = " UNION ALL ".join(_rows(shape) for shape in shapes) or (
        "SELECT NULL::uuid, ''::text, ''::text, ''::text, now(), now(), NULL::uuid WHERE false"
    )
    return (
        f"(SELECT u.*, s.account, s.region, s.scope, s.last_complete_at FROM ({rows}) u({COLUMNS})"
        " LEFT JOIN common_scope s ON s.id = u.scope_id)"
    )


def _rows(shape: Shape) -> str:
    return (
        f"SELECT c.id, {literal(shape.table.upper())}::text, {literal(shape.provider)}::text,"
        f" {shape.display.replace(ROW, 'c')}, c.created_at, c.updated_at, c.scope_id"
        f" FROM {shape.table} c"
    )


def _leaf(name: str, kind: Kind, column: str, doc: str, nullable: bool = False) -> Leaf:
    return Leaf(name, kind, f"{ROW}.{column}", nullable, nullable, doc, column)
