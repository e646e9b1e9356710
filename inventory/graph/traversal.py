"""Walks over all relations at once, as common table expressions of the one statement.

A recursive query of PostgreSQL sees only the rows of its last round.  So the state of a walk is
one row: arrays of what was seen, of the frontier, and of the edges found so far.  A round expands
one frontier by the steps that its kinds have, adds what is new, and the next round sees all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from inventory.core.model import Model
from inventory.graph.fragments import quoted
from inventory.graph.relations import FAR, Graph, Step, distances

Kind = type[Model]
OF_A_HUB = 5000
"""How many rows an unexplored hub is taken for, so that the other end is looked around first."""


@dataclass(frozen=True)
class Terrain:
    """Where a walk may go: its steps, and the kinds that it enters at its ends only."""

    graph: Graph
    steps: tuple[Step, ...]
    avoid: frozenset[Kind]

    def usable(self, *ends: Kind) -> tuple[Step, ...]:
        """The steps that neither begin nor end at a kind to avoid, its ends apart."""
        closed = self.avoid - set(ends)
        return tuple(s for s in self.steps if s.here not in closed and s.there not in closed)


@dataclass(frozen=True)
class Bounds:
    """What ends a walk before it is complete."""

    edges: int
    milliseconds: int


def branches(graph: Graph, steps: Iterable[Step], gate: Callable[[Step], str]) -> str:
    """The steps from a row `n(id, kind)` as rows of `v`, the far end, `k`, its kind, and `r`.

    Each stands behind a condition on the row's kind, which PostgreSQL checks before it touches the
    table: OFFSET keeps it from pulling them all into one large join.
    """
    by_kind: dict[Kind, list[Step]] = {}
    for step in steps:
        by_kind.setdefault(step.here, []).append(step)
    parts = []
    for kind, own in by_kind.items():
        union = " UNION ALL ".join(
            f"(SELECT l.{quoted(s.edge.there_column)} AS v, {graph.number(s.there)} AS k,"
            f" {s.number} AS r FROM {s.edge.table} l"
            f" WHERE l.{quoted(s.edge.here_column)} = n.id{gate(s)} OFFSET 0)"
            for s in own
        )
        parts.append(
            f"(SELECT u.v, u.k, u.r FROM ({union}) u WHERE n.kind = {graph.number(kind)} OFFSET 0)"
        )
    return " UNION ALL ".join(parts) or "SELECT NULL::uuid AS v, 0 AS k, 0 AS r WHERE false"


@dataclass(frozen=True)
class Ends:
    """Where a search begins and ends: the kinds, and SQL of the ids."""

    start: Kind
    end: Kind
    from_id: str
    to_id: str


def hunt(terrain: Terrain, ends: Ends, length: int, bounds: Bounds) -> str:
    """Search from both ends in turn, the smaller frontier first, until both radii make `length`.

    `f_…` is the side of the start, `b_…` that of the end; `a` and `b` are how far each has looked
    completely.  `e_…` are the edges that were found, always in the direction from start to end.
    """
    graph, from_id, to_id = terrain.graph, ends.from_id, ends.to_id
    useful, gate = _gates(terrain, ends, length)

    def weight(kind: Kind) -> int:
        return OF_A_HUB if kind in graph.hubs else 0

    return f"""hunt(round, a, b, f_ids, f_kinds, b_ids, b_kinds, f_seen, f_at, b_seen, b_at,
 e_u, e_v, e_r, e_k, why) AS (
SELECT 0, 0, 0, ARRAY[{from_id}], ARRAY[{graph.number(ends.start)}],
 ARRAY[{to_id}], ARRAY[{graph.number(ends.end)}], ARRAY[{from_id}], ARRAY[0], ARRAY[{to_id}], ARRAY[0],
 '{{}}'::uuid[], '{{}}'::uuid[], '{{}}'::int[], '{{}}'::int[], NULL::text
WHERE EXISTS (SELECT FROM {ends.start.__tablename__} x WHERE x.id = {from_id})
 AND EXISTS (SELECT FROM {ends.end.__tablename__} x WHERE x.id = {to_id})
UNION ALL
SELECT s.round + 1, s.a + (c.f AND NOT x.cut)::int, s.b + (NOT c.f AND NOT x.cut)::int,
 CASE WHEN c.f THEN y.ids ELSE s.f_ids END, CASE WHEN c.f THEN y.kinds ELSE s.f_kinds END,
 CASE WHEN c.f THEN s.b_ids ELSE y.ids END, CASE WHEN c.f THEN s.b_kinds ELSE y.kinds END,
 CASE WHEN c.f THEN s.f_seen || y.ids ELSE s.f_seen END,
 CASE WHEN c.f THEN s.f_at || array_fill(s.a + 1, ARRAY[cardinality(y.ids)]) ELSE s.f_at END,
 CASE WHEN c.f THEN s.b_seen ELSE s.b_seen || y.ids END,
 CASE WHEN c.f THEN s.b_at ELSE s.b_at || array_fill(s.b + 1, ARRAY[cardinality(y.ids)]) END,
 s.e_u || CASE WHEN c.f THEN x.u ELSE x.v END, s.e_v || CASE WHEN c.f THEN x.v ELSE x.u END,
 s.e_r || CASE WHEN c.f THEN x.r ELSE x.back END, s.e_k || CASE WHEN c.f THEN x.k ELSE x.h END,
 {_why("x.cut", bounds)}
FROM hunt s
CROSS JOIN LATERAL (SELECT
  cardinality(s.f_ids) + CASE WHEN s.a = 0 THEN {weight(ends.start)} ELSE 0 END
  <= cardinality(s.b_ids) + CASE WHEN s.b = 0 THEN {weight(ends.end)} ELSE 0 END AS f) p
CROSS JOIN LATERAL (SELECT p.f, CASE WHEN p.f THEN s.f_ids ELSE s.b_ids END AS ids,
  CASE WHEN p.f THEN s.f_kinds ELSE s.b_kinds END AS kinds,
  {length} - 1 - CASE WHEN p.f THEN s.a ELSE s.b END AS left) c
CROSS JOIN LATERAL (SELECT {_lists(("u", "q.u"), ("v", "q.v"), ("r", "q.r"), ("back", "-q.r"))},
  {_lists(("k", "q.k"), ("h", "q.h"))}, count(*) > {bounds.edges} - cardinality(s.e_u) AS cut
  FROM (SELECT n.id AS u, n.kind AS h, w.v, w.k, w.r FROM unnest(c.ids, c.kinds) n(id, kind)
   CROSS JOIN LATERAL ({branches(graph, useful, gate)}) w
   LIMIT {bounds.edges} + 1 - cardinality(s.e_u)) q) x
CROSS JOIN LATERAL (SELECT {_lists(("ids", "z.v ORDER BY z.v"), ("kinds", "z.k ORDER BY z.v"))}
  FROM (SELECT t.v, min(t.k) AS k FROM unnest(x.v, x.k) t(v, k)
   WHERE t.v <> CASE WHEN c.f THEN {to_id} ELSE {from_id} END
   AND NOT EXISTS (SELECT FROM unnest(CASE WHEN c.f THEN s.f_seen ELSE s.b_seen END) o(id)
    WHERE o.id = t.v) GROUP BY t.v) z) y
WHERE s.why IS NULL AND s.a + s.b < {length} AND {from_id} <> {to_id}
 AND cardinality(s.f_ids) > 0 AND cardinality(s.b_ids) > 0)"""


def _gates(terrain: Terrain, ends: Ends, length: int) -> tuple[list[Step], Callable[[Step], str]]:
    """The steps that can lie on a path of that length, by their kinds, and what opens each."""
    steps = terrain.usable(ends.start, ends.end)
    ahead = distances(steps, [ends.end], terrain.avoid)
    behind = distances([step.reversed for step in steps], [ends.start], terrain.avoid)

    def on_a_path(here: Kind, there: Kind) -> bool:
        return behind.get(here, FAR) + 1 + ahead.get(there, FAR) <= length

    def gate(step: Step) -> str:
        forward, back = ahead.get(step.there, FAR), behind.get(step.there, FAR)
        opened = f" AND CASE WHEN c.f THEN c.left >= {forward} ELSE c.left >= {back} END"
        if step.there in terrain.avoid:
            # A kind to avoid is entered where the path is to end, and nowhere else.
            column = f"l.{quoted(step.edge.there_column)}"
            opened += f" AND {column} IN ({ends.from_id}, {ends.to_id})"
        return opened

    return [s for s in steps if on_a_path(s.here, s.there) or on_a_path(s.there, s.here)], gate


def walks(ends: Ends, length: int, first: int) -> str:
    """The paths among the edges that `hunt` found, the shortest first, as `trails`.

    A prefix is kept only if its last node is near enough to the end; of those, the most promising.
    So every shortest path has its turn, while of the longer ones some may be left out (`cut`).
    """
    beam = 8 * first + 64
    return f"""done AS MATERIALIZED (SELECT * FROM hunt ORDER BY round DESC LIMIT 1),
