"""`where` in Python: whether a condition is true of a row. NULL is never true."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.graph.reference_types import Edge, Type

if TYPE_CHECKING:
    from tests.graph.reference import Reference, Row

READ: dict[str, Callable[[Any], Any]] = {
    "BigInt": int,
    "Decimal": Decimal,
    "Float": float,
    "DateTime": datetime.fromisoformat,
    "UUID": UUID,
    "Inet": ipaddress.ip_interface,
}
ORDERED = ("eq", "ne", "in", "notIn", "gt", "gte", "lt", "lte")
OPERATORS: dict[str, tuple[str, ...]] = {
    "String": (
        *ORDERED,
        *("contains", "startsWith", "endsWith"),
        *("iEq", "iContains", "iStartsWith", "iEndsWith"),
    ),
    "Boolean": ("eq", "ne"),
    "UUID": ("eq", "ne", "in", "notIn"),
    "Inet": ("eq", "ne", "in", "notIn", "contains", "within", "overlaps"),
    "JSON": ("contains", "hasKey", "hasAnyKey"),
    "StringList": ("has", "hasAny", "hasAll"),
    **dict.fromkeys(("Int", "BigInt", "Float", "Decimal", "DateTime"), ORDERED),
}
"""What is understood here, by kind; `isNull` of each."""


def holds(reference: Reference, kind: Type, row: Row, where: dict[str, Any]) -> bool:
    return all(_entry(reference, kind, row, name, value) for name, value in where.items())


def _entry(reference: Reference, kind: Type, row: Row, name: str, value: Any) -> bool:
    if name in ("and", "or"):
        parts = value if isinstance(value, list) else [value]
        each = [holds(reference, kind, row, part) for part in parts]
        return all(each) if name == "and" else any(each)
    if name == "not":
        return not holds(reference, kind, row, value)
    if name == "id":
        mine = f"{kind.table}:{row['id']}"
        return all(_same_id(mine, operator, operand) for operator, operand in value.items())
    if name in kind.columns:
        of = kind.columns[name][1]
        return all(compare(of, row[name], op, operand) for op, operand in value.items())
    if name in kind.one:
        edge = kind.one[name]
        far = reference.far(edge, row)
        there = reference.world.types[edge.type]
        return any(holds(reference, there, each, value) for each, _ in far)
    return _many(reference, kind.many[name], row, value)


def of_link(pair: dict[str, Any], link: dict[str, Any]) -> bool:
    """Whether an edge counts."""
    kinds = {"rule": ("rule", "String"), "createdAt": ("created_at", "DateTime")}
    return all(
        compare(kinds[name][1], pair[kinds[name][0]], operator, operand)
        for name, operators in link.items()
        for operator, operand in operators.items()
    )


def _many(reference: Reference, edge: Edge, row: Row, value: dict[str, Any]) -> bool:
    far = [
        each
        for each, pair in reference.far(edge, row)
        if "link" not in value or of_link(pair, value["link"])
    ]
    there = reference.world.types[edge.type]
    answers = []
    for name, operand in value.items():
        if name == "link":
            continue
        if name == "count":
            answers += [compare("Int", len(far), op, each) for op, each in operand.items()]
            continue
        each = [holds(reference, there, one, operand) for one in far]
        answers.append({"some": any(each), "every": all(each), "none": not any(each)}[name])
    return all(answers)


def _same_id(mine: str, operator: str, operand: Any) -> bool:
    among = mine in (operand if isinstance(operand, list) else [operand])
    return among if operator in ("eq", "in") else not among


def compare(kind: str, found: Any, operator: str, operand: Any) -> bool:
    if operator == "isNull":
        return bool((found is None) == operand)
    wanted = _read(kind, operand)
    if operator == "ne":
        return _key(found) != _key(wanted) if found is not None else True
    if operator == "notIn":
        return found is None or _key(found) not in [_key(each) for each in wanted]
    if found is None:
        return False
    if kind == "Inet" and operator in ("contains", "within", "overlaps"):
        return _nets(_net(found), operator, _net(wanted))
    match operator:
        case "eq":
            return bool(_key(found) == _key(wanted))
        case "in":
            return _key(found) in [_key(each) for each in wanted]
        case "gt" | "gte" | "lt" | "lte":
            left, right = _key(found), _key(wanted)
            signs = {"gt": left > right, "gte": left >= right, "lt": left < right}
            return bool(signs.get(operator, left <= right))
        case "contains":
            return _contains(found, wanted) if kind == "JSON" else wanted in found
        case "startsWith":
            return bool(found.startswith(wanted))
        case "endsWith":
            return bool(found.endswith(wanted))
        case "iEq":
            return bool(found.lower() == wanted.lower())
        case "iContains":
            return wanted.lower() in found.lower()
        case "iStartsWith":
            return bool(found.lower().startswith(wanted.lower()))
        case "iEndsWith":
            return bool(found.lower().endswith(wanted.lower()))
        case "hasKey" | "has":
            return _has(found, wanted)
        case "hasAnyKey" | "hasAny":
            return any(_has(found, each) for each in wanted)
        case "hasAll":
            return set(found) >= set(wanted)
    raise AssertionError(operator)


def _has(found: Any, wanted: Any) -> bool:
    """A key of an object, an item of a list, or a text that is the whole value."""
    return bool(found == wanted) if isinstance(found, str) else wanted in (found or ())


def _contains(found: Any, wanted: Any) -> bool:
    """As `@>` says: structure by structure, lists as sets."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            key in found and _contains(found[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(found, list) and all(
            any(_contains(mine, each) for mine in found) for each in wanted
        )
    return type(found) is type(wanted) and bool(found == wanted)


def _read(kind: str, operand: Any) -> Any:
    if kind in ("JSON", "StringList"):
        return operand
    if isinstance(operand, list):
        return [_read(kind, each) for each in operand]
    return READ.get(kind, lambda value: value)(operand)


def _key(value: Any) -> Any:
    """What PostgreSQL compares: NaN equals itself and is the largest number."""
    if isinstance(value, float):
        return (1, 0.0) if math.isnan(value) else (0, value)
    if isinstance(value, ipaddress._IPAddressBase):
        return str(ipaddress.ip_interface(str(value)))
    return value


def _net(value: Any) -> Any:
    return ipaddress.ip_interface(str(value)).network


def _nets(left: Any, operator: str, right: Any) -> bool:
    if left.version != right.version:
        return False
    if operator == "contains":
        return bool(right.subnet_of(left))
    if operator == "within":
        return bool(left.subnet_of(right))
    return bool(left.overlaps(right))
