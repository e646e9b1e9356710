"""Selections that concern any kind of object → plan: paths, what can be reached, edges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, SelectionSetNode

from inventory.core.model import Model
from inventory.errors import QueryError
from inventory.graph import arguments, plan, scalars
from inventory.graph.limits import TOO_COSTLY
from inventory.graph.plan_graph import (
    AnyNode,
    CountList,
    PathList,
    Paths,
    Reachable,
    ReachedList,
    RunOf,
    StepField,
    StepSelection,
)
from inventory.graph.projection import ROW, Leaf, Shape, Union
from inventory.graph.relations import HUBS, Step, distances
from inventory.graph.traversal import Bounds, Terrain, kinds_of
from inventory.graph.values import addresses, as_value, whole

if TYPE_CHECKING:
    from inventory.graph.selection import Reader

LENGTH, DEPTH, LONGEST = 6, 3, 10
PATHS, MOST_PATHS = 5, 100
ORDER = Leaf("o", scalars.STRING, f"{ROW}.o", False, False, "", "o")
RULE = Leaf("rule", scalars.STRING, f"{ROW}.rule", True, True, "", "rule")


def read_paths(reader: Reader, values: dict[str, Any], nodes: list[FieldNode]) -> Paths:
    """Read a search for paths."""
    start, from_id = read_row(reader, values["from"], "from")
    end, to_id = read_row(reader, values["to"], "to")
    length = _number(values.get("maxLength"), "maxLength", LENGTH, 1, LONGEST)
    first = _number(values.get("first"), "first", PATHS, 0, MOST_PATHS)
    bounds = _bounds(reader)
    reader.budget.spend_rows(first * (length + 1))
    terrain = _terrain(reader, values)
    steps = _on_the_way(terrain, start.model, end.model, length)
    kinds = kinds_of(steps, start.model, end.model)
    rows = first * (length + 1)
    fields: list[tuple[str, Any]] = []
    for key, name, found in reader.selected("GraphPaths", nodes, 1):
        if name == "paths":
            inner: list[tuple[str, Any]] = []
            for own, part, below in reader.selected("GraphPath", found, 2):
                if part == "steps":
                    select = _step(reader, "GraphStep", steps, kinds, below, rows, 3)
                    inner.append((own, select))
                else:
                    inner.append((own, _plain(part, "GraphPath")))
            fields.append((key, PathList(tuple(inner))))
        else:
            fields.append((key, _plain(name, "GraphPaths")))
    return Paths(
        terrain, start.model, end.model, from_id, to_id, length, first, bounds, tuple(fields)
    )


def read_reachable(reader: Reader, values: dict[str, Any], nodes: list[FieldNode]) -> Reachable:
    """Read a walk to what can be reached."""
    start, from_id = read_row(reader, values["from"], "from")
    depth = _number(values.get("maxDepth"), "maxDepth", DEPTH, 1, LONGEST)
    first = values.get("first")
    first = reader.budget.limits.default_first if first is None else first
    reader.budget.check_first("first", first)
    bounds = _bounds(reader)
    reader.budget.spend_rows(first)
    terrain = _terrain(reader, values)
    graph = reader.projection.graph
    given = values.get("types")
    if given is None:
        wanted = [
            model for model in graph.kinds.values() if model not in terrain.avoid - graph.leaves
        ]
    else:
        wanted = [graph.kinds[name] for name in enum_names(reader, given)]
    ahead = distances(terrain.steps, [start.model], frozenset())
    back = [model for model in wanted if model is start.model or ahead.get(model, 99) <= depth]
    kinds = tuple(dict.fromkeys(back))
    fields: list[tuple[str, Any]] = []
    for key, name, found in reader.selected("GraphReachable", nodes, 1):
        inner: list[tuple[str, Any]] = []
        if name == "nodes":
            for own, part, below in reader.selected("GraphReached", found, 2):
                if part == "node":
                    inner.append((own, any_node(reader, kinds, sets_of(below), first, 3)))
                else:
                    inner.append((own, _plain(part, "GraphReached")))
            fields.append((key, ReachedList(tuple(inner))))
        elif name == "counts":
            for own, part, _ in reader.selected("GraphCount", found, 2):
                inner.append((own, _plain(part, "GraphCount")))
            fields.append((key, CountList(tuple(inner))))
        else:
            fields.append((key, _plain(name, "GraphReachable")))
    return Reachable(terrain, start.model, from_id, kinds, depth, first, bounds, tuple(fields))


def read_edges(
    reader: Reader, shape: Shape, nodes: list[FieldNode], rows: int, depth: int
) -> plan.Connection:
    """Read the edges of an object, of whatever kind they are."""
    definition = reader.object_type(shape.name)
    values = reader.values(definition.fields["edges"], nodes[0])
    steps = _wanted(reader, shape.model, values)
    order = (plan.Term(ORDER, (), None, False, False),)
    where: tuple[plan.Condition, ...] = ()
    if values.get("rules") is not None:
        where = (plan.Compare(RULE, "in", as_value(values["rules"])),)
    # A cursor of one kind's edges is none of another's.
    key = arguments.cursor_key(f"{shape.name}.edges", order)
    page = arguments.read_page(reader, values, order, key)
    rows *= page.limit
    collected = list(reader.selected("GraphEdgeConnection", nodes, depth))
    if any(name in ("edges", "nodes", "pageInfo") for _, name, _ in collected):
        reader.budget.spend_rows(rows)
    kinds = kinds_of(steps)
    parts: list[tuple[str, Any]] = []
    for response, name, found in collected:
        part: Any
        if name == "edges":
            part = plan.Edges(_step(reader, "GraphEdge", steps, kinds, found, rows, depth + 1))
        elif name == "nodes":
            part = plan.Nodes(any_node(reader, kinds, sets_of(found), rows, depth + 1))
        elif name == "pageInfo":
            part = reader.page_info(found, depth)
        else:
            part = _plain(name, "GraphEdgeConnection")
        parts.append((response, part))
    return plan.Connection(
        shape=_edge_rows(reader, shape, steps),
        edge=None,
        where=plan.AllOf(where),
        link=plan.EVERYTHING,
        order=order,
        page=page,
        parts=tuple(parts),
        type_name="GraphEdgeConnection",
        cursor_key=key,
    )


def any_node(
    reader: Reader,
    kinds: Iterable[type[Model]],
    sets: Iterable[SelectionSetNode],
    rows: int,
    depth: int,
) -> AnyNode:
    """Read the selections on an object of any of these kinds; the costliest kind counts."""
    shapes = [reader.projection.shapes[kind] for kind in kinds]
    found = []
    sets = list(sets)
    with reader.budget.alternatives() as alternative:
        for shape in shapes:
            with alternative():
                found.append(reader.object(shape, sets, rows, depth))
    return AnyNode(tuple(found))


def sets_of(nodes: list[FieldNode]) -> list[SelectionSetNode]:
    return [node.selection_set for node in nodes if node.selection_set is not None]


def _step(
    reader: Reader,
    type_name: str,
    steps: tuple[Step, ...],
    kinds: Iterable[type[Model]],
    nodes: list[FieldNode],
    rows: int,
    depth: int,
) -> StepSelection:
    fields: list[tuple[str, StepField]] = []
    for key, name, found in reader.selected(type_name, nodes, depth):
        part: StepField
        if name == "node":
            part = any_node(reader, kinds, sets_of(found), rows, depth + 1)
        elif name == "matchedOn":
            part = reader.matched(found, depth)
        elif name == "run":
            part = read_run(reader, found, rows, depth + 1)
        else:
            part = _plain(name, type_name)
        fields.append((key, part))
    return StepSelection(reader.projection.graph, steps, tuple(fields))


def read_run(reader: Reader, nodes: list[FieldNode], rows: int, depth: int) -> RunOf:
    """Read the selections on the run that confirmed an edge."""
    reader.budget.spend_rows(rows)
    shape = reader.projection.by_table["common_run"]
    return RunOf(reader.object(shape, sets_of(nodes), rows, depth))


def _edge_rows(reader: Reader, shape: Shape, steps: tuple[Step, ...]) -> Union:
    graph = reader.projection.graph
    parts = []
    for step in steps:
        edge = step.edge
        link = "l.rule, l.created_at" if edge.link else "NULL::text, NULL::timestamptz"
        parts.append(
            f'SELECT l."{edge.there_column}", {graph.number(step.there)}, {graph.number(step.here)},'
            f" {step.number}, {link}, '{edge.far_table.upper()}', '{step.spelled}'"
            f' FROM {edge.table} l WHERE l."{edge.here_column}" = {Union.HERE}'
        )
    nothing = (
        "SELECT NULL::uuid, 0, 0, 0, NULL::text, NULL::timestamptz, NULL, NULL::text WHERE false"
    )
    rows = " UNION ALL ".join(parts) or nothing
    sql = f"(SELECT * FROM ({rows}) u(id, k, h, r, rule, created_at, kind, o))"
    return Union(shape.model, "GraphEdge", {}, sql=sql)


def _wanted(reader: Reader, here: type[Model], values: dict[str, Any]) -> tuple[Step, ...]:
    steps = reader.projection.graph.steps_from(here)
    direction = str(getattr(values.get("direction"), "value", values.get("direction") or "BOTH"))
    if direction != "BOTH":
        steps = [step for step in steps if step.out == (direction == "OUT")]
    if values.get("relations") is not None:
        names = set(enum_names(reader, values["relations"]))
        steps = [step for step in steps if step.relation.name in names]
    return tuple(steps)


def _terrain(reader: Reader, values: dict[str, Any]) -> Terrain:
    graph = reader.projection.graph
    steps, avoided = tuple(graph.steps), values.get("avoid")
    if values.get("follow") is not None:
        names = set(enum_names(reader, values["follow"]))
        steps = tuple(step for step in steps if step.relation.name in names)
        # Whoever names relations means the kinds at their ends as well.
        avoided = [] if avoided is None else avoided
    if avoided is None:
        return Terrain(graph, steps, graph.hubs | graph.leaves)
    kinds: set[type[Model]] = set(graph.leaves)
    for name in enum_names(reader, avoided):
        kinds |= graph.hubs if name == HUBS else {graph.kinds[name]}
    return Terrain(graph, steps, frozenset(kinds))


def enum_names(reader: Reader, given: Any) -> list[str]:
    """The members of a list of enums; the plan depends on all of them."""
    found = reader.look(given, whole)
    items = found if isinstance(found, list) else [found]
    return list(dict.fromkeys(str(getattr(item, "value", item)) for item in items))


def _on_the_way(
    terrain: Terrain, start: type[Model], end: type[Model], length: int
) -> tuple[Step, ...]:
    """The steps that a path of that length can have, in its direction."""
    steps = terrain.usable(start, end)
    ahead = distances(steps, [end], terrain.avoid)
    behind = distances([step.reversed for step in steps], [start], terrain.avoid)
    return tuple(
        step
        for step in steps
        if behind.get(step.here, 99) + 1 + ahead.get(step.there, 99) <= length
    )


def read_row(reader: Reader, given: Any, place: str) -> tuple[Shape, plan.RowId]:
    """Read a global id whose table the plan depends on. Raises QueryError where it cannot be one."""
    text = reader.look(given, addresses)
    table, valid = addresses(text)
    shape = reader.projection.by_table.get(table)
    if shape is None or not valid:
        raise QueryError(f"{place}: this is no id of an object; take one from the field `id`")
    return shape, plan.RowId(as_value(given), shape.table)


def _number(given: Any, name: str, usual: int, least: int, most: int) -> int:
    found: int = usual if given is None else given
    if found < least:
        raise QueryError(f"`{name}` must be at least {least}, and is {found}")
    if found > most:
        raise QueryError(
            f"`{name}` is {found}; the limit is {most}", code=TOO_COSTLY, limit=most, cost=found
        )
    return found


def _bounds(reader: Reader) -> Bounds:
    limits = reader.budget.limits
    # A search may look at this many objects, wherever they are, so it costs as much as a list.
    reader.budget.spend_rows(limits.looked)
    return Bounds(limits.looked, limits.search_ms)


def _plain(name: str, type_name: str) -> plan.TypeName | plan.Special:
    return plan.TypeName(type_name) if name == "__typename" else plan.Special(name)