near AS MATERIALIZED (SELECT t.id, t.at FROM done, unnest(f_seen, f_at) t(id, at)),
ahead AS MATERIALIZED (SELECT t.id, t.at FROM done, unnest(b_seen, b_at) t(id, at)),
e AS MATERIALIZED (SELECT DISTINCT t.u, t.v, t.r, t.k, COALESCE(ahead.at, done.b + 1) AS left
 FROM done CROSS JOIN unnest(done.e_u, done.e_v, done.e_r, done.e_k) t(u, v, r, k)
 LEFT JOIN near ON near.id = t.u LEFT JOIN ahead ON ahead.id = t.v
 WHERE COALESCE(near.at, done.a + 1) + 1 + COALESCE(ahead.at, done.b + 1) <= {length}),
walk(p, nodes, ids, rels, found_ids, found_rels, cut) AS (
SELECT 0, ARRAY[{ends.from_id}], ARRAY[{ends.from_id}::text], ARRAY[''],
 '{{}}'::text[], '{{}}'::text[], false WHERE EXISTS (SELECT FROM done)
UNION ALL
SELECT w.p + 1, x.nodes, x.ids, x.rels, w.found_ids || x.found_ids, w.found_rels || x.found_rels,
 w.cut OR x.n > {beam}
FROM walk w CROSS JOIN LATERAL (SELECT count(*) AS n,
  COALESCE(array_agg(q.v ORDER BY q.no) FILTER (WHERE NOT q.over), '{{}}') AS nodes,
  COALESCE(array_agg(q.ids ORDER BY q.no) FILTER (WHERE NOT q.over), '{{}}') AS ids,
  COALESCE(array_agg(q.rels ORDER BY q.no) FILTER (WHERE NOT q.over), '{{}}') AS rels,
  COALESCE(array_agg(q.ids ORDER BY q.no) FILTER (WHERE q.over), '{{}}') AS found_ids,
  COALESCE(array_agg(q.rels ORDER BY q.no) FILTER (WHERE q.over), '{{}}') AS found_rels
  FROM (SELECT e.v, i.ids || ',' || e.v AS ids, concat_ws(',', NULLIF(i.rels, ''), e.r) AS rels,
   e.v = {ends.to_id} AS over,
   row_number() OVER (ORDER BY w.p + 1 + e.left, i.no, abs(e.r), e.r, e.v) AS no
   FROM unnest(w.nodes, w.ids, w.rels) WITH ORDINALITY i(node, ids, rels, no) JOIN e ON e.u = i.node
   WHERE w.p + 1 + e.left <= {length} AND strpos(i.ids, e.v::text) = 0
   ORDER BY no LIMIT {beam + 1}) q) x
WHERE w.p < {length} AND {ends.from_id} <> {ends.to_id}
 AND cardinality(w.nodes) > 0 AND cardinality(w.found_ids) <= {first}),
