"""Edges and objects of any kind → SQL: each kind has a case of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from inventory.core.model import Model
from inventory.graph import plan
from inventory.graph.fragments import Piece, Text, literal, quoted, wrapped
from inventory.graph.plan_graph import AnyNode, RunOf, StepField, StepSelection
from inventory.graph.projection import Shape
from inventory.graph.relations import Graph, Step
from inventory.graph.rows import NULL, Source

if TYPE_CHECKING:
    from inventory.graph.compile import Compiler

Kind = type[Model]


@dataclass(frozen=True)
class StepRow:
    """A row that is an edge: SQL of the step's number, and the ids and kinds of both ends."""

    number: str
    here: str
    here_kind: str
    there: str
    kind: str
    column: Callable[[str], str]
    """SQL of a column of the link's row."""


def any_node(
    compiler: Compiler, node: AnyNode, kind: str, row_id: str, label: Callable[[Shape], str]
) -> str:
    """An object of any kind as JSON text; NULL where the row is gone."""
    whens = []
    for select in node.selects:
        source = Source(compiler.alias())
        inner = compiler.object_(select, source)
        source.column("id")
        whens.append(
            f" WHEN {label(select.shape)} THEN (SELECT {inner} FROM (SELECT {source.select()}"
            f" FROM {select.shape.table} c WHERE c.id = {row_id}) {source.alias})"
        )
    return f"CASE {kind}{''.join(whens)} END" if whens else "NULL::text"


def numbered(graph: Graph) -> Callable[[Shape], str]:
    """How a statement that walks writes a kind."""
    return lambda shape: str(graph.number(shape.model))


def step(
    compiler: Compiler,
    select: StepSelection,
    row: StepRow,
    cursor_of: Callable[[], str] | None = None,
) -> str:
    """An edge as JSON text; NULL where its node is gone."""

    def piece(part: StepField) -> Piece:
        match part:
            case plan.TypeName(name):
                return Text(f'"{name}"')
            case AnyNode():
                label = numbered(select.graph)
                return any_node(compiler, part, row.kind, row.there, label)
            case plan.Matched(fields):
                return _matched(select, fields, row)
            case RunOf(of):
                return run_of(compiler, of, _name(select.graph, row))
            case plan.Special("cursor") if cursor_of is not None:
                return cursor_of()
            case plan.Special("relation"):
                return f"COALESCE('\"'||{_label(select.graph, row)}||'\"',{NULL})"
            case plan.Special("direction"):
                down = "WHEN 1 THEN '\"OUT\"' WHEN -1 THEN '\"IN\"'"
                return f"CASE sign({row.number}) {down} ELSE {NULL} END"
            case plan.Special("rule"):
                return f"COALESCE(to_json({row.column('rule')})::text,{NULL})"
            case plan.Special("createdAt"):
                return f"COALESCE(to_json({row.column('created_at')})::text,{NULL})"
            case plan.Special("confirmedAt"):
                created = row.column("created_at")
                confirmed = (
                    f"(SELECT GREATEST(k.reconciled_at, {created}) FROM common_link k"
                    f" WHERE k.name = {_name(select.graph, row)})"
                )
                return f"COALESCE(to_json({confirmed})::text,{NULL})"
        raise AssertionError(part)

    return wrapped(select.fields, piece)


def run_of(compiler: Compiler, select: plan.ObjectSelection, link: str) -> str:
    """The run that last reconciled a link, by the SQL of its name, as JSON text; never NULL."""
    source = Source(compiler.alias())
    inner = compiler.object_(select, source)
    source.column("id")
    return (
        f"COALESCE((SELECT {inner} FROM (SELECT {source.select()} FROM {select.shape.table} c"
        f" WHERE c.id = (SELECT k.run_id FROM common_link k WHERE k.name = {link}))"
        f" {source.alias}),{NULL})"
    )


def _label(graph: Graph, row: StepRow) -> str:
    names = ",".join(graph.relations)
    return f"('{{{names}}}'::text[])[abs({row.number})]"


def _name(graph: Graph, row: StepRow) -> str:
    return f"lower({_label(graph, row)})"


def link_row(steps: Iterable[Step]) -> str:
    """SQL of an array of text, the rule and the time of the link's row that a step `x` stands for."""
    whens = {}
    for step in steps:
        link = step.relation.link
        if link is None:
            continue
        a, b = (quoted(column) for column in link.columns)
        ends = "sign(x.r)", "x.here", "x.id"
        whens[abs(step.number)] = (
            f" WHEN {abs(step.number)} THEN (SELECT ARRAY[l.rule, l.created_at::text] FROM {link.name} l"
            f" WHERE l.{a} = CASE {ends[0]} WHEN 1 THEN {ends[1]} ELSE {ends[2]} END"
            f" AND l.{b} = CASE {ends[0]} WHEN 1 THEN {ends[2]} ELSE {ends[1]} END)"
        )
    return f"CASE abs(x.r){''.join(whens.values())} END" if whens else "NULL::text[]"


def _matched(select: StepSelection, fields: tuple[tuple[str, str], ...], row: StepRow) -> str:
    """What the rule of an edge compared, as a JSON list; never NULL.

    The values are read once for each kind, and what is shown of them is looked up by relation and
    rule: a case of its own for each relation would take PostgreSQL long to plan.
    """
    shown: dict[str, list[tuple[str, int, str]]] = {}
    columns: dict[Kind, set[str]] = {}
    for each in select.steps:
        link = each.relation.link
        for name, rule in link.rules.items() if link is not None else ():
            a, b = link.evidence(rule) if link is not None else ((), ())
            here, there = (a, b) if each.out else (b, a)
            items = shown.setdefault(f"{each.number}:{name}", [])
            for model, side, own in ((each.there, 1, there), (each.here, 0, here)):
                items += [(f"{model.__tablename__}.{column}", side, column) for column in own]
                columns.setdefault(model, set()).update(own)
    if not shown:
        return literal("[]")
    known = literal(orjson.dumps(shown).decode())
    heres = {each.here for each in select.steps}
    theres = {each.there for each in select.steps}
    graph = select.graph
    documents = [
        _document(graph, {kind: columns.get(kind, set()) for kind in kinds}, number, row_id)
        for kinds, number, row_id in (
            (heres, row.here_kind, row.here),
            (theres, row.kind, row.there),
        )
    ]
    value = f"(CASE m.v->>1 WHEN '1' THEN {documents[1]} ELSE {documents[0]} END)->>(m.v->>2)"

    def piece(name: str) -> Piece:
        match name:
            case "__typename":
                return Text('"MatchedValue"')
            case "column":
                return "to_json(m.v->>0)::text"
        return f"COALESCE(to_json({value})::text,{NULL})"

    return (
        f"(SELECT '['||COALESCE(string_agg({wrapped(fields, piece)},',' ORDER BY m.no),'')||']'"
        f" FROM jsonb_array_elements({known}::jsonb->({row.number}||':'||{row.column('rule')}))"
        " WITH ORDINALITY m(v, no))"
    )


def _document(graph: Graph, columns: Mapping[Kind, Iterable[str]], kind: str, row_id: str) -> str:
    """The columns of a row of any kind that rules compare, as text by name."""
    whens = []
    for model, names in columns.items():
        pairs = ", ".join(f"{literal(name)}, c.{quoted(name)}::text" for name in sorted(names))
        whens.append(
            f" WHEN {graph.number(model)} THEN (SELECT jsonb_build_object({pairs})"
            f" FROM {model.__tablename__} c WHERE c.id = {row_id})"
        )
    return f"CASE {kind}{''.join(whens)} END"
