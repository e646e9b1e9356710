"""Relations that need no table of pairs: a column of one model holds the id of another's row."""

from __future__ import annotations

from dataclasses import dataclass

from inventory.core.model import Model
from inventory.errors import CatalogError


@dataclass(frozen=True, eq=False)
class Reference:
    """A column that holds the id of a row, in GraphQL an edge in both directions.

    `there` names the field that leads to the row, `back` the one that leads from it to all that
    refer to it.  With `only`, the column is one of several kinds, and this is the one whose
    `only[0]` column holds `only[1]`.
    """

    model: type[Model]
    column: str
    target: type[Model]
    there: str
    back: str
    doc: str
    only: tuple[str, str] | None = None
    live: str | None = None
    """SQL over the row `r` that must hold for it to be seen from its target."""

    @property
    def name(self) -> str:
        return f"{self.model.__tablename__}.{self.column}.{self.target.__tablename__}"


def reference(
    model: type[Model], column: str, target: type[Model], *, there: str, back: str, doc: str
) -> Reference:
    """Declare that a column holds the id of a row of another model."""
    if column not in model.__table__.c:
        raise CatalogError(f"reference {model.__name__}.{column}: there is no such column")
    return Reference(model, column, target, there, back, doc)
