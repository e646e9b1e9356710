"""Selections on `aggregate` and `groups` → plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLObjectType

from inventory.errors import QueryError
from inventory.graph import plan
from inventory.graph.aggregates import FIRST_GROUPS, group_keys
from inventory.graph.projection import Shape
from inventory.graph.values import as_value, whole

if TYPE_CHECKING:
    from inventory.graph.selection import Reader


def read_aggregate(
    reader: Reader, shape: Shape, nodes: list[FieldNode], depth: int
) -> plan.Aggregate:
    """Read what is asked of all rows together."""
    fields: list[tuple[str, plan.TypeName | plan.Measure]] = []
    for key, found in _collected(reader, f"{shape.name}Aggregate", nodes, depth).items():
        name = found[0].name.value
        if name == "__typename":
            fields.append((key, plan.TypeName(f"{shape.name}Aggregate")))
        elif name == "count":
            fields.append((key, plan.Measure("count", ())))
        else:
            fields.append((key, _measure(reader, shape, name, found, depth)))
    return plan.Aggregate(tuple(fields))


def _measure(
    reader: Reader, shape: Shape, name: str, nodes: list[FieldNode], depth: int
) -> plan.Measure:
    suffix = {"countDistinct": "CountDistinct", "sum": "Sums", "avg": "Averages"}
    type_name = shape.name + suffix.get(name, "Extremes")
    columns: list[tuple[str, Any]] = []
    for key, found in _collected(reader, type_name, nodes, depth).items():
        column = found[0].name.value
        columns.append(
            (key, plan.TypeName(type_name) if column == "__typename" else shape.leaves[column])
        )
    return plan.Measure(name, tuple(columns))


def read_groups(
    reader: Reader,
    shape: Shape,
    definition: GraphQLObjectType,
    nodes: list[FieldNode],
    rows: int,
    depth: int,
) -> plan.Groups:
    """Read groups of a connection below `rows` parents."""
    values = reader.values(definition.fields["groups"], nodes[0])
    keys = group_keys(shape)
    by = [keys[str(getattr(each, "value", each))] for each in reader.look(values["by"], whole)]
    if not by:
        raise QueryError("groups(by:) needs at least one column; for all rows ask for `aggregate`")
    if len({key.name for key in by}) < len(by):
        raise QueryError("groups(by:) names a column twice")
    first = values.get("first")
    first = FIRST_GROUPS if first is None else first
    reader.budget.check_first("first", first)
    reader.budget.spend_rows(rows * first)
    fields: list[tuple[str, Any]] = []
    for key, found in _collected(reader, f"{shape.name}Group", nodes, depth).items():
        match found[0].name.value:
            case "__typename":
                fields.append((key, plan.TypeName(f"{shape.name}Group")))
            case "count":
                fields.append((key, plan.Measure("count", ())))
            case "aggregate":
                fields.append((key, read_aggregate(reader, shape, found, depth + 1)))
            case _:
                fields.append((key, _key(reader, shape, found, depth + 1)))
    return plan.Groups(tuple(by), first, _having(values.get("having")), tuple(fields))


def _key(reader: Reader, shape: Shape, nodes: list[FieldNode], depth: int) -> plan.GroupKeys:
    type_name = f"{shape.name}GroupKey"
    collected = _collected(reader, type_name, nodes, depth)
    return plan.GroupKeys(
        tuple(
            (key, None if found[0].name.value == "__typename" else found[0].name.value)
            for key, found in collected.items()
        ),
        type_name,
    )


def _having(given: Any) -> tuple[tuple[str, plan.Value], ...]:
    count = (given or {}).get("count")
    if given is not None and "count" in given and count is None:
        raise QueryError("having.count is null; leave it out")
    found = []
    for operator, value in (count or {}).items():
        if value is None:
            raise QueryError(f"having.count.{operator} is null; leave it out")
        found.append((operator, as_value(value)))
    return tuple(found)


def _collected(
    reader: Reader, type_name: str, nodes: list[FieldNode], depth: int
) -> dict[str, list[FieldNode]]:
    kind = reader.schema.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)  # noqa: S101 - made by `aggregates`
    sets = [node.selection_set for node in nodes if node.selection_set is not None]
    return reader.collect(kind, sets, depth + 1)
