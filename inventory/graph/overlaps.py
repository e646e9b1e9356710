"""What validation of a document would cost, reckoned in one walk before it is done.

Validation compares every two fields that would be merged into one, and every two fragments that
are used together, so that a small document can keep it busy for seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

PAIRS = 20_000
"""Each takes some 7 µs."""
VISITS = 20_000

Sets = list[tuple[SelectionSetNode, frozenset[str]]]
"""Selection sets on one object, each with the fragments that it is inside of."""


def count_pairs(document: DocumentNode) -> int:
    """How many comparisons validation would make; more than PAIRS as soon as that is clear."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    # Validation starts at each definition, since each could be the one that is wrong.
    waiting: list[Sets] = [
        [(node.selection_set, frozenset())]
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    pairs = visits = 0
    while waiting:
        merged: dict[str, Sets] = {}
        counts: dict[str, int] = {}
        used: set[str] = set()
        for field, inside in _fields(waiting.pop(), fragments, used):
            visits += 1
            if field is None:
                continue
            key = field.alias.value if field.alias else field.name.value
            before = counts.get(key, 0)
            counts[key] = before + 1
            pairs += before
            if pairs > PAIRS or visits > VISITS:
                return PAIRS + 1
            if field.selection_set is not None:
                merged.setdefault(key, []).append((field.selection_set, inside))
        pairs += len(used) * (len(used) - 1) // 2
        if pairs > PAIRS or visits > VISITS:
            return PAIRS + 1
        waiting += merged.values()
    return pairs


def _fields(
    sets: Sets, fragments: dict[str, FragmentDefinitionNode], used: set[str]
) -> Iterator[tuple[FieldNode | None, frozenset[str]]]:
    """The fields of selection sets, those of their fragments included; None for a fragment."""
    waiting = list(sets)
    while waiting:
        selections, inside = waiting.pop()
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                yield selection, inside
                continue
            yield None, inside
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                # A circle is an error that validation tells better.
                if name not in used and name not in inside and name in fragments:
                    used.add(name)
                    waiting.append((fragments[name].selection_set, inside | {name}))
            else:
                waiting.append((selection.selection_set, inside))  # type: ignore[attr-defined]
