"""Links and references as one graph of kinds: what `paths`, `reachable` and `edges` walk along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from inventory.catalog import Catalog
from inventory.core.link import Link
from inventory.core.model import Model
from inventory.core.reference import Reference
from inventory.graph.edges import Edge, references

HUBS = "HUBS"
FAR = 99
"""A distance that no path is long enough for."""


@dataclass(frozen=True, eq=False)
class Relation:
    """A link, or a reference that is walked like one. It is declared from `a` to `b`."""

    name: str
    a: type[Model]
    b: type[Model]
    table: str
    a_column: str
    b_column: str
    doc: str
    link: Link | None = None
    reference: Reference | None = None


@dataclass(frozen=True, eq=False)
class Step:
    """A relation in one direction: out is from `a` to `b`."""

    relation: Relation
    out: bool
    number: int
    """Identifies it in a statement: positive is out, negative is in."""

    @property
    def here(self) -> type[Model]:
        return self.relation.a if self.out else self.relation.b

    @property
    def there(self) -> type[Model]:
        return self.relation.b if self.out else self.relation.a

    @property
    def spelled(self) -> str:
        """What steps are sorted by, whatever else is declared."""
        return f"{self.relation.name.lower()}:{'out' if self.out else 'in'}"

    @property
    def reversed(self) -> Step:
        return Step(self.relation, not self.out, -self.number)

    @cached_property
    def edge(self) -> Edge:
        """The same as an edge that objects have, for what compiles those."""
        relation = self.relation
        here, there = relation.a_column, relation.b_column
        if not self.out:
            here, there = there, here
        return Edge(
            here=self.here,
            there=self.there,
            table=relation.table,
            here_column=here,
            there_column=there,
            name=relation.name,
            one=False,
            doc=relation.doc,
            link=relation.link,
        )


class Graph:
    """All relations of a catalog, by the names that GraphQL gives them."""

    def __init__(self, catalog: Catalog) -> None:
        self.relations = {each.name: each for each in _relations(catalog)}
        self.kinds = {str(model.__tablename__).upper(): model for model in catalog}
        self.hubs = frozenset(model for model in catalog if model.hub)
        self.steps: list[Step] = []
        for number, relation in enumerate(self.relations.values(), 1):
            self.steps += [Step(relation, True, number), Step(relation, False, -number)]
        self.leaves = frozenset(self._leaves())
        """Kinds whose rows belong to one other each, so that nothing lies behind them."""
        self._numbers = {model: number for number, model in enumerate(catalog)}

    def _leaves(self) -> Iterator[type[Model]]:
        for kind in self.kinds.values():
            columns = {
                each.reference.column if each.reference and each.a is kind else None
                for each in self.relations.values()
                if kind in (each.a, each.b)
            }
            if len(columns) == 1 and None not in columns:
                yield kind

    def number(self, model: type[Model]) -> int:
        """What stands for a kind in a statement."""
        return self._numbers[model]

    def steps_from(self, model: type[Model]) -> list[Step]:
        """Every relation that leads from a kind, in each direction that it does."""
        return [step for step in self.steps if step.here is model]

    def between(self, here: type[Model], there: type[Model]) -> list[Step]:
        """The relations that could hold between two kinds, as seen from the first."""
        return [step for step in self.steps_from(here) if step.there is there]


def distances(
    steps: Iterable[Step], target: Iterable[type[Model]], avoid: frozenset[type[Model]]
) -> dict[type[Model], int]:
    """How many steps a row of each kind is away from the target kinds at least.

    Kinds to avoid are where a path may end and never what it goes through.
    """
    into: dict[type[Model], list[type[Model]]] = {}
    for step in steps:
        into.setdefault(step.there, []).append(step.here)
    found = dict.fromkeys(target, 0)
    waiting = list(found)
    for kind in waiting:
        if found[kind] and kind in avoid:
            continue
        for nearer in into.get(kind, ()):
            if nearer not in found:
                found[nearer] = found[kind] + 1
                waiting.append(nearer)
    return found


def _relations(catalog: Catalog) -> Iterator[Relation]:
    for link in catalog.links.values():
        a, b = link.columns
        yield Relation(link.name.upper(), link.a, link.b, link.name, a, b, link.doc, link)
    for reference in references(catalog):
        yield _of_reference(reference)


def _of_reference(reference: Reference) -> Relation:
    held = [f"r.{reference.column} IS NOT NULL"]
    if reference.only is not None:
        kind, value = reference.only
        held.append(f"r.{kind} = '{value}'")
    if reference.live:
        held.append(reference.live)
    model = reference.model.__tablename__
    table = (
        f"(SELECT r.id AS a, r.{reference.column} AS b FROM {model} r WHERE {' AND '.join(held)})"
    )
    name = f"{model}_{reference.column}_{reference.target.__tablename__}".upper()
    ends = reference.model, reference.target
    return Relation(name, *ends, table, "a", "b", reference.doc, reference=reference)
