"""A slow executor that knows nothing of the compiler: plain SELECTs, then Python, row by row.

It reads a document of queries and answers as docs and schema say that it should be answered.  Sort
keys are compared by ranks that PostgreSQL gives to single columns, so that collations agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cmp_to_key, partial
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

from tests.graph.reference_aggregates import aggregate, groups
from tests.graph.reference_types import Edge, Type, World, moment, written
from tests.graph.reference_where import holds, of_link

UNRANKED = ("JSON", "StringList")
Pair = tuple["Row", dict[str, Any]]


class Row(dict[str, Any]):
    """A row: fields by name, `id`, the table's own columns as text below `text`."""

    text: dict[str, str | None]

    def rank(self, name: str) -> Any:
        """Where the value stands among all of its column; None for NULL."""
        return self[f"rank of {name}"]


class Reference:
    """Answers documents from rows that were read once."""

    def __init__(self, db: psycopg.Connection[Any], world: World) -> None:
        db.execute("SET timezone TO 'UTC'")
        self.world = world
        self.rows = {kind.name: _rows(db, kind) for kind in world.types.values()}
        self.by_id = {name: {row["id"]: row for row in rows} for name, rows in self.rows.items()}
        self.shown = {
            root: _ids(db, world.types[name].table, base)
            for root, (name, base) in world.many.items()
        }
        edges = [
            edge
            for kind in world.types.values()
            for edge in [*kind.one.values(), *kind.many.values()]
        ]
        tables = {edge.table for edge in edges}
        self.pairs: dict[str, list[dict[str, Any]]] = {
            table: _read(db, f"SELECT l.* FROM {table} l") for table in tables
        }
        scopes = _read(db, "SELECT id, last_complete_at FROM common_scope")
        self.complete = {row["id"]: row["last_complete_at"] for row in scopes}
        links = _read(db, "SELECT name, reconciled_at FROM common_link")
        self.reconciled = {row["name"]: row["reconciled_at"] for row in links}
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        self.index: dict[tuple[str, str, str], dict[Any, list[Pair]]] = {}

    def answer(self, document: str) -> dict[str, Any]:
        parsed = parse(document)
        self.fragments = {
            d.name.value: d for d in parsed.definitions if isinstance(d, FragmentDefinitionNode)
        }
        (operation,) = [d for d in parsed.definitions if isinstance(d, OperationDefinitionNode)]
        found: dict[str, Any] = {}
        for key, nodes in self.fields("Query", [operation.selection_set]).items():
            name = nodes[0].name.value
            if name in self.world.many:
                kind = self.world.types[self.world.many[name][0]]
                pairs: list[Pair] = [(self.by_id[kind.name][each], {}) for each in self.shown[name]]
                found[key] = self.connection(kind, pairs, nodes, kind.name, None)
                continue
            (argument,) = nodes[0].arguments or ()
            table, _, row_id = value_from_ast_untyped(argument.value).partition(":")
            kind = self.world.by_table(table)
            (row,) = [each for each in self.rows[kind.name] if str(each["id"]) == row_id]
            found[key] = self.object(kind, row, nodes)
        return found

    # -- selections ---------------------------------------------------------------------------------

    def fields(
        self, on: str, sets: Iterable[SelectionSetNode | None]
    ) -> dict[str, list[FieldNode]]:
        found: dict[str, list[FieldNode]] = {}
        kind = self.world.types.get(on)
        mine = (on, "Node", "Resource") if kind and kind.resource else (on, "Node")
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
                if condition in mine:
                    for key, nodes in self.fields(on, [inner.selection_set]).items():
                        found.setdefault(key, []).extend(nodes)
        return found

    def object(self, kind: Type, row: Row, nodes: list[FieldNode]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, mine in self.fields(kind.name, [n.selection_set for n in nodes]).items():
            found[key] = self.value(kind, row, mine)
        return found

    def value(self, kind: Type, row: Row, nodes: list[FieldNode]) -> Any:
        name = nodes[0].name.value
        if name in kind.columns:
            return written(kind.columns[name][1], row[name])
        match name:
            case "__typename":
                return kind.name
            case "id":
                return f"{kind.table}:{row['id']}"
            case "displayName":
                named = [row.text[column] for column in kind.display if row.text[column]]
                return [*named, row.text["id"]][0]
            case "provider":
                return kind.provider
            case "firstSeenAt":
                return moment(row["created_at"])
            case "lastSeenAt":
                complete = self.complete.get(row["scope_id"])
                return moment(max(complete or row["updated_at"], row["updated_at"]))
        if name in kind.points:
            table, row_id = (row["_columns"][column] for column in kind.points[name])
            far = self.world.by_table(table)
            pointed = self.by_id[far.name].get(row_id)
            return self.object(far, pointed, nodes) if pointed else None
        if name in kind.many:
            edge = kind.many[name]
            far = self.world.types[edge.type]
            return self.connection(far, self.far(edge, row), nodes, edge.prefix, (edge, kind, row))
        edge = kind.one[name.removesuffix("Edge")]
        pairs = self.far(edge, row)
        if not pairs:
            return None
        far = self.world.types[edge.type]
        if name in kind.one:
            return self.object(far, pairs[0][0], nodes)
        return self.edge(far, *pairs[0], nodes, edge.prefix, (edge, kind, row))

    def far(self, edge: Edge, row: Row) -> list[Pair]:
        place = (edge.table, edge.here, edge.there)
        index = self.index.get(place)
        if index is None:
            index = self.index[place] = {}
            rows = self.by_id[edge.type]
            for pair in self.pairs[edge.table]:
                if pair[edge.there] in rows:
                    index.setdefault(pair[edge.here], []).append((rows[pair[edge.there]], pair))
            for pairs in index.values():
                pairs.sort(key=lambda each: each[0]["id"])
        return index.get(row["id"], [])

    def edge(
        self,
        kind: Type,
        row: Row,
        pair: dict[str, Any],
        nodes: list[FieldNode],
        prefix: str,
        origin: tuple[Edge, Type, Row] | None,
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, mine in self.fields(f"{prefix}Edge", [n.selection_set for n in nodes]).items():
            name = mine[0].name.value
            if name == "__typename":
                found[key] = f"{prefix}Edge"
            elif name == "node":
                found[key] = self.object(kind, row, mine)
            elif name == "rule":
                found[key] = pair["rule"]
            elif name == "createdAt":
                found[key] = moment(pair["created_at"])
            else:
                assert origin
                edge, near, here = origin
                if name == "confirmedAt":
                    confirmed = self.reconciled.get(edge.link)
                    created = pair["created_at"]
                    found[key] = moment(max(confirmed or created, created))
                    continue
                mine_columns, its_columns = edge.evidence[pair["rule"]]
                values = [(kind.table, c, row.text[c]) for c in its_columns]
                values += [(near.table, c, here.text[c]) for c in mine_columns]
                sets = [n.selection_set for n in mine]
                found[key] = [
                    {
                        k: {
                            "column": f"{table}.{column}",
                            "value": value,
                            "__typename": "MatchedValue",
                        }[n[0].name.value]
                        for k, n in self.fields("MatchedValue", sets).items()
                    }
                    for table, column, value in values
                ]
        return found

    # -- connections --------------------------------------------------------------------------------

    def connection(
        self,
        kind: Type,
        pairs: list[Pair],
        nodes: list[FieldNode],
        prefix: str,
        origin: tuple[Edge, Type, Row] | None,
    ) -> dict[str, Any]:
        given: dict[str, Any] = {
            a.name.value: value_from_ast_untyped(a.value) for a in nodes[0].arguments or ()
        }
        link = given.get("link") or {}
        kept = [
            (row, pair)
            for row, pair in pairs
            if holds(self, kind, row, given.get("where") or {}) and of_link(pair, link)
        ]
        keys: Any = given.get("orderBy") or []
        keys = keys if isinstance(keys, list) else [keys]
        by_keys = cmp_to_key(partial(self.compare, kind, keys))
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
                    found[key] = [self.edge(kind, *each, mine, prefix, origin) for each in page]
                case "aggregate":
                    found[key] = aggregate(self.fields, kind, [row for row, _ in kept], mine)
                case "groups":
                    found[key] = groups(self.fields, kind, [row for row, _ in kept], mine)
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

    def compare(self, kind: Type, keys: list[Any], a: Row, b: Row) -> int:
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

    def sort_key(self, kind: Type, key: dict[str, Any], row: Row) -> tuple[Any, str]:
        ((name, value),) = key.items()
        if name == "id":
            return row["id"], value
        if name in kind.columns:
            return row.rank(name), value
        if name in kind.one:
            edge = kind.one[name]
            pairs = self.far(edge, row)
            if pairs:
                return self.sort_key(self.world.types[edge.type], value, pairs[0][0])
            while isinstance(value, dict):
                (value,) = value.values()
            return None, value
        return len(self.far(kind.many[name.removesuffix("Count")], row)), value


def _rows(db: psycopg.Connection[Any], kind: Type) -> list[Row]:
    selected = ["r.*"]
    for name, (sql, of) in kind.columns.items():
        selected.append(f'{sql} AS "field {name}"')
        if of not in UNRANKED:
            rank = f"dense_rank() OVER (ORDER BY {sql})"
            selected.append(f'CASE WHEN {sql} IS NOT NULL THEN {rank} END AS "rank of {name}"')
    names = _read(
        db,
        f"SELECT attname FROM pg_attribute WHERE attrelid = '{kind.table}'::regclass"
        " AND attnum > 0 AND NOT attisdropped",
    )
    columns = [each["attname"] for each in names]
    selected += [f'r."{column}"::text AS "text {column}"' for column in columns]
    found = []
    for read in _read(db, f"SELECT {', '.join(selected)} FROM {kind.table} r ORDER BY r.id"):
        row = Row({key: value for key, value in read.items() if key.startswith("rank of ")})
        row["_columns"] = {column: read[column] for column in columns}
        row |= {name: read[f"field {name}"] for name in kind.columns}
        row |= {name: read.get(name) for name in ("id", "created_at", "updated_at", "scope_id")}
        row.text = {column: read[f"text {column}"] for column in columns}
        found.append(row)
    return found


def _ids(db: psycopg.Connection[Any], table: str, base: str) -> list[Any]:
    return [
        row["id"] for row in _read(db, f"SELECT r.id FROM {table} r WHERE {base} ORDER BY r.id")
    ]


def _read(db: psycopg.Connection[Any], query: str) -> list[dict[str, Any]]:
    with db.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(query.encode()).fetchall()
