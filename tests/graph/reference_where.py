"""`where` in Python: whether a condition is true of a row. NULL is never true."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from tests.graph.reference import Edge, Reference, Type

READ: dict[str, Callable[[Any], Any]] = {
    "steps": int,
    "cells": Decimal,
    "price": Decimal,
    "weight": float,
    "bornAt": datetime.fromisoformat,
    "chip": UUID,
}
NETWORKS = ("address", "network")


def holds(reference: Reference, kind: Type, row: dict[str, Any], where: dict[str, Any]) -> bool:
    return all(_entry(reference, kind, row, name, value) for name, value in where.items())


def _entry(reference: Reference, kind: Type, row: dict[str, Any], name: str, value: Any) -> bool:
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
        found = row[kind.columns[name][0]]
        return all(_compare(name, found, op, operand) for op, operand in value.items())
    if name in kind.one:
        edge = kind.one[name]
        far = reference.far(edge, row)
        return any(holds(reference, _type(edge), each, value) for each, _ in far)
    return _many(reference, kind.many[name], row, value)


def _type(edge: Edge) -> Type:
    from tests.graph.reference import TYPES

    return TYPES[edge.type]


def _many(reference: Reference, edge: Edge, row: dict[str, Any], value: dict[str, Any]) -> bool:
    rule = ((value.get("link") or {}).get("rule") or {}).get("eq")
    far = [each for each, pair in reference.far(edge, row) if rule is None or pair["rule"] == rule]
    answers = []
    for name, operand in value.items():
        if name == "link":
            continue
        if name == "count":
            answers += [_compare("legs", len(far), op, each) for op, each in operand.items()]
            continue
        each = [holds(reference, _type(edge), one, operand) for one in far]
        answers.append({"some": any(each), "every": all(each), "none": not any(each)}[name])
    return all(answers)


def _same_id(mine: str, operator: str, operand: Any) -> bool:
    among = mine in (operand if isinstance(operand, list) else [operand])
    return among if operator in ("eq", "in") else not among


def _compare(name: str, found: Any, operator: str, operand: Any) -> bool:
    if operator == "isNull":
        return bool((found is None) == operand)
    wanted = _read(name, operand)
    if operator == "ne":
        return _key(found) != _key(wanted) if found is not None else True
    if operator == "notIn":
        return found is None or _key(found) not in [_key(each) for each in wanted]
    if found is None:
        return False
    if name in NETWORKS and operator in ("contains", "within", "overlaps"):
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
            if isinstance(found, dict):
                return all(found.get(key) == item for key, item in wanted.items())
            return wanted in found
        case "startsWith":
            return bool(found.startswith(wanted))
        case "endsWith":
            return bool(found.endswith(wanted))
        case "iEq":
            return bool(found.lower() == wanted.lower())
        case "iContains":
            return wanted.lower() in found.lower()
        case "hasKey" | "has":
            return wanted in found
        case "hasAny":
            return bool(set(found) & set(wanted))
        case "hasAll":
            return set(found) >= set(wanted)
    raise AssertionError(operator)


def _read(name: str, operand: Any) -> Any:
    if isinstance(operand, list):
        return [_read(name, each) for each in operand]
    if name in NETWORKS:
        return ipaddress.ip_interface(operand)
    return READ.get(name, lambda value: value)(operand)


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
