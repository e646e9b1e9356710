"""Links as seen from one end: the fields that lead from one object to others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from inventory.catalog import Catalog
from inventory.core.link import End, Link
from inventory.core.model import Model
from inventory.errors import CatalogError
from inventory.graph import naming


@dataclass(frozen=True, eq=False)
class Edge:
    """One direction of a link. A link is two edges."""

    link: Link
    here: type[Model]
    there: type[Model]
    here_column: str
    there_column: str
    name: str
    one: bool

    @property
    def table(self) -> str:
        return self.link.name

    @property
    def far_table(self) -> str:
        return str(self.there.__tablename__)


def edges(catalog: Catalog) -> dict[type[Model], dict[str, Edge]]:
    """The edges of every model by name. Raises CatalogError where two have the same."""
    found: dict[type[Model], dict[str, Edge]] = {model: {} for model in catalog}
    for link in catalog.links.values():
        for edge in (_edge(link, "a"), _edge(link, "b")):
            known = found[edge.here].setdefault(edge.name, edge)
            if known is not edge:
                raise CatalogError(
                    f"{edge.here.__name__}.{edge.name} comes from {known.table} and from {edge.table}; "
                    "give one of the links a_as= or b_as="
                )
    return found


def _edge(link: Link, here: End) -> Edge:
    a_column, b_column = link.columns
    one = link.to_one("b" if here == "a" else "a")
    if here == "a":
        name = naming.edge(link, link.a, link.b, link.b_as, one=one)
        return Edge(link, link.a, link.b, a_column, b_column, name, one)
    name = naming.edge(link, link.b, link.a, link.a_as, one=one)
    return Edge(link, link.b, link.a, b_column, a_column, name, one)


def to_one_names(found: dict[type[Model], dict[str, Edge]]) -> set[str]:
    """The names that lead to an object somewhere; a column of that name is shown with `Name`
    added.
    """
    return set(_to_one(found))


def _to_one(found: dict[type[Model], dict[str, Edge]]) -> Iterator[str]:
    for by_name in found.values():
        for edge in by_name.values():
            if edge.one:
                yield edge.name
