"""A GraphQL field that is an SQL expression over its row."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.core.model import Model
from inventory.errors import CatalogError

Expression = Callable[[sa.FromClause], sa.ColumnElement[Any]]


@dataclass(frozen=True, eq=False)
class Computed:
    """A column that is not stored: `expression(row)` is compiled into the one statement of the
    operation.
    """

    model: type[Model]
    name: str
    expression: Expression
    doc: str


def computed(model: type[Model]) -> Callable[[Expression], Computed]:
    """Declare a computed field, named after the function; its docstring describes it in the
    schema.
    """

    def declare(expression: Expression) -> Computed:
        name = expression.__name__
        if name in model.model_fields:
            raise CatalogError(
                f"{model.__name__} has a column {name}; a computed field needs another name"
            )
        return Computed(model, name, expression, inspect.getdoc(expression) or "")

    return declare
