"""Aggregates and groups of a plan → SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from inventory.graph import plan
from inventory.graph.aggregates import GroupKey
from inventory.graph.compile_where import compare
from inventory.graph.fragments import Piece, Text, text_of, wrapped
from inventory.graph.projection import Leaf
from inventory.graph.scalars import ENCODED, FLOAT

if TYPE_CHECKING:
    from inventory.graph.compile import Compiler

NULL = "'null'"
SQL = {
    "min": "min({})",
    "max": "max({})",
    "sum": "sum({})",
    "avg": "avg({})::double precision",
    "countDistinct": "count(DISTINCT {})",
}


def aggregate(part: plan.Aggregate, rows: str) -> str:
    """Aggregates over `rows` (`… WHERE …`, aliased `c`) as JSON text; never NULL."""
    body = wrapped(part.fields, lambda each: _measure(each, lambda expression: expression))
    # One row, even if nothing that is selected is an aggregate.
    return f"(SELECT {body} FROM {rows} HAVING true)"


def groups(part: plan.Groups, rows: str, compiler: Compiler) -> str:
    """Groups of `rows` as a JSON list, the largest first; never NULL."""
    alias = compiler.alias("g")
    outputs: list[str] = []

    def output(expression: str) -> str:
        # Computed once per group where the rows are read, and written by the aggregate outside.
        if expression not in outputs:
            outputs.append(expression)
        return f"{alias}.a{outputs.index(expression)}"

    def piece(each: plan.TypeName | plan.Measure | plan.Aggregate | plan.GroupKeys) -> Piece:
        if isinstance(each, plan.GroupKeys):
            return _keys(each, part.by, alias)
        if isinstance(each, plan.Aggregate):
            return wrapped(each.fields, lambda one: _measure(one, output))
        return _measure(each, output)

    body = wrapped(part.fields, piece)
    keys = [_expression(key) for key in part.by]
    places = ", ".join(str(place + 1) for place in range(len(keys)))
    selected = [f"{key} AS k{place}" for place, key in enumerate(keys)]
    selected += ["count(*) AS n", *(f"{each} AS a{place}" for place, each in enumerate(outputs))]
    having = [
        compare("count(*)", "BigInt", operator, value, compiler) for operator, value in part.having
    ]
    order = ", ".join(["{0}n DESC", *(f"{{0}}k{place}" for place in range(len(keys)))])
    inner = (
        f"SELECT {', '.join(selected)} FROM {rows} GROUP BY {places}"
        f"{' HAVING ' + ' AND '.join(having) if having else ''}"
        f" ORDER BY {order.format('')} LIMIT {part.first}"
    )
    listed = f"string_agg({body},',' ORDER BY {order.format(alias + '.')})"
    return f"(SELECT {text_of([Text('['), f'''COALESCE({listed},'')''', Text(']')])} FROM ({inner}) {alias})"


def _measure(part: plan.TypeName | plan.Measure, output: Callable[[str], str]) -> Piece:
    if isinstance(part, plan.TypeName):
        return Text(f'"{part.name}"')
    if part.name == "count":
        return f"{output('count(*)')}::text"
    return wrapped(part.columns, lambda leaf: _over(part.name, leaf, output))


def _over(name: str, leaf: Leaf | plan.TypeName, output: Callable[[str], str]) -> Piece:
    if isinstance(leaf, plan.TypeName):
        return Text(f'"{leaf.name}"')
    value = output(SQL[name].format(leaf.on("c")))
    if name == "countDistinct":
        return f"{value}::text"
    if name == "avg":
        # Averages of NaN are no JSON either.
        return f"COALESCE({FLOAT.json.format(value)},{NULL})"
    if name == "sum":
        return f"""COALESCE('"'||{value}||'"',{NULL})"""
    return f"COALESCE({leaf.kind.json.format(value)},{NULL})"


def _expression(key: GroupKey) -> str:
    column = key.leaf.on("c")
    return f"date_trunc('{key.unit}', {column})" if key.unit else column


def _keys(part: plan.GroupKeys, by: tuple[GroupKey, ...], alias: str) -> str:
    places = {key.field: place for place, key in enumerate(by)}

    def piece(name: str | None) -> Piece:
        if name is None:
            return Text(f'"{part.type_name}"')
        if name not in places:
            return Text("null")
        value = f"{alias}.k{places[name]}"
        key = by[places[name]]
        json = ENCODED if key.unit else key.leaf.kind.json
        return f"COALESCE({json.format(value)},{NULL})"

    return wrapped(part.fields, piece)
