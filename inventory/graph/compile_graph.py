"""Paths and what can be reached → SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.graph import plan, traversal
from inventory.graph.compile_steps import StepRow, any_node, link_row, numbered, step
from inventory.graph.fragments import Piece, Text, text_of, wrapped
from inventory.graph.plan_graph import (
    AnyNode,
    CountList,
    PathList,
    Paths,
    Reachable,
    ReachedList,
    StepSelection,
)
from inventory.graph.relations import Graph
from inventory.graph.rows import NULL

if TYPE_CHECKING:
    from inventory.graph.compile import Compiler


def paths(compiler: Compiler, part: Paths) -> str:
    """The paths between two rows as JSON text; `null` where one of them is not there."""
    ends = traversal.Ends(
        part.start,
        part.end,
        compiler.bind(part.from_id, "uuid"),
        compiler.bind(part.to_id, "uuid"),
    )
    tables = ",\n".join(
        (
            traversal.hunt(part.terrain, ends, part.length, part.bounds),
            traversal.walks(ends, part.length, part.first),
        )
    )
    reason = (
        f"CASE WHEN cardinality(walked.found_ids) > {part.first} THEN 'FIRST'"
        " WHEN done.why IS NOT NULL THEN done.why WHEN walked.cut THEN 'PATHS' END"
    )

    def piece(each: plan.TypeName | plan.Special | PathList) -> Piece:
        if isinstance(each, PathList):
            return _listed(
                f"SELECT string_agg({_path(compiler, part, each)},',' ORDER BY t.no) FROM trails t"
            )
        looked = "(cardinality(done.f_seen) + cardinality(done.b_seen))::text"
        return _common(each, reason, looked)

    body = wrapped(part.fields, piece)
    return f"COALESCE((WITH RECURSIVE {tables}\nSELECT {body} FROM walked, done),{NULL})"


def _path(compiler: Compiler, part: Paths, select: PathList) -> str:
    graph = part.terrain.graph

    def piece(each: plan.TypeName | plan.Special | StepSelection) -> Piece:
        match each:
            case plan.TypeName(name):
                return Text(f'"{name}"')
            case StepSelection():
                columns = {"rule": "x.l[1]", "created_at": "x.l[2]::timestamptz"}
                row = StepRow("x.r", "x.here", "x.h", "x.id", "x.k", columns.__getitem__)
                shown = step(compiler, each, row)
                return (
                    f"(SELECT CASE WHEN bool_and(z.shown IS NOT NULL) THEN"
                    f" '['||string_agg(z.shown,',' ORDER BY z.pos)||']' END"
                    f" FROM (SELECT x.pos, {shown} AS shown FROM ({_rows(graph, part, each)}) x OFFSET 0) z)"
                )
        return "cardinality(string_to_array(t.rels, ','))::text"

    return wrapped(select.fields, piece)


def _rows(graph: Graph, part: Paths, select: StepSelection) -> str:
    """The steps of a trail `t`: where each comes from and leads to, and by which relation.

    OFFSET keeps PostgreSQL from putting what is computed here in every place that it is used in.
    """
    several = len(graph.relations)
    here, there = [0] * (2 * several + 1), [0] * (2 * several + 1)
    there[several] = graph.number(part.start)
    for each in graph.steps:
        here[several + each.number] = graph.number(each.here)
        there[several + each.number] = graph.number(each.there)
    kinds = ",".join(
        f" ('{{{','.join(map(str, numbers))}}}'::int[])[y.r + {several + 1}] AS {name}"
        for name, numbers in (("h", here), ("k", there))
    )
    asked = {"rule", "createdAt", "confirmedAt"}
    needed = any(
        isinstance(field, plan.Matched) or (isinstance(field, plan.Special) and field.name in asked)
        for _, field in select.fields
    )
    link = link_row(select.steps) if needed else "NULL::text[]"
    return (
        f"SELECT x.*, {link} AS l FROM"
        f" (SELECT y.pos, y.id, y.r, lag(y.id) OVER (ORDER BY y.pos) AS here,{kinds}"
        " FROM unnest(string_to_array(t.ids, ',')::uuid[], 0 || string_to_array(t.rels, ',')::int[])"
        " WITH ORDINALITY y(id, r, pos)) x OFFSET 0"
    )


def reachable(compiler: Compiler, part: Reachable) -> str:
    """What a walk came to, as JSON text; `null` where its start is not there."""
    graph = part.terrain.graph
    from_id = compiler.bind(part.from_id, "uuid")
    table = traversal.spread(part.terrain, part.start, from_id, part.kinds, part.depth, part.bounds)
    wanted = ",".join(str(graph.number(kind)) for kind in part.kinds)
    tables = (
        f"{table},\nover AS MATERIALIZED (SELECT * FROM spread ORDER BY round DESC LIMIT 1),\n"
        "found AS MATERIALIZED (SELECT t.id, t.k, t.at FROM over,"
        " unnest(seen, kinds_seen, at) t(id, k, at)"
        f" WHERE t.at > 0 AND t.k IN ({wanted or 'NULL'}))"
    )
    names = {graph.number(model): name for name, model in graph.kinds.items()}
    labels = "{" + ",".join(names[number] for number in sorted(names)) + "}"

    def piece(each: plan.TypeName | plan.Special | ReachedList | CountList) -> Piece:
        match each:
            case ReachedList(fields):
                item = wrapped(fields, lambda inner: _reached(compiler, graph, inner))
                return _listed(
                    f"SELECT string_agg({item},',' ORDER BY t.at, t.k, t.id) FROM (SELECT * FROM"
                    f" found ORDER BY at, k, id LIMIT {part.first}) t"
                )
            case CountList(fields):
                item = wrapped(fields, lambda inner: _count(inner, labels))
                return _listed(
                    f"SELECT string_agg({item},',' ORDER BY t.n DESC, t.k)"
                    " FROM (SELECT k, count(*) AS n FROM found GROUP BY k) t"
                )
            case plan.Special("totalCount"):
                return "(SELECT count(*) FROM found)::text"
        reason = (
            f"CASE WHEN (SELECT count(*) FROM found) > {part.first} THEN 'FIRST' ELSE over.why END"
        )
        return _common(each, reason, "cardinality(over.seen)::text")

    body = wrapped(part.fields, piece)
    return f"COALESCE((WITH RECURSIVE {tables}\nSELECT {body} FROM over),{NULL})"


def _reached(
    compiler: Compiler, graph: Graph, part: plan.TypeName | plan.Special | AnyNode
) -> Piece:
    match part:
        case plan.TypeName(name):
            return Text(f'"{name}"')
        case AnyNode():
            return any_node(compiler, part, "t.k", "t.id", numbered(graph))
    return "t.at::text"


def _count(part: plan.TypeName | plan.Special, labels: str) -> Piece:
    match part:
        case plan.TypeName(name):
            return Text(f'"{name}"')
        case plan.Special("kind"):
            return f"'\"'||('{labels}'::text[])[t.k + 1]||'\"'"
    return "t.n::text"


def _common(part: object, reason: str, looked: str) -> Piece:
    """What every search tells of itself."""
    match part:
        case plan.TypeName(name):
            return Text(f'"{name}"')
        case plan.Special("truncated"):
            return f"CASE WHEN ({reason}) IS NULL THEN 'false' ELSE 'true' END"
        case plan.Special("truncatedBy"):
            return f"COALESCE('\"'||({reason})||'\"',{NULL})"
        case plan.Special("looked"):
            return looked
    raise AssertionError(part)


def _listed(query: str) -> str:
    return text_of([Text("["), f"COALESCE(({query}),'')", Text("]")])
