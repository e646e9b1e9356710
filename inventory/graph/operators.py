"""The comparison operators of each kind of column, and the filter inputs that offer them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inventory.graph import scalars
from inventory.graph.scalars import Kind


@dataclass(frozen=True)
class Operator:
    """`sql` compares the column `{c}` with the parameter `{p}`, which is cast to `cast`."""

    sql: str
    cast: str
    takes: Any
    doc: str


def many_of(kind: Kind) -> Any:
    return list[kind.python]  # type: ignore[name-defined]


def _ordered(kind: Kind) -> dict[str, Operator]:
    signs = {
        "gt": (">", "greater"),
        "gte": (">=", "greater or equal"),
        "lt": ("<", "less"),
        "lte": ("<=", "less or equal"),
    }
    return {
        name: Operator(f"{{c}} {sign} {{p}}", kind.sql, kind.python, f"{doc}")
        for name, (sign, doc) in signs.items()
    }


def _equality(kind: Kind) -> dict[str, Operator]:
    many = f"{kind.sql}[]"
    return {
        "eq": Operator("{c} = {p}", kind.sql, kind.python, "equal"),
        "ne": Operator(
            "{c} IS DISTINCT FROM {p}",
            kind.sql,
            kind.python,
            "not equal; NULL is not equal to any value",
        ),
        "in": Operator(
            "{c} = ANY({p})", many, many_of(kind), "one of; an empty list holds for nothing"
        ),
        "notIn": Operator(
            "({c} IS NULL OR {c} <> ALL({p}))",
            many,
            many_of(kind),
            "none of; NULL is none of them",
        ),
    }


IS_NULL = {"isNull": Operator("", "boolean", bool, "is NULL (true), or is not (false)")}


def _text() -> dict[str, Operator]:
    def op(sql: str, doc: str) -> Operator:
        return Operator(sql, "text", str, doc)

    return {
        "contains": op("strpos({c}, {p}) > 0", "has this text in it"),
        "startsWith": op("starts_with({c}, {p})", "starts with this text"),
        "endsWith": op("right({c}, length({p})) = {p}", "ends with this text"),
        "iEq": op("lower({c}) = lower({p})", "equal, any case"),
        "iContains": op("strpos(lower({c}), lower({p})) > 0", "has this text in it, any case"),
        "iStartsWith": op("starts_with(lower({c}), lower({p}))", "starts with this text, any case"),
        "iEndsWith": op(
            "right(lower({c}), length(lower({p}))) = lower({p})", "ends with this text, any case"
        ),
    }


def _inet() -> dict[str, Operator]:
    def op(sign: str, doc: str) -> Operator:
        return Operator(f"{{c}} {sign} {{p}}", "inet", scalars.Inet, doc)

    return {
        "contains": op(">>=", "contains this address or network, or equals it"),
        "within": op("<<=", "lies in this network, or equals it"),
        "overlaps": op("&&", "shares addresses with it"),
    }


def _json() -> dict[str, Operator]:
    return {
        "contains": Operator(
            "{c} @> {p}", "jsonb", scalars.Json, "contains this, as PostgreSQL's @> says"
        ),
        "hasKey": Operator("{c} ? {p}", "text", str, "has this key at the top"),
        "hasAnyKey": Operator(
            "{c} ?| {p}", "text[]", list[str], "has one of these keys at the top"
        ),
        "hasAllKeys": Operator(
            "{c} ?& {p}", "text[]", list[str], "has all of these keys at the top"
        ),
    }


def _list() -> dict[str, Operator]:
    return {
        "has": Operator("{p} = ANY({c})", "text", str, "holds this item"),
        "hasAny": Operator("{c} && {p}", "text[]", list[str], "holds one of these items"),
        "hasAll": Operator("{c} @> {p}", "text[]", list[str], "holds all of these items"),
    }


BY_KIND: dict[str, dict[str, Operator]] = {
    "String": _equality(scalars.STRING) | _text() | _ordered(scalars.STRING) | IS_NULL,
    "Int": _equality(scalars.INT) | _ordered(scalars.INT) | IS_NULL,
    "BigInt": _equality(scalars.BIGINT) | _ordered(scalars.BIGINT) | IS_NULL,
    "Float": _equality(scalars.FLOAT) | _ordered(scalars.FLOAT) | IS_NULL,
    "Decimal": _equality(scalars.DECIMAL) | _ordered(scalars.DECIMAL) | IS_NULL,
    "DateTime": _equality(scalars.DATETIME) | _ordered(scalars.DATETIME) | IS_NULL,
    "UUID": _equality(scalars.ID_UUID) | IS_NULL,
    "Inet": _equality(scalars.INET) | _inet() | IS_NULL,
    "Boolean": {name: op for name, op in _equality(scalars.BOOLEAN).items() if name in ("eq", "ne")}
    | IS_NULL,
    "JSON": _json() | IS_NULL,
    "StringList": _list() | IS_NULL,
}

ENUMS = ("GraphKind", "Provider")
"""Kinds whose values are members of an enum, which depends on the catalog."""
BY_KIND |= {name: _equality(scalars.STRING) for name in ENUMS}

DOC = {
    "String": "Compares text. Patterns are literal text; the `i` operators ignore case.",
    "Int": "Compares integers.",
    "BigInt": "Compares 64-bit integers.",
    "Float": "Compares numbers.",
    "Decimal": "Compares exact numbers.",
    "DateTime": "Compares points in time.",
    "UUID": "Compares UUIDs.",
    "Inet": "Compares addresses and networks.",
    "Boolean": "Compares truth values.",
    "JSON": "Looks into JSON.",
    "StringList": "Looks into a list of text.",
}
