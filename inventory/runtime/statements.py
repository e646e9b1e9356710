"""The SQL of the ledger. Each statement is a step of the life of a run, and atomic."""

from __future__ import annotations

INSERT = """
INSERT INTO common_run
    (id, task, queue, payload, priority, state, max_retry, timeout, deadline, run_at, unique_key,
     unique_waiting, parent_id, job, tick, enqueued_at)
SELECT id, task, queue, payload, priority,
       CASE WHEN due > now() THEN 'scheduled' ELSE 'pending' END, max_retry, timeout, deadline,
       CASE WHEN due > now() THEN due END, unique_key, unique_waiting, parent_id, job, tick, now()
FROM (
    SELECT *, COALESCE(run_at, now() + make_interval(secs => delay)) AS due
    FROM json_to_recordset(%(runs)s::json) AS r
        (id uuid, task text, queue text, payload jsonb, priority integer, max_retry integer,
         timeout float8, deadline timestamptz, delay float8, run_at timestamptz, unique_key text,
         unique_waiting boolean, parent_id uuid, job text, tick timestamptz)
) AS new
ON CONFLICT DO NOTHING
RETURNING id, state
"""

LIVE = """
SELECT id, unique_key FROM common_run WHERE id = ANY(%(ids)s)
UNION ALL
SELECT id, unique_key FROM common_run
WHERE unique_key = ANY(%(keys)s) AND unique_key IS NOT NULL
  AND state IN ('scheduled', 'pending', 'active', 'retry')
"""

CLAIM = """
WITH waiting AS (
    SELECT id FROM common_run AS r
    WHERE id = ANY(%(ids)s) AND state = 'pending' AND NOT EXISTS
        (SELECT FROM common_queue AS q WHERE q.name = r.queue AND q.paused_at IS NOT NULL)
    FOR UPDATE SKIP LOCKED
)
UPDATE common_run AS r
SET state = 'active', attempt = r.attempt + 1, worker_id = %(worker)s,
    lease_until = now() + make_interval(secs => %(lease)s), started_at = now(), run_at = NULL,
    finished_at = NULL, cancel_requested = false, progress = NULL, total = NULL,
    unique_key = CASE WHEN r.unique_waiting THEN NULL ELSE r.unique_key END, updated_at = now()
FROM waiting WHERE r.id = waiting.id
RETURNING r.id, r.task, r.queue, r.payload, r.priority, r.attempt, r.max_retry, r.timeout,
    r.deadline, extract(epoch FROM r.deadline - now())::float8 AS remaining
"""

# A run that was asked to stop is not tried again, however its attempt ended.
FINISH = """
UPDATE common_run AS r
SET state = f.state,
    run_at = CASE WHEN f.state = 'retry' THEN now() + make_interval(secs => f.delay) END,
    finished_at = CASE WHEN f.state <> 'retry' THEN now() END,
    lease_until = NULL, cancel_requested = false, error = f.error, error_code = f.error_code,
    result = f.result, scope = COALESCE(f.scope, r.scope), seen = f.seen, written = f.written,
    deleted = f.deleted, progress = COALESCE(f.progress, r.progress),
    total = COALESCE(f.total, r.total), updated_at = now()
FROM (
    SELECT o.id, o.attempt, o.delay, o.error, o.error_code, o.result, o.scope, o.seen, o.written,
           o.deleted, o.progress, o.total,
           CASE WHEN o.state = 'retry' AND h.cancel_requested THEN 'cancelled' ELSE o.state END
               AS state
    FROM json_to_recordset(%(outcomes)s::json) AS o
        (id uuid, attempt integer, state text, delay float8, error text, error_code text,
         result jsonb, scope text, seen bigint, written bigint, deleted bigint, progress bigint,
         total bigint)
    JOIN common_run AS h ON h.id = o.id
) AS f
WHERE r.id = f.id AND r.worker_id = %(worker)s AND r.attempt = f.attempt AND r.state = 'active'
RETURNING r.id, r.state
"""

HAND_BACK = """
UPDATE common_run
SET state = CASE WHEN cancel_requested THEN 'cancelled' ELSE 'pending' END,
    attempt = attempt - 1, lease_until = NULL, started_at = NULL, enqueued_at = now(),
    finished_at = CASE WHEN cancel_requested THEN now() END, updated_at = now()
WHERE worker_id = %(worker)s AND state = 'active' AND id = ANY(%(ids)s)
RETURNING id, queue, priority, extract(epoch FROM enqueued_at)::float8
"""

# `updated_at` stays: that a lease was renewed is no change that anyone wants to hear of.
RENEW = """
UPDATE common_run SET lease_until = now() + make_interval(secs => %(lease)s)
WHERE worker_id = %(worker)s AND state = 'active' AND id = ANY(%(ids)s)
RETURNING id, cancel_requested
"""

REPORT = """
INSERT INTO common_worker (name, host, pid, concurrency, queues, status, active, started_at, seen_at)
VALUES (%(name)s, %(host)s, %(pid)s, %(concurrency)s, %(queues)s, %(status)s, %(active)s,
        %(started_at)s, now())
ON CONFLICT (name) DO UPDATE
    SET status = excluded.status, active = excluded.active, seen_at = now(), updated_at = now()
"""

PAUSED = "SELECT name FROM common_queue WHERE paused_at IS NOT NULL"

PROGRESS = """
UPDATE common_run AS r SET progress = p.done, total = p.total, updated_at = now()
FROM json_to_recordset(%(progress)s::json) AS p (id uuid, done bigint, total bigint)
WHERE r.id = p.id AND r.worker_id = %(worker)s AND r.state = 'active'
"""

# One reaper at a time is enough; which process it is does not matter.
REAPER_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('inventory reaper', 0))"

EXPIRED = """
WITH dead AS (
    SELECT id FROM common_run WHERE state = 'active' AND lease_until < now()
    ORDER BY lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED
)
UPDATE common_run AS r
SET state = n.state, lease_until = NULL, enqueued_at = now(), updated_at = now(),
    finished_at = CASE WHEN n.state <> 'pending' THEN now() END,
    error = 'worker ' || r.worker_id || ' stopped reporting', error_code = 'LEASE_EXPIRED'
FROM (
    SELECT l.id, CASE WHEN l.cancel_requested THEN 'cancelled'
                      WHEN l.attempt > l.max_retry THEN 'archived' ELSE 'pending' END AS state
    FROM common_run AS l JOIN dead ON dead.id = l.id
) AS n
WHERE r.id = n.id
RETURNING r.id, r.queue, r.priority, extract(epoch FROM r.enqueued_at)::float8, r.state
"""

DUE = """
WITH due AS (
    SELECT id FROM common_run WHERE state IN ('scheduled', 'retry') AND run_at <= now()
    ORDER BY run_at LIMIT 5000 FOR UPDATE SKIP LOCKED
)
UPDATE common_run AS r
SET state = 'pending', enqueued_at = now(), run_at = NULL, updated_at = now()
FROM due WHERE r.id = due.id
RETURNING r.id, r.queue, r.priority, extract(epoch FROM r.enqueued_at)::float8, r.state
"""

WAITING = """
SELECT queue, count(*) FROM common_run
WHERE state = 'pending' AND enqueued_at < now() - make_interval(secs => %(lost)s)
GROUP BY queue
"""

DOORBELLS = """
SELECT id, queue, priority, enqueued_at FROM common_run
WHERE state = 'pending' AND queue = %(queue)s
  AND (enqueued_at, id) > (%(at)s::timestamptz, %(id)s)
ORDER BY enqueued_at, id LIMIT 5000
"""
