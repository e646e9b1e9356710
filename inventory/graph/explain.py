"""Why two objects are linked, or are not: what is asked of every rule between their kinds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import FieldNode

from inventory.graph import plan
from inventory.graph.plan_graph import RunOf
from inventory.graph.read_graph import read_row, read_run
from inventory.graph.relations import Step

if TYPE_CHECKING:
    from inventory.graph.selection import Reader


@dataclass(frozen=True)
class Compared:
    """The values that a rule compares: a pair, or one side where the rule is more than equality."""

    fields: tuple[tuple[str, tuple[str, tuple[tuple[str, str], ...]]], ...]
    """By response key: the name of the field, and what is selected below it."""


RuleField = plan.TypeName | plan.Special | Compared | RunOf


@dataclass(frozen=True, eq=False)
class Explain:
    """What every rule says of two rows."""

    steps: tuple[Step, ...]
    from_id: plan.RowId
    to_id: plan.RowId
    tables: tuple[str, str]
    fields: tuple[tuple[str, plan.TypeName | plan.Special | tuple[tuple[str, RuleField], ...]], ...]


def read_explain(reader: Reader, values: dict[str, Any], nodes: list[FieldNode]) -> Explain:
    """Read the selections on what explains a link."""
    start, from_id = read_row(reader, values["from"], "from")
    end, to_id = read_row(reader, values["to"], "to")
    between = reader.projection.graph.between(start.model, end.model)
    steps = tuple(step for step in between if step.relation.link is not None)
    reader.budget.spend_rows(1 + sum(len(step.edge.link.rules) for step in steps if step.edge.link))
    fields: list[tuple[str, Any]] = []
    for key, name, found in reader.selected("LinkExplanation", nodes, 1):
        if name == "rules":
            fields.append((key, tuple(_read_rule(reader, found))))
        elif name == "__typename":
            fields.append((key, plan.TypeName("LinkExplanation")))
        else:
            fields.append((key, plan.Special(name)))
    return Explain(steps, from_id, to_id, (start.table, end.table), tuple(fields))


def _read_rule(reader: Reader, nodes: list[FieldNode]) -> Iterable[tuple[str, RuleField]]:
    for key, name, found in reader.selected("LinkRuleExplanation", nodes, 2):
        match name:
            case "__typename":
                yield key, plan.TypeName("LinkRuleExplanation")
            case "compared":
                yield key, Compared(tuple(_read_compared(reader, found)))
            case "run":
                yield key, read_run(reader, found, 1, 3)
            case _:
                yield key, plan.Special(name)


def _read_compared(reader: Reader, nodes: list[FieldNode]) -> Iterable[tuple[str, Any]]:
    for key, name, found in reader.selected("ComparedValues", nodes, 3):
        yield key, (name, reader.matched(found, 4).fields if name in ("from", "to") else ())
