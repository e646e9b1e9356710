"""Links and references as seen from one end: the fields that lead from one object to others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from inventory.catalog import Catalog
from inventory.core.leak import LeakRule
from inventory.core.link import End, Link
from inventory.core.model import Model
from inventory.core.reference import Reference
from inventory.errors import CatalogError
from inventory.graph import naming

LEAKS = "leaks"
ANSWERED = "r.resolved_at IS NULL AND NOT r.is_withheld"
"""Which findings are shown: open ones that their rules were sure of when they were last asked."""


@dataclass(frozen=True, eq=False)
class Edge:
    """One direction of a link or a reference.

    `table` is what holds the pairs of ids, as SQL: a link's table, or a query of two columns.
    """

    here: type[Model]
    there: type[Model]
    table: str
    here_column: str
    there_column: str
    name: str
    one: bool
    doc: str
    link: Link | None = None

    @property
    def far_table(self) -> str:
        return str(self.there.__tablename__)


def edges(catalog: Catalog) -> dict[type[Model], dict[str, Edge]]:
    """The edges of every model by name. Raises CatalogError where two have the same."""
    found: dict[type[Model], dict[str, Edge]] = {model: {} for model in catalog}
    for edge in _all(catalog):
        known = found[edge.here].setdefault(edge.name, edge)
        if known is not edge:
            raise CatalogError(
                f"{edge.here.__name__}.{edge.name} comes from {known.table} and from {edge.table}; "
                "give one of the links a_as= or b_as="
            )
    return found


def _all(catalog: Catalog) -> Iterator[Edge]:
    for link in catalog.links.values():
        yield _of_link(link, "a")
        yield _of_link(link, "b")
    for reference in references(catalog):
        yield from _of_reference(reference)


def references(catalog: Catalog) -> list[Reference]:
    """What needs no table of pairs: declared references, and findings about resources."""
    return [*catalog.references.values(), *_of_leaks(catalog)]


def _of_link(link: Link, here: End) -> Edge:
    a_column, b_column = link.columns
    one = link.to_one("b" if here == "a" else "a")
    if here == "a":
        name = naming.edge(link, link.a, link.b, link.b_as, one=one)
        return Edge(link.a, link.b, link.name, a_column, b_column, name, one, link.doc, link)
    name = naming.edge(link, link.b, link.a, link.a_as, one=one)
    return Edge(link.b, link.a, link.name, b_column, a_column, name, one, link.doc, link)


def _of_reference(reference: Reference) -> Iterator[Edge]:
    model, target, column = reference.model, reference.target, reference.column
    held = [f"r.{column} IS NOT NULL"]
    if reference.only is not None:
        kind, value = reference.only
        held.append(f"r.{kind} = '{value}'")
    rows = f"FROM {model.__tablename__} r WHERE "
    if reference.there:
        there = f"(SELECT r.id AS here, r.{column} AS there {rows}{' AND '.join(held)})"
        name = reference.there
        yield Edge(model, target, there, "here", "there", name, True, reference.doc)
    seen = [*held, *([reference.live] if reference.live else [])]
    back = f"(SELECT r.{column} AS here, r.id AS there {rows}{' AND '.join(seen)})"
    yield Edge(target, model, back, "here", "there", reference.back, False, reference.doc)


def _of_leaks(catalog: Catalog) -> Iterator[Reference]:
    """From each resource that a rule looks at to what the rules found."""
    leak = catalog.models.get("common:model:leak")
    rules: dict[type[Model], LeakRule] = {rule.model: rule for rule in catalog.leaks.values()}
    if leak is None:
        return
    for model in rules:
        yield Reference(
            model=leak,
            column="resource_id",
            target=model,
            there="",
            back=LEAKS,
            doc="Why it is taken for left behind; empty when it is not.",
            only=("resource_table", str(model.__tablename__)),
            live=ANSWERED,
        )


def to_one_names(found: dict[type[Model], dict[str, Edge]]) -> set[str]:
    """The names that lead to an object; a column of that name is shown with `Name` added."""
    return {edge.name for by_name in found.values() for edge in by_name.values() if edge.one}
