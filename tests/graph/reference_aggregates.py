"""`aggregate` and `groups` in Python, over rows that were read one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, SelectionSetNode
from graphql.utilities import value_from_ast_untyped

from inventory.core.names import snake
from tests.graph.reference_types import Type, moment, number, written
from tests.graph.reference_where import compare

if TYPE_CHECKING:
    from tests.graph.reference import Row

Fields = Callable[[str, Iterable[SelectionSetNode | None]], dict[str, list[FieldNode]]]
UNITS = {
    "Year": {"month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0},
    "Month": {"day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0},
    "Day": {"hour": 0, "minute": 0, "second": 0, "microsecond": 0},
}


def aggregate(fields: Fields, kind: Type, rows: list[Row], nodes: list[FieldNode]) -> Any:
    found: dict[str, Any] = {}
    name = f"{kind.name}Aggregate"
    for key, mine in fields(name, [n.selection_set for n in nodes]).items():
        measure = mine[0].name.value
        if measure == "__typename":
            found[key] = name
        elif measure == "count":
            found[key] = len(rows)
        else:
            sets = [n.selection_set for n in mine]
            found[key] = {
                each: _measure(kind, measure, inner[0].name.value, rows)
                for each, inner in fields("", sets).items()
            }
    return found


def _measure(kind: Type, measure: str, column: str, rows: list[Row]) -> Any:
    if column == "__typename":
        suffix = {"countDistinct": "CountDistinct", "sum": "Sums", "avg": "Averages"}
        return kind.name + suffix.get(measure, "Extremes")
    _, of = kind.columns[column]
    values = [row for row in rows if row[column] is not None]
    if measure == "countDistinct":
        return len(
            {repr(row[column]) if of == "StringList" else row.rank(column) for row in values}
        )
    if not values:
        return None
    if measure in ("min", "max"):
        best = (min if measure == "min" else max)(values, key=lambda row: row.rank(column))
        return written(of, best[column])
    total = sum(Decimal(str(row[column])) for row in values)
    return str(total) if measure == "sum" else number(float(total / len(values)))


def groups(fields: Fields, kind: Type, rows: list[Row], nodes: list[FieldNode]) -> Any:
    given = {a.name.value: value_from_ast_untyped(a.value) for a in nodes[0].arguments or ()}
    by = given["by"] if isinstance(given["by"], list) else [given["by"]]
    keys = [_key(kind, name) for name in by]
    parted: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        parted.setdefault(tuple(_rank(kind, row, *key) for key in keys), []).append(row)
    having = ((given.get("having") or {}).get("count")) or {}
    kept = [
        (ranks, mine)
        for ranks, mine in parted.items()
        if all(compare("Int", len(mine), op, operand) for op, operand in having.items())
    ]
    kept.sort(key=lambda each: (-len(each[1]), [(rank is None, rank or 0) for rank in each[0]]))
    return [_group(fields, kind, keys, mine, nodes) for _, mine in kept[: given.get("first", 100)]]


def _key(kind: Type, member: str) -> tuple[str, str | None]:
    """The column and the unit of a member of the enum."""
    for name, (_, of) in kind.columns.items():
        upper = snake(name).upper()
        if member == upper:
            return name, None
        for unit in UNITS if of == "DateTime" else ():
            if member == f"{upper}_{unit.upper()}":
                return name, unit
    raise AssertionError(member)


def _value(kind: Type, row: Row, column: str, unit: str | None) -> Any:
    value = row[column]
    if value is None or unit is None:
        return written(kind.columns[column][1], value)
    return moment(value.replace(**UNITS[unit]))


def _rank(kind: Type, row: Row, column: str, unit: str | None) -> Any:
    return row.rank(column) if unit is None else _value(kind, row, column, unit)


def _group(
    fields: Fields,
    kind: Type,
    keys: list[tuple[str, str | None]],
    rows: list[Row],
    nodes: list[FieldNode],
) -> Any:
    found: dict[str, Any] = {}
    for key, mine in fields(f"{kind.name}Group", [n.selection_set for n in nodes]).items():
        match mine[0].name.value:
            case "__typename":
                found[key] = f"{kind.name}Group"
            case "count":
                found[key] = len(rows)
            case "aggregate":
                found[key] = aggregate(fields, kind, rows, mine)
            case "key":
                values = {
                    column + (unit or ""): _value(kind, rows[0], column, unit)
                    for column, unit in keys
                }
                values["__typename"] = f"{kind.name}GroupKey"
                sets = [n.selection_set for n in mine]
                found[key] = {k: values.get(n[0].name.value) for k, n in fields("", sets).items()}
    return found
