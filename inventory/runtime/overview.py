"""What there is to operate: queues, workers and jobs, each read by one statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from inventory.runtime.choice import LIVE, STATES

if TYPE_CHECKING:
    from inventory.runtime.ledger import Ledger

QUEUES = """
WITH counted AS (
    SELECT queue AS name, state, count(*) AS runs,
           min(enqueued_at) FILTER (WHERE state = 'pending') AS oldest
    FROM common_run GROUP BY queue, state
), taken AS (
    SELECT q.key AS name, count(*) AS workers, sum(w.concurrency) AS slots
    FROM common_worker w, jsonb_each(w.queues) q
    WHERE w.status = 'active' AND w.seen_at > now() - make_interval(secs => %(lease)s)
    GROUP BY q.key
), names AS (
    SELECT name FROM counted UNION SELECT name FROM common_queue UNION SELECT name FROM taken
    UNION SELECT unnest(%(known)s::text[])
), summed AS (
    SELECT name, jsonb_object_agg(state, runs) AS runs, min(oldest) AS oldest
    FROM counted GROUP BY name
)
SELECT n.name, p.paused_at, COALESCE(s.runs, '{}') AS runs, s.oldest AS oldest_pending_at,
       extract(epoch FROM now() - s.oldest)::float8 AS latency_seconds,
       COALESCE(t.workers, 0) AS workers, COALESCE(t.slots, 0)::bigint AS slots
FROM names n LEFT JOIN summed s USING (name) LEFT JOIN taken t USING (name)
LEFT JOIN common_queue p USING (name)
ORDER BY n.name
"""
WORKERS = """
SELECT name, host, pid, concurrency, queues, active, started_at, seen_at,
       CASE WHEN status <> 'stopped' AND seen_at < now() - make_interval(secs => %(lease)s)
            THEN 'lost' ELSE status END AS status
FROM common_worker
ORDER BY 9, host, pid, name
"""
# A job's latest run, started by its tick or by hand.
JOBS = """
SELECT j.name, j.task, j.spec, j.description, j.queue, j.priority, j.payload,
       j.last_tick AS previous, j.next_tick AS next, j.seen_at,
       j.seen_at > now() - interval '2 minutes' AS is_known,
       r.id AS last_run, r.state AS last_state, r.error AS last_error,
       r.started_at AS last_started_at, r.finished_at AS last_finished_at
FROM common_job j LEFT JOIN LATERAL (
    SELECT * FROM common_run r WHERE r.job = j.name ORDER BY r.created_at DESC LIMIT 1
) r ON true
ORDER BY j.name
"""


def queue(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `QUEUES` with a number for every state."""
    runs = row["runs"]
    states = {state: runs.get(state, 0) for state in STATES}
    size = sum(states[state] for state in LIVE)
    rest = {key: value for key, value in row.items() if key != "runs"}
    return rest | {"is_paused": row["paused_at"] is not None, "size": size} | states


async def queues(ledger: Ledger, known: Iterable[str]) -> list[dict[str, Any]]:
    given = {"known": sorted(known), "lease": ledger.timing.lease}
    return [queue(row) for row in await ledger.rows(QUEUES, given)]


async def workers(ledger: Ledger) -> list[dict[str, Any]]:
    return await ledger.rows(WORKERS, {"lease": ledger.timing.lease})


async def jobs(ledger: Ledger) -> list[dict[str, Any]]:
    return await ledger.rows(JOBS)
