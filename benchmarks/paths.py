"""Paths, walks, resources and search over the whole landscape, beside a hand-written recursive query."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg

from benchmarks.ground import Ground
from inventory.db import engine
from inventory.graph.database import PooledDatabase
from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.relations import Graph
from inventory.graph.schema import build_schema

PATHS = """query($from: ID!, $to: ID!) { paths(from: $from, to: $to) { truncated truncatedBy looked
  paths { length steps { relation direction node { id } } } } }"""
WITH_EVIDENCE = """query($from: ID!, $to: ID!) { paths(from: $from, to: $to) { truncated truncatedBy
  paths { length steps { relation rule confirmedAt matchedOn { column value }
    node { id ... on Resource { displayName } } } } } }"""
REACHABLE = """query($from: ID!) { reachable(from: $from) { truncated truncatedBy totalCount
  counts { kind count } nodes { distance node { id } } } }"""
RESOURCES = "{ resources(first: 50) { nodes { id displayName } pageInfo { hasNextPage } } }"
SEARCH = '{ search(text: "%s") { hits { match node { id } } } }'


@dataclass(frozen=True)
class Pair:
    """Two objects, and how they were chosen."""

    how: str
    start: str
    end: str


def run(found: Ground, rounds: int) -> None:
    """Print percentiles over random pairs, near, far, and of any two objects."""
    catalog = found.catalog
    graph = Graph(catalog)
    with engine.connect(found.dsn) as db:
        sizes = {
            str(model.__tablename__): _count(db, str(model.__tablename__)) for model in catalog
        }
        links = sum(_count(db, link.name) for link in catalog.links.values())
        print(
            f"\n### Paths: {sum(sizes.values())} objects, {links} edges, {rounds} pairs of each kind"
        )
        pairs = list(_pairs(db, graph, sizes, rounds))
        simple = _recursive(graph)
        by_hand = [_by_hand(db, simple, pair) for pair in pairs]
    asyncio.run(_ask(found, catalog, pairs, by_hand))


def _count(db: engine.Connection, table: str) -> int:
    (number,) = db.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() or (0,)
    return int(number)


def _pairs(
    db: engine.Connection, graph: Graph, sizes: dict[str, int], rounds: int
) -> Iterator[Pair]:
    draw = random.Random(7)
    kinds = [table for table, size in sizes.items() if size and not table.startswith("common")]
    weights = [sizes[table] ** 0.5 for table in kinds]

    def some() -> tuple[str, Any]:
        (table,) = draw.choices(kinds, weights)
        place = draw.randrange(sizes[table])
        row = db.execute(f"SELECT id FROM {table} OFFSET {place} LIMIT 1".encode()).fetchone()
        assert row is not None
        return table, row[0]

    def walk(here: tuple[str, Any], length: int) -> tuple[str, Any]:
        for _ in range(length):
            steps = [s for s in graph.steps if s.here.__tablename__ == here[0] and s.relation.link]
            draw.shuffle(steps)
            for step in steps:
                if step.there in graph.hubs:
                    continue
                edge = step.edge
                row = db.execute(
                    f'SELECT "{edge.there_column}" FROM {edge.table} WHERE "{edge.here_column}" = %s'
                    f" LIMIT 1".encode(),
                    (here[1],),
                ).fetchone()
                if row is not None:
                    here = (edge.far_table, row[0])
                    break
        return here

    for _ in range(rounds):
        start = some()
        for how, length in (("near", (1, 3)), ("far", (4, 6))):
            end = walk(start, draw.randint(*length))
            yield Pair(how, f"{start[0]}:{start[1]}", f"{end[0]}:{end[1]}")
        other = some()
        yield Pair("any", f"{start[0]}:{start[1]}", f"{other[0]}:{other[1]}")


def _recursive(graph: Graph) -> str:
    """What one would write: a union of all links, walked from one end to six edges, hubs left out."""
    hubs = {str(hub.__tablename__) for hub in graph.hubs}
    parts = [
        f'SELECT "{s.edge.here_column}" AS u, "{s.edge.there_column}" AS v FROM {s.edge.table}'
        for s in graph.steps
        if s.relation.link and not {str(s.here.__tablename__), s.edge.far_table} & hubs
    ]
    return (
        "WITH RECURSIVE walk(v, depth) AS (SELECT %s::uuid, 0 UNION SELECT e.v, w.depth + 1 FROM walk w"
        f" JOIN ({' UNION ALL '.join(parts)}) e ON e.u = w.v WHERE w.depth < 6)"
        " SELECT min(depth) FROM walk WHERE v = %s"
    )


def _by_hand(db: engine.Connection, query: str, pair: Pair) -> tuple[float, int | None]:
    ids = [text.partition(":")[2] for text in (pair.start, pair.end)]
    began = time.perf_counter()
    try:
        with db.transaction():
            db.execute("SET LOCAL statement_timeout = '10s'")
            (length,) = db.execute(query.encode(), ids).fetchone() or (None,)
    except psycopg.errors.QueryCanceled:
        return float("inf"), None
    return time.perf_counter() - began, length


async def _ask(
    found: Ground, catalog: Any, pairs: list[Pair], by_hand: list[tuple[float, int | None]]
) -> None:
    database = PooledDatabase(found.dsn, size=1, timeout_ms=10_000)
    await database.open()
    asked = Engine(build_schema(catalog), database, Limits())
    print("| question | pairs | p50 ms | p95 ms | p99 ms | connected | cut short |")
    print("|:--|:--|--:|--:|--:|--:|--:|")
    try:
        for name, query in (
            ("paths", PATHS),
            ("with evidence", WITH_EVIDENCE),
            ("reachable", REACHABLE),
        ):
            for how in ("near", "far", "any"):
                took, connected, cut = [], 0, 0
                for pair in (each for each in pairs if each.how == how):
                    began = time.perf_counter()
                    answer = await asked.answer(query, {"from": pair.start, "to": pair.end})
                    took.append(time.perf_counter() - began)
                    (data,) = orjson.loads(answer.body)["data"].values()
                    connected += bool(data.get("paths") or data.get("totalCount"))
                    cut += data["truncatedBy"] in ("NODES", "TIME")
                _row(name, how, took, connected, cut)
        for how in ("near", "far", "any"):
            times = [hand for hand, pair in zip(by_hand, pairs, strict=True) if pair.how == how]
            cut = sum(took == float("inf") for took, _ in times)
            _row(
                "recursive by hand", how, [t for t, _ in times], sum(bool(n) for _, n in times), cut
            )
        for name, query in (
            ("resources", RESOURCES),
            *((f"search {text!r}", SEARCH % text) for text in ("shoot--", "10.0.", "zzzzq")),
        ):
            took = []
            for _ in range(12):
                began = time.perf_counter()
                await asked.answer(query)
                took.append(time.perf_counter() - began)
            _row(name, "", took, 0, 0)
    finally:
        await database.close()


def _row(name: str, how: str, took: list[float], connected: int, cut: int) -> None:
    ordered = sorted(took)

    def at(share: float) -> str:
        value = ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000
        return "> 10 000" if value == float("inf") else f"{value:.0f}"

    middle = statistics.median(ordered) * 1000
    shown = "> 10 000" if middle == float("inf") else f"{middle:.0f}"
    print(
        f"| {name} | {how} | {shown} | {at(0.95)} | {at(0.99)} | {connected} | {cut} |", flush=True
    )
