"""Rules that say which resources were left behind."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from inventory.core import names
from inventory.core.link import Link
from inventory.core.model import Resource
from inventory.errors import CatalogError

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
Suspicion = Callable[[Any], sa.ColumnElement[bool]]


@dataclass(frozen=True, eq=False)
class LeakRule:
    """Which rows of a model are leaked: what `when` holds for, once the owner side is known.

    `owners` are the models that could claim a resource. While a scope of one of them is empty, stale
    or failed, the rule answers nothing: nobody knows whether a claim is missing or unread.
    """

    name: str
    model: type[Resource]
    when: Suspicion
    owners: tuple[type[Resource], ...]
    doc: str
    confidence: float
    grace: timedelta

    def suspects(self) -> sa.Select[Any]:
        """The ids of the rows that the rule holds for now, and that are older than its grace."""
        row = self.model.__table__.alias("t")
        condition = self.when(row)
        if self.grace:
            wait = sa.text(f"interval '{self.grace.total_seconds():.0f} seconds'")
            condition = sa.and_(condition, row.c.created_at <= sa.func.now() - wait)
        return sa.select(row.c.id).where(condition)


def leak(
    model: type[Resource],
    name: str,
    *,
    when: Suspicion,
    owners: tuple[type[Resource], ...],
    doc: str,
    confidence: float = 0.9,
    grace: timedelta = timedelta(0),
) -> LeakRule:
    """Declare which rows of a model are leaked.

    `when` takes the row's table and returns a condition; `unlinked` says that no link leads from
    the row.  `doc` is the reason that people read, one sentence.  `confidence` is how sure a finding
    is, from 0 to 1; `grace` keeps out what is younger, such as a machine whose node is still to come.
    """
    if not 0 < confidence <= 1:
        raise CatalogError(f"leak rule {name}: confidence must lie between 0 and 1")
    if not owners:
        raise CatalogError(f"leak rule {name}: name the models that could claim a resource")
    return LeakRule(names.checked(name, NAME), model, when, owners, doc, confidence, grace)


def unlinked(link: Link, model: type[Resource]) -> Suspicion:
    """That no pair of a link has the row at its end."""

    def holds(row: Any) -> sa.ColumnElement[bool]:
        a, b = link.columns
        mine = a if model is link.a else b
        pairs = link.table.alias("pairs")
        return ~sa.exists().where(pairs.c[mine] == row.c.id)

    return holds
