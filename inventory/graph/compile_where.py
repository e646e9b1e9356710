"""Conditions and sort keys of a plan → SQL expressions over the row `c` and the link's row `l`."""

from __future__ import annotations

from typing import Protocol

from inventory.graph import plan
from inventory.graph.edges import Edge
from inventory.graph.operators import BY_KIND
from inventory.graph.projection import quoted


class Binder(Protocol):
    def bind(self, value: plan.Bound, cast: str) -> str: ...

    def alias(self, letter: str = ...) -> str: ...


def condition(of: plan.Condition, row: str, link: str, binder: Binder) -> str:
    """A condition as a boolean expression. It may be NULL; every negation counts that as false."""
    match of:
        case plan.AllOf(()):
            return "true"
        case plan.AllOf((only,)):
            return condition(only, row, link, binder)
        case plan.AllOf(parts):
            return "(" + " AND ".join(condition(each, row, link, binder) for each in parts) + ")"
        case plan.AnyOf(()):
            return "false"
        case plan.AnyOf(parts):
            return "(" + " OR ".join(condition(each, row, link, binder) for each in parts) + ")"
        case plan.Not(inner):
            return f"(({condition(inner, row, link, binder)}) IS NOT TRUE)"
        case plan.Compare(leaf, operator, value):
            return compare(leaf.on(row), leaf.kind.name, operator, value, binder)
        case plan.IdIn(ids):
            return f"{row}.id = ANY({binder.bind(ids, 'uuid[]')})"
        case plan.OnLink(column, operator, value, kind):
            return compare(f"{link}.{quoted(column)}", kind, operator, value, binder)
        case plan.Through():
            return _through(of, row, binder)
        case plan.Counted(edge, only, operator, value):
            count = counted(edge, row, binder, only)
            return compare(count, "BigInt", operator, value, binder)
    raise AssertionError(of)


def compare(expression: str, kind: str, operator: str, value: plan.Bound, binder: Binder) -> str:
    if operator == "isNull":
        wanted = isinstance(value, plan.Const) and value.value
        return f"{expression} IS NULL" if wanted else f"{expression} IS NOT NULL"
    found = BY_KIND[kind][operator]
    parameter = binder.bind(value, found.cast)
    return found.sql.replace("{c}", expression).replace("{p}", parameter)


def _through(of: plan.Through, row: str, binder: Binder) -> str:
    edge = of.edge
    if of.quantifier == "every" and not of.of.of:
        # Nothing may be bound that the statement does not use.
        return "true"
    link, far = binder.alias("l"), binder.alias("f")
    joined = f"{edge.table} {link}"
    parts = [f"{link}.{quoted(edge.here_column)} = {row}.id"]
    if of.link.of:
        parts.append(condition(of.link, far, link, binder))
    if of.of.of:
        joined += f" JOIN {edge.far_table} {far} ON {far}.id = {link}.{quoted(edge.there_column)}"
        inner = condition(of.of, far, link, binder)
        parts.append(f"({inner}) IS NOT TRUE" if of.quantifier == "every" else inner)
    exists = f"EXISTS (SELECT FROM {joined} WHERE {' AND '.join(parts)})"
    return exists if of.quantifier == "some" else f"NOT {exists}"


def counted(edge: Edge, row: str, binder: Binder, only: plan.AllOf = plan.EVERYTHING) -> str:
    """The number of far ends of an edge."""
    link = binder.alias("l")
    parts = [f"{link}.{quoted(edge.here_column)} = {row}.id"]
    if only.of:
        parts.append(condition(only, row, link, binder))
    return f"(SELECT count(*) FROM {edge.table} {link} WHERE {' AND '.join(parts)})"


def term_sql(term: plan.Term, binder: Binder) -> str:
    """A sort key as an expression over the row `c`."""
    if not term.through:
        return _key(term, "c", binder)
    row, joins, order = "c", [], []
    first: str | None = None
    for edge in term.through:
        link, far = binder.alias("l"), binder.alias("f")
        on = f"{link}.{quoted(edge.here_column)} = {row}.id"
        first = first or on
        joins.append(
            f"{edge.table} {link}{'' if row == 'c' else ' ON ' + on}"
            f" JOIN {edge.far_table} {far} ON {far}.id = {link}.{quoted(edge.there_column)}"
        )
        order.append(f"{link}.{quoted(edge.there_column)}")
        row = far
    # Of several far ends the field shows the one of the lowest id, so that is what sorts.
    places = ", ".join(order)
    return (
        f"(SELECT {_key(term, row, binder)} FROM {' JOIN '.join(joins)} WHERE {first}"
        f" ORDER BY {places} LIMIT 1)"
    )


def _key(term: plan.Term, row: str, binder: Binder) -> str:
    if term.count is not None:
        return counted(term.count, row, binder)
    return term.leaf.on(row) if term.leaf is not None else f"{row}.id"
