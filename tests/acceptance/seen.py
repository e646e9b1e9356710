"""What a database says after a collection, to be compared with the answer key of that moment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from inventory.catalog import Catalog
from inventory.simulator.leak_rules import RULES
from tests.acceptance.world import Collection, Database, World

COLUMNS = {"gateway_id": "internet_gateway_id"}
"""Where the answer key calls a column otherwise than the table."""


@dataclass(frozen=True)
class Rule:
    """What a leak rule shows, by the ids that the answer key lists."""

    shown: list[str]
    status: str
    why: str
    unjudged: int


@dataclass(frozen=True)
class Seen:
    """The state of everything after one collection, and what it should be."""

    collection: Collection
    truth: dict[str, Any]
    """`reachable` of the answer key."""
    tables: dict[str, int]
    links: dict[str, int]
    by_rule: dict[str, dict[str, int]]
    """How many edges each rule of a link made."""
    repeated: dict[str, int]
    """Tables with a natural key that stands in more than one row."""
    dangling: dict[str, int]
    """Links with edges to rows that are not there."""
    leaks: dict[str, Rule]
    scopes: dict[tuple[str, str], tuple[str, str]]
    """Status and error by model and scope."""
    unconfirmed: dict[str, set[str]]
    """Rows by table whose scope was not listed completely the last time."""
    doubtful: dict[str, list[tuple[str, str]]]
    """Edges by link that have such a row at one end."""


def look(world: World, catalog: Catalog, collection: Collection) -> Seen:
    """Read everything that the acceptance is about."""
    db = world.db
    models = [m for m in catalog.models.values() if m.source.key != "common"]
    tables = {str(model.__tablename__): model for model in models}
    return Seen(
        collection=collection,
        truth=world.sim.truth(ids=True, unmanaged_reachable=True)["reachable"],
        tables={name: _count(db, f"select count(*) from {name}") for name in tables},
        links={name: _count(db, f"select count(*) from {name}") for name in catalog.links},
        by_rule={
            name: dict(_all(db, f"select rule, count(*) from {name} group by rule"))
            for name in catalog.links
        },
        repeated={
            name: number
            for name, model in tables.items()
            if (number := _repeated(db, name, model.key))
        },
        dangling={name: n for name, link in catalog.links.items() if (n := _dangling(db, link))},
        leaks={rule: _leaks(db, rule) for rule in RULES},
        scopes={
            (model, scope): (status, error or "")
            for model, scope, status, error in _all(
                db, "select model, scope, status, error from common_scope"
            )
        },
        unconfirmed={name: rows for name in tables if (rows := _unconfirmed(db, name))},
        doubtful={
            name: edges for name, link in catalog.links.items() if (edges := _doubtful(db, link))
        },
    )


def _repeated(db: Database, table: str, key: tuple[str, ...]) -> int:
    columns = ", ".join(key)
    return _count(
        db,
        f"select count(*) from (select from {table} group by {columns} having count(*) > 1) as r",
    )


def _dangling(db: Database, link: Any) -> int:
    a, b = link.columns
    left, right = link.a.__tablename__, link.b.__tablename__
    return _count(
        db,
        f"select count(*) from {link.name} as l"
        f" where not exists (select from {left} as t where t.id = l.{a})"
        f" or not exists (select from {right} as t where t.id = l.{b})",
    )


UNCONFIRMED = (
    "select t.id from {} as t join common_scope as s on s.id = t.scope_id"
    " where s.status <> 'complete'"
)


def _unconfirmed(db: Database, table: str) -> set[str]:
    return {str(row[0]) for row in _all(db, UNCONFIRMED.format(table))}


def _doubtful(db: Database, link: Any) -> list[tuple[str, str]]:
    a, b = link.columns
    left, right = (UNCONFIRMED.format(end.__tablename__) for end in (link.a, link.b))
    query = f"select {a}, {b} from {link.name} where {a} in ({left}) or {b} in ({right})"
    return [(str(x), str(y)) for x, y in _all(db, query)]


def ids(world: World, table: str) -> set[str]:
    return {str(row[0]) for row in _all(world.db, f"select id from {table}")}


def _leaks(db: Database, rule: str) -> Rule:
    shown = _all(
        db,
        f"select {_identifier(rule)}"
        f" from common_leak as l join {RULES[rule].table} as t on t.id = l.resource_id"
        f" where l.rule = '{rule}' and l.resolved_at is null and not l.is_withheld",
    )
    ((status, why, unjudged),) = _all(
        db, f"select status, why, unjudged from common_leak_rule where name = '{rule}'"
    )
    return Rule(sorted(row[0] for row in shown), status, why or "", unjudged)


def _identifier(rule: str) -> str:
    said = RULES[rule].identifier
    parts = re.findall(r"<(\w+)>", said) or [said]
    return " || ' ' || ".join(f"t.{COLUMNS.get(part, part)}::text" for part in parts)


def _count(db: Database, query: str) -> int:
    found: int = _all(db, query)[0][0]
    return found


def _all(db: Database, query: str) -> list[Any]:
    return db.execute(query.encode()).fetchall()
