"""Two models, and the conditions under which a row of one belongs to a row of the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from inventory.core import names
from inventory.core.model import Model
from inventory.errors import CatalogError

End = Literal["a", "b"]
Condition = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Rule:
    """One way to find the pairs of a link.

    `on` maps columns of the first model to columns of the second, or is a function of both tables
    that returns a condition, or a Select of (a id, b id) where a condition cannot be hashed.  `a`
    and `b` name the columns that it compares, which edges show as evidence; a mapping says so
    itself.
    """

    on: Mapping[str, str] | Condition
    a: tuple[str, ...] = ()
    b: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Link:
    """A declared relation of two models. Its table holds the pairs that its rules find; edges
    derive from it.

    Inside one source it is a link (`l_…`), between two a nexus (`n_…`).
    """

    name: str
    a: type[Model]
    b: type[Model]
    rules: Mapping[str, Rule]
    doc: str
    table: sa.Table
    one: tuple[End, ...]
    a_as: str | None
    b_as: str | None

    @property
    def columns(self) -> tuple[str, str]:
        """The columns that hold the ids of both ends."""
        a, b, *_ = self.table.columns.keys()
        return a, b

    def to_one(self, end: End) -> bool:
        """Whether a row of the other end can match no more than one row of this end."""
        if end in self.one:
            return True
        if len(self.rules) != 1:
            return False
        (rule,) = self.rules.values()
        if not isinstance(rule.on, Mapping):
            return False
        model, matched = (self.a, rule.on.keys()) if end == "a" else (self.b, rule.on.values())
        return bool(model.key) and set(model.key) <= set(matched)

    def pairs(self) -> sa.Select[Any]:
        """All pairs that the rules find now: ids of both ends, and the first rule that found
        them.
        """
        found = [
            self._pairs(name, rule, order) for order, (name, rule) in enumerate(self.rules.items())
        ]
        if len(found) == 1 and isinstance(next(iter(self.rules.values())).on, Mapping):
            everything = found[0].subquery("p")
            return sa.select(everything.c.a_id, everything.c.b_id, everything.c.rule)
        union = sa.union_all(*found).subquery("p")
        return (
            sa.select(union.c.a_id, union.c.b_id, union.c.rule)
            .ext(postgresql.distinct_on(union.c.a_id, union.c.b_id))
            .order_by(union.c.a_id, union.c.b_id, union.c.place)
        )

    def _pairs(self, name: str, rule: Rule, order: int) -> sa.Select[Any]:
        a, b = self.a.__table__.alias("a"), self.b.__table__.alias("b")
        found = matching(a, b, rule)
        if not isinstance(found, sa.Select):
            found = sa.select(a.c.id, b.c.id).select_from(a.join(b, found))
        pair = found.subquery(f"found_{order}")
        a_id, b_id = pair.columns
        return sa.select(
            a_id.label("a_id"),
            b_id.label("b_id"),
            sa.literal_column(f"'{name}'::text").label("rule"),
            sa.literal_column(str(order)).label("place"),
        )

    def evidence(self, rule: Rule) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The columns of both ends that a rule compares."""
        if isinstance(rule.on, Mapping):
            return tuple(rule.on.keys()), tuple(rule.on.values())
        return rule.a, rule.b


def matching(a: Any, b: Any, rule: Rule) -> Any:
    if isinstance(rule.on, Mapping):
        return sa.and_(*(a.c[left] == b.c[right] for left, right in rule.on.items()))
    return rule.on(a, b)


def link(
    a: type[Model],
    b: type[Model],
    *,
    doc: str,
    on: Mapping[str, str] | Condition | Rule | None = None,
    rules: Mapping[str, Mapping[str, str] | Condition | Rule] | None = None,
    name: str | None = None,
    columns: tuple[str, str] | None = None,
    one: tuple[End, ...] = (),
    a_as: str | None = None,
    b_as: str | None = None,
) -> Link:
    """Declare that rows of `a` belong to rows of `b`, and make the table of the pairs.

    Give `on` for a single rule, or `rules` by name, the surest first.  `doc` is a sentence that is
    true read from either end.  `name` and `columns` replace the derived names of the table and its
    two id columns; `a_as` and `b_as` name an end by its role, which two links between the same
    models need.  `one` lists the ends of which there is never more than one although no natural key
    says so.
    """
    if (on is None) == (rules is None):
        raise CatalogError(f"link {a.__name__} to {b.__name__}: give either on= or rules=")
    chosen = rules if on is None else {"match": on}
    ready = {
        key: rule if isinstance(rule, Rule) else Rule(rule) for key, rule in (chosen or {}).items()
    }
    inside = a.source.key == b.source.key
    ends = (stem(a), stem(b)) if inside else (str(a.__tablename__), str(b.__tablename__))
    prefix = f"l_{a.source.key}_" if inside else "n_"
    name = names.checked(
        name or f"{prefix}{a_as or ends[0]}_to_{b_as or ends[1]}",
        names.LINK if inside else names.NEXUS,
    )
    if not ready:
        raise CatalogError(f"link {name}: rules= holds no rule")
    for key, rule in ready.items():
        names.checked(key, names.RULE)
        _check_columns(name, a, b, rule)
    a_id, b_id = columns or (f"{a_as or ends[0]}_id", f"{b_as or ends[1]}_id")
    return Link(name, a, b, ready, doc, _table(name, a, b, a_id, b_id, doc), one, a_as, b_as)


def stem(model: type[Model]) -> str:
    """The table's name without its source."""
    return str(model.__tablename__).removeprefix(f"{model.source.key}_")


def _table(name: str, a: type[Model], b: type[Model], a_id: str, b_id: str, doc: str) -> sa.Table:
    def end(column: str, model: type[Model]) -> sa.Column[Any]:
        target = sa.ForeignKey(model.__table__.c.id, ondelete="CASCADE")
        return sa.Column(
            column, sa.Uuid(), target, primary_key=True, comment=f"{model.__name__} of the pair."
        )

    return sa.Table(
        name,
        SQLModel.metadata,
        end(a_id, a),
        end(b_id, b),
        sa.Column("rule", sa.Text(), nullable=False, comment="The rule that found the pair."),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            nullable=False,
            server_default=sa.func.now(),
            comment="When the pair was first found.",
        ),
        sa.Index(names.fits(f"ix_{name}"[:63]), b_id, a_id),
        comment=doc,
    )


def _check_columns(name: str, a: type[Model], b: type[Model], rule: Rule) -> None:
    if isinstance(rule.on, Mapping) and not rule.on:
        raise CatalogError(f"link {name}: a rule compares nothing")
    for model, wanted in (
        (a, tuple(rule.on.keys()) if isinstance(rule.on, Mapping) else rule.a),
        (b, tuple(rule.on.values()) if isinstance(rule.on, Mapping) else rule.b),
    ):
        missing = [column for column in wanted if column not in model.__table__.c]
        if missing:
            raise CatalogError(f"link {name}: {model.__name__} has no column {missing}")
