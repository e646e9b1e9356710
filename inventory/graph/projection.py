"""What the schema's types and fields stand for: the map that selections are read with."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from inventory.catalog import Catalog
from inventory.core.computed import Computed
from inventory.core.model import Model, Resource
from inventory.errors import CatalogError
from inventory.graph import naming, scalars
from inventory.graph.column_names import ColumnNames
from inventory.graph.edges import ANSWERED, LEAKS, Edge, edges, to_one_names
from inventory.graph.relations import Graph

ROW = "__row__"
"""Stands for the alias of the row in the SQL of a computed field."""

EDGES = "edges"
"""The field of every object that holds its edges of all kinds."""

SUFFIXES = (
    *("", "Connection", "Edge", "Aggregate", "CountDistinct", "Extremes", "Sums", "Averages"),
    *("Group", "GroupKey"),
)
"""What the names of a shape's object types end with."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """A field that is an SQL expression over its row: a column, or a computed one."""

    name: str
    kind: scalars.Kind
    sql: str
    nullable: bool
    null_in_graphql: bool
    doc: str
    column: str | None = None

    def on(self, alias: str) -> str:
        """The expression over the row of that alias."""
        return self.sql.replace(ROW, alias)


@dataclass(frozen=True, eq=False)
class Shape:
    """A model as a GraphQL type."""

    model: type[Model]
    name: str
    leaves: dict[str, Leaf]
    edges: dict[str, Edge] = field(default_factory=dict)

    @property
    def table(self) -> str:
        return str(self.model.__tablename__)

    @property
    def is_resource(self) -> bool:
        return issubclass(self.model, Resource)

    @property
    def provider(self) -> str:
        return self.model.source.label.upper()

    @cached_property
    def display(self) -> str:
        """SQL of the name that people know the row by; never NULL."""
        parts = [f"NULLIF({ROW}.{quoted(name)}::text, '')" for name in self.model.display_columns()]
        return f"COALESCE({', '.join([*parts, ROW + '.id::text'])})"


@dataclass(frozen=True, eq=False)
class Union(Shape):
    """Rows of any kind as one table, `sql`, whose columns tell the kind and the id of each."""

    HERE: ClassVar[str] = "__here__"
    """Stands in the SQL for the id of the object whose rows they are."""
    sql: str = ""
    shapes: tuple[Shape, ...] = ()

    @property
    def table(self) -> str:
        return self.sql


GLOBAL_ID = Leaf("gid", scalars.STRING, f"(lower({ROW}.kind)||':'||{ROW}.id)", False, False, "")
"""The global id of a row of a union."""


class Projection:
    """All shapes of a catalog, by model and by type name."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.graph = Graph(catalog)
        found = edges(catalog)
        names = ColumnNames(catalog, to_one_names(found))
        self.shapes: dict[type[Model], Shape] = {}
        for model in catalog:
            leaves = {leaf.name: leaf for leaf in _leaves(model, names)}
            for each in catalog.computed.values():
                if each.model is model:
                    leaf = _computed(each)
                    leaves[leaf.name] = leaf
            clash = leaves.keys() & (found[model].keys() | model.points.keys())
            if clash:
                raise CatalogError(f"{model.__name__}: {clash} is a column and an edge")
            if EDGES in leaves.keys() | found[model].keys():
                raise CatalogError(f"{model.__name__}: every object has a field `{EDGES}` already")
            self.shapes[model] = Shape(model, naming.object_type(model), leaves, found[model])
        self.by_type = {shape.name: shape for shape in self.shapes.values()}
        self.by_table = {shape.table: shape for shape in self.shapes.values()}
        self.many = {naming.root_many(model): shape for model, shape in self.shapes.items()}
        self.one = {naming.root_one(model): shape for model, shape in self.shapes.items()}
        self.bases: dict[str, str] = {}
        """Roots that show a part of a model's rows, and which."""
        self.pointed = [
            self.shapes[model] for model in {r.model: 0 for r in catalog.leaks.values()}
        ]
        """What a finding may be about."""
        if self.pointed:
            self.many[LEAKS] = self.by_table["common_leak"]
            self.bases[LEAKS] = ANSWERED
        if len(self.by_type) != len(self.shapes) or self.many.keys() & self.one.keys():
            raise CatalogError("two models have the same GraphQL name")

    def add_union(self, root: str, union: Union) -> None:
        """Add a root that lists rows of several kinds."""
        if root in self.many or root in self.one or union.name in self.by_type:
            raise CatalogError(f"a model has the GraphQL name {root}, which lists all resources")
        self.many[root] = union

    def type_names(self) -> set[str]:
        """Every object type that the statement answers, roots apart."""
        found = {"PageInfo", "MatchedValue"}
        for shape in self.shapes.values():
            found |= {shape.name + suffix for suffix in SUFFIXES}
            for edge in shape.edges.values():
                prefix = naming.edge_prefix(shape.model, edge.name)
                found |= (
                    ({f"{prefix}Edge"} if edge.link else set())
                    if edge.one
                    else {f"{prefix}Edge", f"{prefix}Connection"}
                )
        return found


def quoted(name: str) -> str:
    """A PostgreSQL identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def _leaves(model: type[Model], names: ColumnNames) -> list[Leaf]:
    found = []
    for column in model.__table__.columns:
        if column.name in ("id", "scope_id", *model.hidden):
            continue
        name = names.of(column)
        found.append(
            Leaf(
                name=name,
                kind=scalars.kind_of(column),
                sql=f"{ROW}.{quoted(column.name)}",
                nullable=bool(column.nullable),
                null_in_graphql=name in names.nullable,
                doc=column.comment or "",
                column=column.name,
            )
        )
    return found


def _computed(declared: Computed) -> Leaf:
    alias = declared.model.__table__.alias(ROW)
    expression = declared.expression(alias)
    text = str(
        expression.compile(
            dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
            compile_kwargs={"literal_binds": True},
        )
    ).replace("%%", "%")
    column: sa.Column[object] = sa.Column(declared.name, expression.type)
    return Leaf(
        name=naming.camel(declared.name),
        kind=scalars.kind_of(column),
        sql=f"({text})",
        nullable=True,
        null_in_graphql=True,
        doc=declared.doc,
    )
