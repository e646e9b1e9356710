"""Rows that are chosen by the `where` of a list, or by their ids, outside of a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from graphql import FieldNode
from graphql.execution.values import VariableValues

from inventory.graph import arguments, plan
from inventory.graph.compile import Compiler
from inventory.graph.compile_where import condition
from inventory.graph.read_graph import sets_of
from inventory.graph.selection import Reader
from inventory.graph.values import resolve

FIRST = "SELECT c.id FROM {table} c WHERE {condition} ORDER BY c.created_at, c.id LIMIT {limit}"


def selected(
    reader: Reader, table: str, where: Any, states: Sequence[str], limit: int
) -> tuple[str, list[Any]]:
    """The statement that counts what is chosen, and tells the ids of the first; its parameters."""
    shape = reader.projection.by_table[table]
    asked = arguments.read_where(reader, shape, where)
    in_state = plan.Compare(shape.leaves["state"], "in", plan.Const(list(states)))
    compiler = Compiler()
    sql = condition(plan.AllOf((asked, in_state)), "c", "l", compiler)
    first = FIRST.format(table=table, condition=sql, limit=limit)
    parameters = [resolve(value, {}) for value in compiler.parameters]
    return (
        f"SELECT (SELECT count(*) FROM {table} c WHERE {sql})::text,"
        f" (SELECT COALESCE(json_agg(f.id), '[]') FROM ({first}) f)::text",
        parameters,
    )


def read_selected(columns: Sequence[bytes]) -> tuple[int, list[str]]:
    """The count and the ids in the answer to that statement."""
    count, ids = columns
    return int(count), orjson.loads(ids)


def rows(reader: Reader, table: str, ids: Sequence[str], nodes: Sequence[FieldNode]) -> plan.Plan:
    """The plan that reads what is selected of these rows, the oldest first."""
    shape = reader.projection.by_table[table]
    reader.budget.spend_rows(len(ids))
    selection = reader.object(shape, sets_of(list(nodes)), len(ids), 2)
    chosen = plan.IdIn(plan.RowIds(plan.Const([f"{table}:{each}" for each in ids]), table))
    oldest = plan.Term(shape.leaves["createdAt"], (), None, descending=False, nulls_first=False)
    connection = plan.Connection(
        shape=shape,
        edge=None,
        where=plan.AllOf((chosen,)),
        link=plan.EVERYTHING,
        order=(oldest,),
        page=plan.Page(len(ids), backward=False, after=None, before=None),
        parts=(("nodes", plan.Nodes(selection)),),
        type_name=f"{shape.name}Connection",
        cursor_key="",
    )
    return plan.Plan((("rows", connection),))


def no_variables() -> VariableValues:
    """What a reader of values, rather than of a document, has in the place of variables."""
    return VariableValues({}, {})
