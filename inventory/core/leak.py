"""Rules that say which resources were left behind."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from inventory.core import names
from inventory.core.link import Link
from inventory.core.model import Resource
from inventory.errors import CatalogError

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
LINK_TABLE = re.compile(r"[ln]_[a-z]")
Suspicion = Callable[[Any], sa.ColumnElement[bool]]
Near = Callable[[Any], "sa.Select[Any] | sa.CompoundSelect[Any]"]
SCOPES = sa.table("common_scope", sa.column("id"), sa.column("scope"), sa.column("created_at"))


@dataclass(frozen=True, eq=False)
class Owner:
    """A model that could claim a resource, and where such a claim would be listed.

    While one of those scopes is stale, failed or was never listed, nobody knows whether a claim is
    missing or unread.  `near` selects the names of the scopes that could hold a claim of a row, so
    that one of them spoils the answer for those rows only; without it every scope could, and one of
    them spoils the answer for all.  `expected` selects the names that there should be; without it
    they are those that were ever listed.
    """

    model: type[Resource]
    near: Near | None = None
    expected: Callable[[], sa.Select[Any]] | None = None
    may_be_empty: bool = False
    """Whether there being none anywhere is no sign of something wrong."""
    is_evidence: bool = False
    """Whether nothing is suspected without it: a scope that is not known leaves findings out."""


def same_place(model: type[Resource], *, may_be_empty: bool = False) -> Owner:
    """An owner that is listed by the same region or project as the resource itself."""
    return Owner(model, near=own_scope, may_be_empty=may_be_empty)


def own_scope(row: Any) -> sa.Select[Any]:
    """The name of the scope that listed a row."""
    mine = SCOPES.alias("mine")
    return sa.select(mine.c.scope).where(mine.c.id == row.c.scope_id).correlate(row)


@dataclass(frozen=True, eq=False)
class LeakRule:
    """Which rows of a model are leaked: what `when` holds for, where the owner side is known."""

    name: str
    model: type[Resource]
    when: Suspicion
    owners: tuple[Owner, ...]
    doc: str
    confidence: float
    grace: timedelta
    since: str

    def suspects(self) -> sa.Select[Any]:
        """The ids of the rows that the rule holds for now, and that are older than its grace."""
        row = self.model.__table__.alias("t")
        condition = self.when(row)
        if self.grace:
            condition = sa.and_(condition, self._is_old(row))
        return sa.select(row.c.id).where(condition)

    def _is_old(self, row: Any) -> sa.ColumnElement[bool]:
        """By the source's own word; else by when we saw it first, unless it was there already when
        its scope was first looked at, in which case it may be any age.
        """
        wait: sa.ColumnElement[Any] = sa.literal_column(
            f"interval '{self.grace.total_seconds():.0f} seconds'"
        )
        long_ago = sa.func.now() - wait
        mine = SCOPES.alias("mine")
        was_there = sa.exists().where(
            mine.c.id == row.c.scope_id, row.c.created_at <= mine.c.created_at + wait
        )
        seen = sa.or_(row.c.created_at <= long_ago, was_there)
        if self.since == "created_at":
            return seen
        said = row.c[self.since]
        return sa.or_(said <= long_ago, sa.and_(said.is_(None), seen))

    def unsure(self) -> sa.Select[Any]:
        """The ids of the rows that a scope could claim that is not among the known ones.

        The known ones are in `known`: the position of the owner, and the name of the scope.
        """
        row = self.model.__table__.alias("t")
        known = sa.table("known", sa.column("owner"), sa.column("scope"))
        doubts: list[sa.ColumnElement[bool]] = []
        for number, owner in enumerate(self.owners):
            if owner.near is not None:
                near = owner.near(row).subquery(f"near_{number}")
                (name,) = near.columns
                place: sa.ColumnElement[int] = sa.literal_column(str(number))
                listed = sa.exists().where(known.c.owner == place, known.c.scope == name)
                doubts.append(sa.exists(sa.select(name).where(~listed)))
        return sa.select(row.c.id).where(sa.or_(sa.false(), *doubts))

    def links(self) -> tuple[str, ...]:
        """The tables of links that it reads; before they are up to date it cannot answer."""
        tables = {
            element.name
            for element in visitors.iterate(self.suspects())
            if isinstance(element, sa.Table) and LINK_TABLE.match(element.name)
        }
        return tuple(sorted(tables))


def leak(
    model: type[Resource],
    name: str,
    *,
    when: Suspicion,
    owners: tuple[type[Resource] | Owner, ...],
    doc: str,
    confidence: float = 0.9,
    grace: timedelta = timedelta(hours=1),
    since: str = "created_at",
) -> LeakRule:
    """Declare which rows of a model are leaked.

    `when` takes the row's table and returns a condition; `unlinked` says that no link leads from
    the row.  `doc` is the reason that people read, one sentence.  `confidence` is how sure a finding
    is, from 0 to 1; `grace` keeps out what is younger, such as a machine whose owner is listed
    later, counted from the column `since`, or from when we saw it first.
    """
    if not 0 < confidence <= 1:
        raise CatalogError(f"leak rule {name}: confidence must lie between 0 and 1")
    if not owners:
        raise CatalogError(f"leak rule {name}: name the models that could claim a resource")
    if since not in model.__table__.c:
        raise CatalogError(f"leak rule {name}: {model.__name__} has no column {since}")
    ready = tuple(owner if isinstance(owner, Owner) else Owner(owner) for owner in owners)
    return LeakRule(names.checked(name, NAME), model, when, ready, doc, confidence, grace, since)


def unlinked(link: Link, model: type[Resource]) -> Suspicion:
    """That no pair of a link has the row at its end."""
    holds = linked(link, model)
    return lambda row: ~holds(row)


def linked(link: Link, model: type[Resource]) -> Suspicion:
    """That a pair of a link has the row at its end."""

    def holds(row: Any) -> sa.ColumnElement[bool]:
        a, b = link.columns
        mine = a if model is link.a else b
        pairs = link.table.alias("pairs")
        return sa.exists().where(pairs.c[mine] == row.c.id)

    return holds
