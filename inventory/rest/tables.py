"""The tables that are offered, and their fields: those of the GraphQL type, under the same names."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from inventory.core.link import Link
from inventory.errors import QueryError
from inventory.graph import naming, plan, scalars
from inventory.graph.projection import ROW, Leaf, Projection, Shape, quoted
from inventory.graph.scalars import Kind

NOT_FOUND = "NOT_FOUND"
ID = Kind("ID", str, "uuid", "")
RAW = {"String", "UUID", "BigInt", "Decimal", "Int", "Inet", "JSON"}
"""Kinds whose values COPY writes as they should be."""


@dataclass(frozen=True, eq=False)
class Field:
    """A field of a row. `csv` is the SQL that writes a value as text, with `{}` for the value."""

    name: str
    part: plan.Special | plan.Column
    kind: Kind
    nullable: bool
    doc: str
    csv: str = "{}"
    of_table: str | None = None
    """Whose global ids these are."""


@dataclass(frozen=True, eq=False)
class LinkShape(Shape):
    """A link as a type: its rows have no id, and are told apart by their two ends."""

    link: Link | None = None

    @property
    def table(self) -> str:
        assert self.link is not None  # noqa: S101 - made with one
        # The second end stands for the id that pages end with; PostgreSQL sees through this.
        name, last = quoted(self.link.name), quoted(self.link.columns[1])
        return f"(SELECT l.*, l.{last} AS id FROM {name} l)"

    @property
    def is_resource(self) -> bool:
        return False


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it is offered."""

    name: str
    shape: Shape
    fields: dict[str, Field]
    doc: str
    type_name: str
    """The GraphQL type of its rows; of a link, a name of the same kind."""
    link: Link | None = None

    @property
    def source(self) -> str:
        """The key of the source that it belongs to; a nexus belongs to none."""
        if self.link is None:
            return self.shape.model.source.key
        a, b = self.link.a.source.key, self.link.b.source.key
        return a if a == b else "nexus"

    @property
    def kind(self) -> str:
        """`model`, `link` inside a source, or `nexus` across sources."""
        return "model" if self.link is None else "nexus" if self.source == "nexus" else "link"

    @property
    def first_sentence(self) -> str:
        return self.doc.split("\n\n")[0].replace("\n", " ")

    def selection(self, names: Iterable[str]) -> plan.ObjectSelection:
        """These fields of each row."""
        return plan.ObjectSelection(
            self.shape, tuple((name, self.fields[name].part) for name in names)
        )


class Tables:
    """Every table by its name in the database."""

    def __init__(self, projection: Projection) -> None:
        self.projection = projection
        self.by_name: dict[str, Table] = {}
        for shape in projection.shapes.values():
            self.by_name[shape.table] = Table(
                shape.table, shape, _fields(shape), inspect.getdoc(shape.model) or "", shape.name
            )
        for link in projection.catalog.links.values():
            self.by_name[link.name] = _of_link(link)

    @cached_property
    def _other_names(self) -> dict[str, str]:
        """What people may take for the name of a table."""
        found = {}
        for name, table in self.by_name.items():
            found[table.type_name.lower()] = name
            if table.link is None:
                found[naming.root_many(table.shape.model).lower()] = name
                found[table.shape.model.registered_name()] = name
        return found

    def get(self, name: str) -> Table:
        """The table of that name. Raises QueryError NOT_FOUND with those that are like it."""
        if name in self.by_name:
            return self.by_name[name]
        lower = name.lower()
        known = self._other_names.get(lower)
        close = [known] if known else difflib.get_close_matches(lower, self.by_name, 3, 0.6)
        hint = f"did you mean {' or '.join(close)}?" if close else "/api/v1 lists them"
        raise QueryError(
            f"there is no table {shown(name)}; {hint}", code=NOT_FOUND, suggestions=close
        )


def shown(text: str) -> str:
    """What a client sent, short enough for a message."""
    return repr(text if len(text) <= 60 else f"{text[:57]}…")


def _fields(shape: Shape) -> dict[str, Field]:
    table = shape.table
    found = [
        Field(
            "id",
            plan.Special("id"),
            ID,
            False,
            "Opaque and stable; the same as in GraphQL.",
            f"'{table}:'||{{}}",
            table,
        )
    ]
    if shape.is_resource:
        found += [
            Field(
                "displayName",
                plan.Special("displayName"),
                scalars.STRING,
                False,
                "What people call it: its name, or the id that its source gave it.",
            ),
            Field("provider", plan.Special("provider"), scalars.STRING, False, "Its source."),
            Field(
                "firstSeenAt",
                plan.Special("firstSeenAt"),
                scalars.DATETIME,
                False,
                "When a collection saw it first.",
                _csv(scalars.DATETIME),
            ),
            Field(
                "lastSeenAt",
                plan.Special("lastSeenAt"),
                scalars.DATETIME,
                False,
                "When its scope was last read completely with it.",
                _csv(scalars.DATETIME),
            ),
        ]
    found += [_of_leaf(leaf) for leaf in shape.leaves.values()]
    return {field.name: field for field in found}


def _of_leaf(leaf: Leaf) -> Field:
    return Field(leaf.name, plan.Column(leaf), leaf.kind, leaf.nullable, leaf.doc, _csv(leaf.kind))


def _csv(kind: Kind) -> str:
    match kind.name:
        case name if name in RAW:
            return "{}"
        case "Boolean":
            # COPY alone would write t and f.
            return "({})::text"
        case "Float":
            return f"NULLIF({kind.json},'null')"
        case "DateTime":
            # As in JSON, without its quotes: with T and an offset, which COPY alone leaves out.
            return "btrim(to_json({})::text,'\"')"
    return kind.json


def _of_link(link: Link) -> Table:
    leaves: dict[str, Leaf] = {}
    ends: dict[str, str] = {}
    for column, model in zip(link.columns, (link.a, link.b), strict=True):
        table = str(model.__tablename__)
        # Named UUID, for that is what its comparisons are; shown as a global id.
        kind = replace(scalars.ID_UUID, json=f"'\"{table}:'||{{}}||'\"'")
        name = naming.camel(column)
        ends[name] = table
        doc = f"The global id of its row of {table}."
        leaves[name] = _column(name, column, kind, doc)
    leaves["rule"] = _column("rule", "rule", scalars.STRING, "The rule that found the pair.")
    leaves["createdAt"] = _column(
        "createdAt", "created_at", scalars.DATETIME, "When the pair was first found."
    )
    fields = {name: _of_leaf(leaf) for name, leaf in leaves.items()}
    for name, table in ends.items():
        fields[name] = replace(fields[name], kind=ID, csv=f"'{table}:'||{{}}", of_table=table)
    type_name = f"{naming.pascal(link.name.partition('_')[2])}Link"
    shape = LinkShape(link.a, type_name, leaves, {}, link)
    return Table(link.name, shape, fields, link.doc, type_name, link)


def _column(name: str, column: str, kind: Kind, doc: str) -> Leaf:
    return Leaf(name, kind, f"{ROW}.{quoted(column)}", False, False, doc, column)
