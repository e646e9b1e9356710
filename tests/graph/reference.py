"""A slow executor that knows nothing of the engine: plain SELECTs, then Python, row by row.

It reads a document of queries on the zoo and answers as graph.md says that it should be answered.
Sort keys are compared by ranks that PostgreSQL gives to single columns, so that collations agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cmp_to_key
from typing import Any

import psycopg
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)
from graphql.utilities import value_from_ast_untyped

from tests.graph.reference_where import holds

Rows = list[dict[str, Any]]


def plain(value: Any) -> Any:
    return value


def text(value: Any) -> Any:
    return str(value)


def number(value: float) -> float | None:
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def moment(value: Any) -> str:
    return str(value.isoformat())


@dataclass(frozen=True)
class Type:
    """A type: its columns by field name with how they are written, and its edges."""

    name: str
    table: str
    columns: dict[str, tuple[str, Callable[[Any], Any]]]
    one: dict[str, Edge] = field(default_factory=dict)
    many: dict[str, Edge] = field(default_factory=dict)
    display: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    table: str
    here: str
    there: str
    type: str
    name: str


TYPES = {
    "ZooAnimal": Type(
        "ZooAnimal",
        "zoo_animal",
        {
            "tag": ("tag", plain),
            "houseName": ("house_name", plain),
            "nickname": ("nickname", plain),
            "legs": ("legs", plain),
            "steps": ("steps", text),
            "cells": ("cells", text),
            "weight": ("weight", number),
            "price": ("price", text),
            "tame": ("tame", plain),
            "bornAt": ("born_at", moment),
            "chip": ("chip", text),
            "address": ("address", text),
            "network": ("network", text),
            "marks": ("marks", plain),
            "badges": ("badges", plain),
        },
        {
            "house": Edge("l_zoo_house_to_animal", "animal_id", "house_id", "ZooHouse", "House"),
            "parent": Edge("l_zoo_parent_to_child", "child_id", "parent_id", "ZooAnimal", "Parent"),
        },
        {
            "keepers": Edge(
                "l_zoo_animal_to_keeper", "animal_id", "keeper_id", "ZooKeeper", "Keepers"
            ),
            "childs": Edge("l_zoo_parent_to_child", "parent_id", "child_id", "ZooAnimal", "Childs"),
        },
        ("nickname", "tag"),
    ),
    "ZooHouse": Type(
        "ZooHouse",
        "zoo_house",
        {"name": ("name", plain), "storeys": ("storeys", plain)},
        {},
        {"animals": Edge("l_zoo_house_to_animal", "house_id", "animal_id", "ZooAnimal", "Animals")},
        ("name",),
    ),
    "ZooKeeper": Type(
        "ZooKeeper",
        "zoo_keeper",
        {"badge": ("badge", plain), "nickname": ("nickname", plain)},
        {},
        {
            "animals": Edge(
                "l_zoo_animal_to_keeper", "keeper_id", "animal_id", "ZooAnimal", "Animals"
            )
        },
        ("nickname", "badge"),
    ),
}
ROOTS = {"zooAnimals": "ZooAnimal", "zooHouses": "ZooHouse", "zooKeepers": "ZooKeeper"}
RANKED = ("jsonb", "ARRAY")


class Reference:
    """Answers documents from rows that were read once."""

    def __init__(self, db: psycopg.Connection[Any]) -> None:
        self.rows = {kind.table: _ranked(db, kind.table) for kind in TYPES.values()}
        links = {
            e.table for kind in TYPES.values() for e in [*kind.one.values(), *kind.many.values()]
        }
        self.links = {table: _read(db, f"SELECT * FROM {table}") for table in links}
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        self.index: dict[tuple[str, str], dict[Any, list[tuple[dict[str, Any], Any]]]] = {}

    def answer(self, document: str) -> dict[str, Any]:
        parsed = parse(document)
        self.fragments = {
            d.name.value: d for d in parsed.definitions if isinstance(d, FragmentDefinitionNode)
        }
        (operation,) = [d for d in parsed.definitions if isinstance(d, OperationDefinitionNode)]
        found: dict[str, Any] = {}
        for key, nodes in self.fields("Query", [operation.selection_set]).items():
            kind = TYPES[ROOTS[nodes[0].name.value]]
            pairs = [(row, None) for row in self.rows[kind.table]]
            found[key] = self.connection(kind, pairs, nodes, f"{kind.name}")
        return found

    # -- selections ---------------------------------------------------------------------------------

    def fields(
        self, on: str, sets: Iterable[SelectionSetNode | None]
    ) -> dict[str, list[FieldNode]]:
        found: dict[str, list[FieldNode]] = {}
        for selections in sets:
            for node in selections.selections if selections else ():
                skip = {
                    d.name.value: value_from_ast_untyped((d.arguments or ())[0].value)
                    for d in node.directives or ()
                }
                if skip.get("skip") is True or skip.get("include") is False:
                    continue
                if isinstance(node, FieldNode):
                    key = node.alias.value if node.alias else node.name.value
                    found.setdefault(key, []).append(node)
                    continue
                inner: Any = node
                if isinstance(node, FragmentSpreadNode):
                    inner = self.fragments[node.name.value]
                condition = inner.type_condition.name.value if inner.type_condition else on
                if condition in (on, "Node", "Resource"):
                    for key, nodes in self.fields(on, [inner.selection_set]).items():
                        found.setdefault(key, []).extend(nodes)
        return found

    def object(self, kind: Type, row: dict[str, Any], nodes: list[FieldNode]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, mine in self.fields(kind.name, [n.selection_set for n in nodes]).items():
            found[key] = self.value(kind, row, mine)
        return found

    def value(self, kind: Type, row: dict[str, Any], nodes: list[FieldNode]) -> Any:
        name = nodes[0].name.value
        if name == "__typename":
            return kind.name
        if name == "id":
            return f"{kind.table}:{row['id']}"
        if name == "displayName":
            return next(row[c] for c in kind.display if row[c])
        if name in kind.columns:
            column, write = kind.columns[name]
            return None if row[column] is None else write(row[column])
        if name in kind.many:
            edge = kind.many[name]
            far = TYPES[edge.type]
            prefix = f"{kind.name}{edge.name}"
            return self.connection(far, self.far(edge, row), nodes, prefix)
        edge = kind.one[name.removesuffix("Edge")]
        pairs = self.far(edge, row)
        if not pairs:
            return None
        if name in kind.one:
            return self.object(TYPES[edge.type], pairs[0][0], nodes)
        return self.edge(TYPES[edge.type], *pairs[0], nodes, f"{kind.name}{edge.name}")

    def far(self, edge: Edge, row: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
        index = self.index.get((edge.table, edge.here))
        if index is None:
            index = self.index[edge.table, edge.here] = {}
            rows = {each["id"]: each for each in self.rows[TYPES[edge.type].table]}
            for pair in self.links[edge.table]:
                index.setdefault(pair[edge.here], []).append((rows[pair[edge.there]], pair))
        return index.get(row["id"], [])

    def edge(
        self, kind: Type, row: dict[str, Any], pair: Any, nodes: list[FieldNode], prefix: str
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, mine in self.fields(f"{prefix}Edge", [n.selection_set for n in nodes]).items():
            match mine[0].name.value:
                case "__typename":
                    found[key] = f"{prefix}Edge"
                case "node":
                    found[key] = self.object(kind, row, mine)
                case "rule":
                    found[key] = pair["rule"]
                case "createdAt":
                    found[key] = moment(pair["created_at"])
        return found

    # -- connections --------------------------------------------------------------------------------

    def connection(
        self, kind: Type, pairs: list[tuple[Any, Any]], nodes: list[FieldNode], prefix: str
    ) -> dict[str, Any]:
        given: dict[str, Any] = {
            a.name.value: value_from_ast_untyped(a.value) for a in nodes[0].arguments or ()
        }
        rule = ((given.get("link") or {}).get("rule") or {}).get("eq")
        kept = [
            (row, pair)
            for row, pair in pairs
            if holds(self, kind, row, given.get("where") or {})
            and (rule is None or pair["rule"] == rule)
        ]
        keys: list[Any] = given.get("orderBy") or []
        by_keys = cmp_to_key(lambda a, b: self.compare(kind, keys, a, b))
        kept.sort(key=lambda pair: by_keys(pair[0]))
        last, limit = given.get("last"), given.get("first", 50)
        page = kept[len(kept) - min(last, len(kept)) :] if last is not None else kept[:limit]
        found: dict[str, Any] = {}
        collected = self.fields(f"{prefix}Connection", [n.selection_set for n in nodes])
        for key, mine in collected.items():
            match mine[0].name.value:
                case "__typename":
                    found[key] = f"{prefix}Connection"
                case "totalCount":
                    found[key] = len(kept)
                case "nodes":
                    found[key] = [self.object(kind, row, mine) for row, _ in page]
                case "edges":
                    found[key] = [self.edge(kind, *each, mine, prefix) for each in page]
                case "pageInfo":
                    more = len(page) < len(kept)
                    facts: dict[str, Any] = {
                        "hasNextPage": more and last is None,
                        "hasPreviousPage": more and last is not None,
                        "__typename": "PageInfo",
                    }
                    inner = self.fields("PageInfo", [n.selection_set for n in mine])
                    found[key] = {k: facts[n[0].name.value] for k, n in inner.items()}
        return found

    def compare(self, kind: Type, keys: list[Any], a: Any, b: Any) -> int:
        for key in keys:
            left, direction = self.sort_key(kind, key, a)
            right, _ = self.sort_key(kind, key, b)
            down = direction.startswith("DESC")
            nulls_first = direction in ("DESC", "ASC_NULLS_FIRST")
            if left == right:
                continue
            if left is None or right is None:
                return -1 if (left is None) == nulls_first else 1
            return -1 if (left < right) != down else 1
        return -1 if a["id"] < b["id"] else 1

    def sort_key(self, kind: Type, key: dict[str, Any], row: dict[str, Any]) -> tuple[Any, str]:
        ((name, value),) = key.items()
        if name == "id":
            return row["id"], value
        if name in kind.columns:
            return row[f"rank of {kind.columns[name][0]}"], value
        if name in kind.one:
            edge = kind.one[name]
            pairs = self.far(edge, row)
            if pairs:
                return self.sort_key(TYPES[edge.type], value, pairs[0][0])
            while isinstance(value, dict):
                (value,) = value.values()
            return None, value
        return len(self.far(kind.many[name.removesuffix("Count")], row)), value


def _ranked(db: psycopg.Connection[Any], table: str) -> Rows:
    columns = db.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s",
        [table],
    ).fetchall()
    ranks = [
        f"CASE WHEN {name} IS NOT NULL THEN dense_rank() OVER (ORDER BY {name}) END"
        f' AS "rank of {name}"'
        for name, kind in columns
        if kind not in RANKED
    ]
    return _read(db, f"SELECT *, {', '.join(ranks)} FROM {table}")


def _read(db: psycopg.Connection[Any], query: str) -> Rows:
    with db.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        db.execute("SET timezone TO 'UTC'")
        return cursor.execute(query.encode()).fetchall()
