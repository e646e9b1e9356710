"""What the slow reference knows of a catalog: where each field is read, and how a value is written."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from inventory.graph.edges import ANSWERED
from inventory.graph.naming import pascal
from inventory.graph.projection import Projection, Shape


@dataclass(frozen=True)
class Edge:
    """A direction of a link, or of a reference, which has no rule."""

    table: str
    here: str
    there: str
    type: str
    prefix: str
    link: str | None = None
    evidence: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)
    """By rule: what it compared of this end, and of the other."""


@dataclass(frozen=True)
class Type:
    """A type: the SQL and the kind of each of its fields, and its edges."""

    name: str
    table: str
    columns: dict[str, tuple[str, str]]
    one: dict[str, Edge]
    many: dict[str, Edge]
    display: tuple[str, ...]
    provider: str
    points: dict[str, tuple[str, str]]
    resource: bool


@dataclass(frozen=True)
class World:
    types: dict[str, Type]
    many: dict[str, tuple[str, str]]
    """Root connections: their type, and which of its rows they hold, as SQL over `r`."""
    one: dict[str, str]

    def by_table(self, table: str) -> Type:
        (found,) = [kind for kind in self.types.values() if kind.table == table]
        return found


def world(projection: Projection) -> World:
    types = {shape.name: _type(shape) for shape in projection.shapes.values()}
    return World(
        types,
        {
            name: (shape.name, ANSWERED if name == "leaks" else "true")
            for name, shape in projection.many.items()
            # `resources` is of every kind at once, and has a reference of its own.
            if shape.name in types
        },
        {name: shape.name for name, shape in projection.one.items()},
    )


def _type(shape: Shape) -> Type:
    one: dict[str, Edge] = {}
    many: dict[str, Edge] = {}
    for name, edge in shape.edges.items():
        evidence = {}
        if edge.link is not None:
            for rule_name, rule in edge.link.rules.items():
                a, b = edge.link.evidence(rule)
                forth = edge.here_column == edge.link.columns[0]
                evidence[rule_name] = (a, b) if forth else (b, a)
        ready = Edge(
            edge.table,
            edge.here_column,
            edge.there_column,
            edge.there.source.label + edge.there.__name__,
            shape.name + pascal(name),
            edge.link.name if edge.link else None,
            evidence,
        )
        (one if edge.one else many)[name] = ready
    return Type(
        shape.name,
        shape.table,
        {leaf.name: (leaf.on("r"), leaf.kind.name) for leaf in shape.leaves.values()},
        one,
        many,
        shape.model.display_columns(),
        shape.provider,
        dict(shape.model.points),
        shape.is_resource,
    )


def number(value: float) -> float | None:
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def moment(value: Any) -> str:
    """As PostgreSQL writes it: no more digits than there are."""
    seconds, zone = value.isoformat()[:-6], value.isoformat()[-6:]
    return str((seconds.rstrip("0") if "." in seconds else seconds) + zone)


WRITTEN: dict[str, Callable[[Any], Any]] = {
    "BigInt": str,
    "Decimal": str,
    "UUID": str,
    "Inet": str,
    "Float": number,
    "DateTime": moment,
}


def written(kind: str, value: Any) -> Any:
    """A value as it stands in an answer."""
    return value if value is None else WRITTEN.get(kind, lambda same: same)(value)
