"""An operation that was planned and compiled, ready to be bound and run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode

from inventory.graph import values
from inventory.graph.compile import Statement


@dataclass(frozen=True, eq=False)
class Prepared:
    """How to answer an operation: a statement for the projected root fields, a document for others.

    `layout` holds every root field in response order: its key, and whether the statement answers it.
    """

    statement: Statement | None
    layout: tuple[tuple[str, bool], ...]
    rest: DocumentNode | None
    rows: int

    def parameters(self, variables: Mapping[str, Any]) -> list[Any]:
        """The parameters of the statement for these coerced variables."""
        if self.statement is None:
            return []
        return [values.resolve(bound, variables) for bound in self.statement.parameters]