walked AS MATERIALIZED (SELECT * FROM walk ORDER BY p DESC LIMIT 1),
trails AS (SELECT t.no, t.ids, t.rels FROM walked,
 unnest(found_ids, found_rels) WITH ORDINALITY t(ids, rels, no) WHERE t.no <= {first})"""


def _why(cut: str, bounds: Bounds) -> str:
    return (
        f"CASE WHEN {cut} THEN 'NODES' WHEN clock_timestamp() > statement_timestamp()"
        f" + interval '{bounds.milliseconds} ms' THEN 'TIME' END"
    )


def _lists(*columns: tuple[str, str]) -> str:
    return ", ".join(f"COALESCE(array_agg({what}), '{{}}') AS {name}" for name, what in columns)


def spread(
    terrain: Terrain,
    start: Kind,
    from_id: str,
    wanted: Iterable[Kind],
    depth: int,
    bounds: Bounds,
) -> str:
    """Walk from a row in all directions, as long as there is a kind ahead that is wanted.

    A kind to avoid is entered only if it is wanted, and never left again.
    """
    graph, wanted = terrain.graph, tuple(wanted)
    steps = terrain.usable(start, *wanted)
    ahead = distances(steps, wanted, terrain.avoid)
    entered = terrain.avoid - set(wanted)
    useful = [s for s in steps if ahead.get(s.there, FAR) < depth and s.there not in entered]
    closed = ",".join(str(graph.number(kind)) for kind in terrain.avoid) or "NULL"

    def gate(step: Step) -> str:
        return f" AND s.round + {1 + ahead.get(step.there, FAR)} <= {depth}"

    return f"""spread(round, ids, kinds, seen, kinds_seen, at, why) AS (
SELECT 0, ARRAY[{from_id}], ARRAY[{graph.number(start)}], ARRAY[{from_id}],
 ARRAY[{graph.number(start)}], ARRAY[0], NULL::text
WHERE EXISTS (SELECT FROM {start.__tablename__} x WHERE x.id = {from_id})
UNION ALL
SELECT s.round + 1, y.ids, y.kinds, s.seen || y.all_ids, s.kinds_seen || y.all_kinds,
 s.at || array_fill(s.round + 1, ARRAY[cardinality(y.all_ids)]), {_why("x.cut", bounds)}
FROM spread s
CROSS JOIN LATERAL (SELECT {_lists(("v", "q.v"), ("k", "q.k"))}, count(*) > {bounds.edges} - cardinality(s.seen) AS cut
  FROM (SELECT w.v, w.k FROM unnest(s.ids, s.kinds) n(id, kind)
   CROSS JOIN LATERAL ({branches(graph, useful, gate)}) w
   LIMIT {bounds.edges} + 1 - cardinality(s.seen)) q) x
CROSS JOIN LATERAL (SELECT {_lists(("all_ids", "z.v ORDER BY z.v"), ("all_kinds", "z.k ORDER BY z.v"))},
  COALESCE(array_agg(z.v ORDER BY z.v) FILTER (WHERE z.leads), '{{}}') AS ids,
  COALESCE(array_agg(z.k ORDER BY z.v) FILTER (WHERE z.leads), '{{}}') AS kinds
  FROM (SELECT t.v, min(t.k) AS k, (min(t.k) IN ({closed})) IS NOT TRUE AS leads
   FROM unnest(x.v, x.k) t(v, k)
   WHERE NOT EXISTS (SELECT FROM unnest(s.seen) o(id) WHERE o.id = t.v) GROUP BY t.v) z) y
WHERE s.why IS NULL AND s.round < {depth} AND cardinality(s.ids) > 0)"""


def kinds_of(steps: Iterable[Step], *more: Kind) -> tuple[Kind, ...]:
    """The kinds that steps lead to, and more, each once."""
    return tuple(dict.fromkeys([*more, *(step.there for step in steps)]))
