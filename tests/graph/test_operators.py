"""Every operator of every kind of column, at a boundary, says what plain Python says; NULL included."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_interface, ip_network
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from inventory.graph.operators import BY_KIND, ENUMS
from tests.graph.conftest import Ask

Holds = Callable[[Any], bool]
NULL_SAFE = ("ne", "notIn", "isNull")
EPOCH = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
CHIP = "00000000-0000-0000-0000-000000000001"
BIG = 2**63 - 1
HUGE = Decimal(2**64 - 1)


def ordered(value: Any, shown: Any) -> dict[str, tuple[Any, Holds]]:
    """All operators of what is ordered, at one value."""
    return {
        "eq": (shown, lambda v: v == value),
        "ne": (shown, lambda v: v != value),
        "in": ([shown], lambda v: v == value),
        "notIn": ([shown], lambda v: v != value),
        "gt": (shown, lambda v: v > value or is_nan(v)),
        "gte": (shown, lambda v: v >= value or is_nan(v)),
        "lt": (shown, lambda v: v < value),
        "lte": (shown, lambda v: v <= value),
    }


def is_nan(value: Any) -> bool:
    """PostgreSQL's NaN is larger than everything."""
    return isinstance(value, float) and math.isnan(value)


def network(value: Any) -> Any:
    return ip_network(str(value), strict=False)


def within(inner: Any, outer: Any) -> bool:
    inner, outer = network(inner), network(outer)
    return bool(inner.version == outer.version and inner.subnet_of(outer))


WHOLE: dict[str, tuple[Any, Holds]] = {
    "eq": ("10.0.0.1/8", lambda v: ip_interface(str(v)) == ip_interface("10.0.0.1/8")),
    "ne": ("10.0.0.1/8", lambda v: v is None or str(v) != "10.0.0.1/8"),
    "in": (["10.0.0.1", "fd00::1/64"], lambda v: str(v) in ("10.0.0.1", "fd00::1/64")),
    "notIn": (["10.0.0.1"], lambda v: str(v) != "10.0.0.1"),
    "contains": ("10.0.0.1", lambda v: within("10.0.0.1/32", v)),
    "within": ("10.0.0.0/8", lambda v: within(v, "10.0.0.0/8")),
    "overlaps": ("10.0.0.0/9", lambda v: within(v, "10.0.0.0/9") or within("10.0.0.0/9", v)),
}
CASES: dict[tuple[str, str], dict[str, tuple[Any, Holds]]] = {
    ("String", "nickname"): {
        **ordered("Ada", "Ada"),
        "contains": ("%_", lambda v: "%_" in v),
        "startsWith": ("", lambda v: True),
        "endsWith": ("_", lambda v: v.endswith("_")),
        "iEq": ("ADA", lambda v: v.lower() == "ada"),
        "iContains": ("DROP", lambda v: "drop" in v.lower()),
        "iStartsWith": ("A", lambda v: v.lower().startswith("a")),
        "iEndsWith": ("DA", lambda v: v.lower().endswith("da")),
    },
    ("Int", "legs"): ordered(-1, -1),
    ("BigInt", "steps"): ordered(BIG, str(BIG)),
    ("Float", "weight"): ordered(1e20, 1e20),
    ("Decimal", "cells"): ordered(HUGE, str(HUGE)),
    ("DateTime", "bornAt"): ordered(
        EPOCH + timedelta(microseconds=1), "2026-11-24T13:30:00.000001+01:00"
    ),
    ("UUID", "chip"): {
        name: case
        for name, case in ordered(UUID(CHIP), CHIP).items()
        if name in ("eq", "ne", "in", "notIn")
    },
    ("Inet", "address"): WHOLE,
    ("Boolean", "tame"): {
        "eq": (False, lambda v: v is False),
        "ne": (False, lambda v: v is not False),
    },
    ("JSON", "marks"): {
        "contains": ({}, lambda v: True),
        "hasKey": ("odd'key\"", lambda v: "odd'key\"" in v),
        "hasAnyKey": ([], lambda v: False),
        "hasAllKeys": (["team", "odd'key\""], lambda v: {"team", "odd'key\""} <= set(v)),
    },
    ("StringList", "badges"): {
        "has": ("k0", lambda v: "k0" in v),
        "hasAny": ([], lambda v: False),
        "hasAll": ([], lambda v: True),
    },
}
COLUMN = {"bornAt": "born_at"}
FLAT = [
    (kind, field, name) for (kind, field), by_name in CASES.items() for name in [*by_name, "isNull"]
]


def test_every_operator_has_a_case() -> None:
    assert {kind: {*BY_KIND[kind]} for kind in BY_KIND if kind not in ENUMS} == {
        kind: {*by_name, "isNull"} for (kind, _), by_name in CASES.items()
    }


@pytest.mark.parametrize(("kind", "field", "name"), FLAT)
async def test_an_operator_holds_for_what_plain_python_says(
    ask: Ask, zoo_db: psycopg.Connection[Any], kind: str, field: str, name: str
) -> None:
    column = COLUMN.get(field, field)
    cursor = zoo_db.cursor(row_factory=dict_row)
    rows = cursor.execute(f"SELECT id, {column} AS value FROM zoo_animal".encode()).fetchall()
    given, holds = CASES[kind, field].get(name, (True, lambda v: v is None))

    for operand, negated in (
        ((given, False), (not given, True)) if name == "isNull" else ((given, False),)
    ):
        expected = {
            f"zoo_animal:{row['id']}"
            for row in rows
            if ((row["value"] is not None or name in NULL_SAFE) and holds(row["value"])) != negated
        }
        data = await ask(
            "query($w: ZooAnimalWhere) { zooAnimals(first: 100, where: $w) { nodes { id } } }",
            w={field: {name: operand}},
        )
        assert {node["id"] for node in data["zooAnimals"]["nodes"]} == expected
