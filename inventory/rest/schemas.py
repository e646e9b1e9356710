"""Rows and conditions as JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
)

from inventory.rest.inputs import Inputs
from inventory.rest.tables import Table

Schema = dict[str, Any]

INT64 = "^-?[0-9]{1,19}$"
ROW: dict[str, Schema] = {
    "ID": {"type": "string"},
    "String": {"type": "string"},
    "Boolean": {"type": "boolean"},
    "Int": {"type": "integer", "format": "int32"},
    "BigInt": {"type": "string", "pattern": INT64},
    "Float": {"type": "number"},
    "Decimal": {"type": "string"},
    "DateTime": {"type": "string", "format": "date-time"},
    "UUID": {"type": "string", "format": "uuid"},
    "Inet": {"type": "string"},
    "JSON": {},
    "StringList": {"type": "array", "items": {"type": "string"}},
}
"""A value of each kind as it is written."""
TAKEN: dict[str, Schema] = ROW | {
    "Int": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "BigInt": {
        "anyOf": [
            {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
            {"type": "string", "pattern": INT64},
        ]
    },
    "Decimal": {
        "anyOf": [
            {"type": "number"},
            {"type": "string", "pattern": "^-?[0-9]{1,40}(\\.[0-9]{1,18})?$"},
        ]
    },
}
"""A value of each scalar as it is read."""


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def row_schema(table: Table) -> Schema:
    """A row. No field is required, since `fields=` leaves some out; without it all are there."""
    properties: Schema = {}
    for name, field in table.fields.items():
        kind = dict(ROW[field.kind.name])
        # PostgreSQL's NaN and infinities have no number in JSON.
        if "type" in kind and (field.nullable or field.kind.name == "Float"):
            kind["type"] = [kind["type"], "null"]
        properties[name] = kind | {"description": field.doc}
    return {
        "type": "object",
        "description": table.doc,
        "properties": properties,
        "additionalProperties": False,
    }


def schemas_of(inputs: Inputs, tables: Iterable[Table]) -> dict[str, Schema]:
    """The schemas of all conditions on tables, with all that they refer to."""
    found: dict[str, Schema] = {}
    waiting: list[Any] = [inputs.where(table) for table in tables]
    while waiting:
        kind = waiting.pop()
        if kind.name in found:
            continue
        found[kind.name], inner = _input(kind)
        waiting += inner
    return dict(sorted(found.items()))


def _input(kind: GraphQLInputObjectType) -> tuple[Schema, list[Any]]:
    inner: list[Any] = []
    properties = {}
    for name, field in kind.fields.items():
        made = _of(field.type, inner)
        properties[name] = made if "$ref" in made else made | {"description": field.description}
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    if kind.description:
        schema["description"] = kind.description
    return schema, inner


def _of(kind: Any, inner: list[Any]) -> Schema:
    match kind:
        case GraphQLNonNull():
            return _of(kind.of_type, inner)
        case GraphQLList():
            return {"type": "array", "items": _of(kind.of_type, inner)}
        case GraphQLEnumType():
            return {"type": "string", "enum": [*kind.values]}
        case GraphQLScalarType():
            return TAKEN[kind.name]
    inner.append(kind)
    return ref(kind.name)
