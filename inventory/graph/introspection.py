"""What introspection may cost: it is answered in Python, on the event loop, from a large schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode

from inventory.errors import QueryError
from inventory.graph.limits import TOO_COSTLY

FIELDS = 600
"""Twice what the usual introspection query selects, with its fragments counted at each use."""


def check(fields: Iterable[FieldNode], fragments: Mapping[str, FragmentDefinitionNode]) -> None:
    """Refuse introspection that selects too much, such as the whole schema under many aliases."""
    count = 0
    waiting: list[SelectionSetNode | None] = [field.selection_set for field in fields]
    while waiting:
        selections = waiting.pop()
        if selections is None:
            continue
        for selection in selections.selections:
            count += 1
            if isinstance(selection, FragmentSpreadNode):
                waiting.append(fragments[selection.name.value].selection_set)
            else:
                waiting.append(selection.selection_set)  # type: ignore[attr-defined]
        if count > FIELDS:
            raise QueryError(
                f"introspection selects more than {FIELDS} fields, fragments counted each time "
                "they are used; ask for the schema once, or read /schema.graphql",
                code=TOO_COSTLY,
                limit=FIELDS,
            )
