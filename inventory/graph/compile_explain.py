"""Why two objects are linked, or are not → SQL: every rule is asked about the two rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from inventory.core.link import Link, Rule, matching
from inventory.graph import plan
from inventory.graph.compile_steps import run_of
from inventory.graph.explain import Compared, Explain, RuleField
from inventory.graph.fragments import Piece, Text, literal, quoted, text_of, wrapped
from inventory.graph.plan_graph import RunOf
from inventory.graph.relations import Step
from inventory.graph.rows import NULL

if TYPE_CHECKING:
    from inventory.graph.compile import Compiler

WHY = (
    "CASE WHEN z.holds AND z.stored = {rule} THEN 'The rule holds, and the edge is there.'"
    " WHEN z.holds AND z.stored IS NOT NULL THEN"
    " format('The rule holds, and so did %s, which comes first: the edge is its.', z.stored)"
    " WHEN z.holds THEN concat_ws(' ',"
    " 'The rule holds, and the edge is not there yet:',"
    " CASE WHEN z.reconciled_at IS NULL THEN 'the link was never brought up to date.'"
    " ELSE format('the link was last brought up to date at %s.', {time}) END,"
    " CASE WHEN z.requested_at IS NOT NULL THEN 'It will be soon.'"
    " ELSE format('Run common:task:link with links: [%s].', {link}) END,"
    " 'The last attempt failed: ' || z.error)"
    " WHEN z.stored = {rule} THEN format('The rule no longer holds; the edge goes when the link is"
    " brought up to date, which it last was at %s.', {time})"
    " WHEN z.stored IS NOT NULL THEN"
    " format('The rule does not hold; the edge is there by the rule %s.', z.stored)"
    " ELSE 'The rule does not hold.' END"
)
STATE = (
    "CASE WHEN z.holds AND z.stored IS NOT NULL THEN 'LINKED' WHEN z.holds THEN 'PENDING'"
    " WHEN z.stored = {rule} THEN 'OUTDATED' ELSE 'NOT_LINKED' END"
)
TIME = """to_char(z.reconciled_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""


def explain(compiler: Compiler, part: Explain) -> str:
    """The explanation as JSON text; `null` where one of the two is not there."""
    ids = compiler.bind(part.from_id, "uuid"), compiler.bind(part.to_id, "uuid")

    def piece(each: Any) -> Piece:
        match each:
            case plan.TypeName(name):
                return Text(f'"{name}"')
            case plan.Special():
                stored = " OR ".join(f"EXISTS ({_stored(step, ids)})" for step in part.steps)
                return f"CASE WHEN {stored or 'false'} THEN 'true' ELSE 'false' END"
        items: list[Piece] = [Text("[")]
        for step in part.steps:
            assert step.relation.link is not None  # noqa: S101 - the reader left out the others
            for name, rule in step.relation.link.rules.items():
                items += [Text(",")] if len(items) > 1 else []
                items.append(_rule(compiler, step, step.relation.link, name, rule, ids, each))
        return text_of([*items, Text("]")])

    there = " AND ".join(
        f"EXISTS (SELECT FROM {table} x WHERE x.id = {row_id})"
        for table, row_id in zip(part.tables, ids, strict=True)
    )
    return f"CASE WHEN {there} THEN {wrapped(part.fields, piece)} ELSE {NULL} END"


def _stored(step: Step, ids: tuple[str, str]) -> str:
    edge = step.edge
    return (
        f"SELECT FROM {edge.table} l WHERE l.{quoted(edge.here_column)} = {ids[0]}"
        f" AND l.{quoted(edge.there_column)} = {ids[1]}"
    )


def _rule(
    compiler: Compiler,
    step: Step,
    link: Link,
    name: str,
    rule: Rule,
    ids: tuple[str, str],
    fields: tuple[tuple[str, RuleField], ...],
) -> str:
    ends = ids if step.out else (ids[1], ids[0])
    spelled = {"rule": literal(name), "link": literal(link.name), "time": TIME}

    def piece(part: RuleField) -> Piece:
        match part:
            case plan.TypeName(type_name):
                return Text(f'"{type_name}"')
            case Compared():
                return _compared(link, rule, ends, part, out=step.out)
            case RunOf(of):
                return run_of(compiler, of, literal(link.name))
            case plan.Special("relation"):
                return Text(f'"{step.relation.name}"')
            case plan.Special("direction"):
                return Text('"OUT"' if step.out else '"IN"')
            case plan.Special("rule"):
                return Text(f'"{name}"')
            case plan.Special("description"):
                return Text(orjson.dumps(link.doc).decode())
            case plan.Special("holds"):
                return "CASE WHEN z.holds THEN 'true' ELSE 'false' END"
            case plan.Special("state"):
                return f"'\"'||{STATE.format(**spelled)}||'\"'"
            case plan.Special("why"):
                return f"to_json({WHY.format(**spelled)})::text"
            case plan.Special(column):
                shown = {
                    "storedRule": "z.stored",
                    "createdAt": "z.created_at",
                    "confirmedAt": "z.reconciled_at",
                }[column]
                return f"COALESCE(to_json({shown})::text,{NULL})"
        raise AssertionError(part)

    a, b = (quoted(column) for column in link.columns)
    return (
        f"(SELECT {wrapped(fields, piece)} FROM (SELECT {_holds(link, rule, ends)} AS holds,"
        " l.rule AS stored, l.created_at, k.reconciled_at, k.requested_at, k.error"
        f" FROM (SELECT 1) one LEFT JOIN {link.name} l ON l.{a} = {ends[0]} AND l.{b} = {ends[1]}"
        f" LEFT JOIN common_link k ON k.name = {literal(link.name)} OFFSET 0) z)"
    )


def _holds(link: Link, rule: Rule, ends: tuple[str, str]) -> str:
    """Whether the rule finds the pair now, as it does when the link is brought up to date."""
    a, b = link.a.__table__.alias("a"), link.b.__table__.alias("b")
    found: Any = matching(a, b, rule)
    ids = [sa.literal_column(each, sa.Uuid()) for each in ends]
    if isinstance(found, sa.Select):
        pairs = found.subquery("p")
        columns = list(pairs.columns)
        query = sa.select(1).select_from(pairs)
        query = query.where(columns[0] == ids[0], columns[1] == ids[1])
    else:
        query = sa.select(1).select_from(a.join(b, found))
        query = query.where(a.c.id == ids[0], b.c.id == ids[1])
    text = str(
        query.compile(
            dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
            compile_kwargs={"literal_binds": True},
        )
    )
    return f"EXISTS ({text.replace('%%', '%')})"


def _compared(link: Link, rule: Rule, ends: tuple[str, str], part: Compared, *, out: bool) -> str:
    """Both sides of what a rule compares, in pairs where it is equality."""
    left, right = link.evidence(rule)
    if isinstance(rule.on, Mapping):
        rows: list[tuple[str | None, str | None]] = list(zip(left, right, strict=True))
    else:
        rows = [*((column, None) for column in left), *((None, column) for column in right)]
    tables = str(link.a.__tablename__), str(link.b.__tablename__)
    items: list[Piece] = [Text("[")]
    for row in rows:
        items += [Text(",")] if len(items) > 1 else []
        items.append(
            wrapped(part.fields, partial(_value, row=row, tables=tables, ends=ends, out=out))
        )
    return text_of([*items, Text("]")])


def _value(
    each: tuple[str, tuple[tuple[str, str], ...]],
    row: tuple[str | None, str | None],
    tables: tuple[str, str],
    ends: tuple[str, str],
    *,
    out: bool,
) -> Piece:
    name, fields = each
    left, right = row
    if name == "__typename":
        return Text('"ComparedValues"')
    if name == "matches":
        if left is None or right is None:
            return Text("null")
        return (
            f"(SELECT CASE WHEN x.{quoted(left)} = y.{quoted(right)} THEN 'true' ELSE 'false' END"
            f" FROM {tables[0]} x, {tables[1]} y WHERE x.id = {ends[0]} AND y.id = {ends[1]})"
        )
    side = 0 if (name == "from") == out else 1
    column = row[side]
    if column is None:
        return Text("null")
    table = tables[side]
    value = f"(SELECT x.{quoted(column)}::text FROM {table} x WHERE x.id = {ends[side]})"

    def piece(part: str) -> Piece:
        match part:
            case "__typename":
                return Text('"MatchedValue"')
            case "column":
                return Text(f'"{table}.{column}"')
        return f"COALESCE(to_json({value})::text,{NULL})"

    return wrapped(fields, piece)
