"""What documents on the collected landscape are made of: operands are values that its rows hold."""

from __future__ import annotations

import re
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLSchema

from tests.graph.reference import Reference, Row
from tests.graph.reference_types import Type, written
from tests.graph.reference_where import OPERATORS
from tests.graph.strategies import Ground, Operands

NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
MANY = ("in", "notIn", "hasAny", "hasAll", "hasAnyKey")
NETS = ["10.0.0.0/8", "0.0.0.0/0", "::/0"]
MISSING: dict[str, list[Any]] = {
    "String": ["", "%", "Zoë"],
    "Int": [0, -1],
    "BigInt": ["0", str(2**63 - 1)],
    "Float": [0.5],
    "Decimal": ["0.1"],
    "Boolean": [True, False],
    "DateTime": ["2020-01-01T00:00:00Z"],
    "UUID": ["00000000-0000-0000-0000-000000000000"],
    "Inet": NETS,
    "JSON": [{}, {"Name": "x"}, [], "x", 1],
    "StringList": ["x"],
}
"""What no row need have."""


def ground(reference: Reference, schema: GraphQLSchema) -> Ground:
    known = reference.world
    links = {e.link for k in known.types.values() for e in [*k.one.values(), *k.many.values()]}
    rules = {
        rule
        for kind in known.types.values()
        for edge in [*kind.one.values(), *kind.many.values()]
        for rule in edge.evidence
    }
    assert len(links) > 50
    return Ground(
        known,
        schema,
        operands(reference, schema),
        tuple(sorted(rules)),
        {
            name: [f"{known.types[name].table}:{row['id']}" for row in rows[:5]]
            for name, rows in reference.rows.items()
            if rows
        },
    )


def operands(reference: Reference, schema: GraphQLSchema) -> Operands:
    """By type and field: for each operator that the schema offers and the reference knows, operands."""
    found: Operands = {}
    for kind in reference.world.types.values():
        for name, (_, of) in kind.columns.items():
            offered = schema.type_map[f"{of}Filter"]
            assert isinstance(offered, GraphQLInputObjectType)
            values = [*samples(kind, name, reference.rows[kind.name]), *MISSING[of]]
            found[kind.name, name] = {
                operator: _of(of, operator, values)
                for operator in offered.fields
                if operator in OPERATORS[of]
            }
    return found


def samples(kind: Type, name: str, rows: list[Row]) -> list[Any]:
    """The least, the middle and the greatest value of a column, and one more in its own words."""
    of = kind.columns[name][1]
    held = [row for row in rows if row[name] is not None]
    if not held:
        return []
    if of == "JSON":
        return [_spelled(row[name]) for row in (held[0], held[-1])]
    if of == "StringList":
        return [held[0][name], held[-1][name]]
    held.sort(key=lambda row: row.rank(name))
    chosen = [written(of, held[place][name]) for place in (0, len(held) // 2, -1)]
    return [value for value in chosen if value is not None]


def _spelled(value: Any) -> Any:
    """What a literal of GraphQL can say: keys that are names."""
    if isinstance(value, dict):
        return {key: _spelled(item) for key, item in value.items() if NAME.fullmatch(key)}
    return [_spelled(item) for item in value] if isinstance(value, list) else value


def _of(kind: str, operator: str, values: list[Any]) -> list[Any]:
    if kind == "StringList":
        items = [
            each for value in values for each in (value if isinstance(value, list) else [value])
        ]
        return [[], items[:2], items[-1:]] if operator in MANY else items[:4]
    if kind == "JSON" and operator != "contains":
        keys = [key for value in values if isinstance(value, dict) for key in value] or ["Name"]
        return [[], keys[:2]] if operator in MANY else keys[:3]
    if operator in MANY:
        return [[], values[:2], values[-1:]]
    if kind == "String" and operator not in ("eq", "ne", "gt", "gte", "lt", "lte"):
        middle = values[len(values) // 2]
        parts = [middle[:3], middle[-3:], middle[1:4].upper()]
        return [*values[:3], *parts]
    return values
