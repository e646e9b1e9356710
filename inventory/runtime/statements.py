"""The SQL of the ledger. Each statement is a step of the life of a run, and atomic.

What may touch the same runs at the same time locks them in the order of their ids, or leaves those
that are locked alone: so none waits for another in a circle.
"""

from __future__ import annotations

INSERT = """
INSERT INTO common_run
    (id, task, queue, payload, priority, state, max_retry, timeout, deadline, run_at, unique_key,
     unique_waiting, parent_id, job, tick, traceparent, enqueued_at)
SELECT id, task, queue, payload, priority,
       CASE WHEN due > now() THEN 'scheduled' ELSE 'pending' END, max_retry, timeout, deadline,
       CASE WHEN due > now() THEN due END, unique_key, unique_waiting, parent_id, job, tick,
       traceparent, now()
FROM (
    SELECT *, COALESCE(run_at, now() + make_interval(secs => delay)) AS due
    FROM json_to_recordset(%(runs)s::json) AS r
        (id uuid, task text, queue text, payload jsonb, priority integer, max_retry integer,
         timeout float8, deadline timestamptz, delay float8, run_at timestamptz, unique_key text,
         unique_waiting boolean, parent_id uuid, job text, tick timestamptz, traceparent text)
) AS new
ORDER BY unique_key, id
ON CONFLICT DO NOTHING
RETURNING id, state
"""

LIVE = """
SELECT id, unique_key FROM common_run WHERE id = ANY(%(ids)s)
UNION ALL
SELECT id, unique_key FROM common_run
WHERE unique_key = ANY(%(keys)s) AND NOT unique_waiting
  AND state IN ('scheduled', 'pending', 'active', 'retry')
UNION ALL
SELECT id, unique_key FROM common_run
WHERE unique_key = ANY(%(keys)s) AND unique_waiting AND started_at IS NULL
  AND state IN ('scheduled', 'pending')
"""

# A new run does at once what a failed one waits to do again: the old one has no more purpose.
SUPERSEDE = """
UPDATE common_run SET state = 'cancelled', finished_at = now(), run_at = NULL, updated_at = now()
WHERE unique_key = ANY(%(keys)s) AND unique_waiting AND state = 'retry'
"""

# It waits for the disk: a PostgreSQL that forgot a claim in a crash would give the run to another
# worker while this one is still at it.
CLAIM = """
WITH waiting AS (
    SELECT id FROM common_run AS r
    WHERE id = ANY(%(ids)s) AND state = 'pending' AND NOT EXISTS
        (SELECT FROM common_queue AS q WHERE q.name = r.queue AND q.paused_at IS NOT NULL)
    FOR UPDATE OF r SKIP LOCKED
)
UPDATE common_run AS r
SET state = 'active', attempt = r.attempt + 1, worker_id = %(worker)s,
    lease_until = now() + make_interval(secs => %(lease)s), started_at = now(), run_at = NULL,
    finished_at = NULL, cancel_requested = false, progress = NULL, total = NULL,
    updated_at = now()
FROM waiting WHERE r.id = waiting.id
RETURNING r.id, r.task, r.queue,
    CASE WHEN pg_column_size(r.payload) <= %(largest)s THEN r.payload::text END AS payload,
    r.priority, r.attempt, r.max_retry, r.timeout, r.deadline,
    extract(epoch FROM r.deadline - now())::float8 AS remaining, r.traceparent
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
    ORDER BY h.id FOR NO KEY UPDATE OF h
) AS f
WHERE r.id = f.id AND r.worker_id = %(worker)s AND r.attempt = f.attempt AND r.state = 'active'
RETURNING r.id, r.state
"""

# With a delay, for a thread that nobody can stop: by then its process has ended.
HAND_BACK = """
WITH mine AS (
    SELECT id FROM common_run
    WHERE worker_id = %(worker)s AND state = 'active' AND id = ANY(%(ids)s)
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE common_run AS r
SET state = CASE WHEN cancel_requested THEN 'cancelled'
                 WHEN %(delay)s > 0 THEN 'scheduled' ELSE 'pending' END,
    run_at = CASE WHEN NOT cancel_requested AND %(delay)s > 0
                  THEN now() + make_interval(secs => %(delay)s) END,
    attempt = attempt - 1, lease_until = NULL, enqueued_at = now(),
    finished_at = CASE WHEN cancel_requested THEN now() END, updated_at = now()
FROM mine WHERE r.id = mine.id
RETURNING r.id, queue, priority, extract(epoch FROM enqueued_at)::float8, state
"""

# `updated_at` stays: that a lease was renewed is no change that anyone wants to hear of.
RENEW = """
WITH mine AS (
    SELECT id FROM common_run
    WHERE worker_id = %(worker)s AND state = 'active' AND id = ANY(%(ids)s)
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE common_run AS r SET lease_until = now() + make_interval(secs => %(lease)s)
FROM mine WHERE r.id = mine.id
RETURNING r.id, cancel_requested
"""

# Runs that the worker was given without hearing of it: the answer to its claim got lost.
UNHEARD = """
SELECT id FROM common_run
WHERE worker_id = %(worker)s AND state = 'active' AND NOT id = ANY(%(ids)s)
"""

# Whether an attempt is still the one that counts. Until the transaction ends, nobody changes that.
FENCE = """
SELECT FROM common_run
WHERE id = %(id)s AND worker_id = %(worker)s AND attempt = %(attempt)s AND state = 'active'
FOR SHARE
"""

REPORT = """
INSERT INTO common_worker (name, host, pid, concurrency, queues, status, active, started_at, seen_at)
VALUES (%(name)s, %(host)s, %(pid)s, %(concurrency)s, %(queues)s, %(status)s, %(active)s,
        %(started_at)s, now())
ON CONFLICT (name) DO UPDATE
    SET status = excluded.status, active = excluded.active, seen_at = now(), updated_at = now()
"""

# `inventory collect` alone takes from a queue that it made for itself; when it was killed, nobody does.
PRIVATE = "collect-"
ABANDONED = """
WITH gone AS (
    SELECT r.id FROM common_run AS r
    WHERE r.state IN ('scheduled', 'pending', 'retry') AND r.queue ~ '^collect-[0-9a-f]{12}$'
      AND r.enqueued_at < now() - make_interval(secs => %(patience)s) AND NOT EXISTS (
        SELECT FROM common_worker AS w
        WHERE w.queues ? r.queue AND w.seen_at > now() - make_interval(secs => %(patience)s))
    ORDER BY r.id LIMIT 5000 FOR NO KEY UPDATE OF r SKIP LOCKED
)
UPDATE common_run AS r
SET state = 'cancelled', finished_at = now(), run_at = NULL, updated_at = now(),
    error = 'the inventory collect that enqueued it is gone, and nobody else takes from its queue',
    error_code = 'ABANDONED'
FROM gone WHERE r.id = gone.id
RETURNING r.id
"""

PAUSED = "SELECT name FROM common_queue WHERE paused_at IS NOT NULL"

PROGRESS = """
WITH mine AS (
    SELECT h.id, p.done, p.total
    FROM json_to_recordset(%(progress)s::json) AS p (id uuid, done bigint, total bigint)
    JOIN common_run AS h ON h.id = p.id
    WHERE h.worker_id = %(worker)s AND h.state = 'active'
    ORDER BY h.id FOR NO KEY UPDATE OF h SKIP LOCKED
)
UPDATE common_run AS r SET progress = mine.done, total = mine.total, updated_at = now()
FROM mine WHERE r.id = mine.id
"""

# One reaper at a time is enough; which process it is does not matter.
REAPER_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('inventory reaper', 0))"

FORGET_WORKERS = "DELETE FROM common_worker WHERE seen_at < now() - interval '1 day'"

# While PostgreSQL was away nobody could renew a lease, so those who live get the time to do so. A
# run whose worker vanished twice in a row may be the reason: it waits longer each time, so that the
# workers do other runs in between.
EXPIRED = """
WITH dead AS (
    SELECT id FROM common_run WHERE state = 'active' AND lease_until < now()
      AND pg_postmaster_start_time() < now() - make_interval(secs => %(settle)s)
    ORDER BY lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED
)
UPDATE common_run AS r
SET state = n.state, lease_until = NULL, enqueued_at = now(), updated_at = now(),
    run_at = CASE WHEN n.state = 'retry' THEN now() + make_interval(secs => %(stretch)s * least(
        (r.attempt - 2) ^ 4 + 15 + 30 * random() * (r.attempt - 1), 21600)) END,
    finished_at = CASE WHEN n.state NOT IN ('pending', 'retry') THEN now() END,
    error = 'worker ' || r.worker_id || ' stopped reporting', error_code = 'LEASE_EXPIRED'
FROM (
    SELECT l.id, CASE WHEN l.cancel_requested THEN 'cancelled'
                      WHEN l.attempt > l.max_retry THEN 'archived'
                      WHEN l.attempt > 1 AND l.error_code = 'LEASE_EXPIRED' THEN 'retry'
                      ELSE 'pending' END AS state
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

# In the order in which workers take them: what was lost was in front.
DOORBELLS = """
SELECT id, queue, priority, extract(epoch FROM enqueued_at)::float8 FROM common_run
WHERE state = 'pending' AND queue = %(queue)s
ORDER BY priority DESC, enqueued_at, id LIMIT %(limit)s
"""

# A job that is new starts with its next tick; of one that is known, the last tick stays, so that
# what was due meanwhile is made up.
KNOW_JOBS = """
INSERT INTO common_job
    (name, task, spec, description, queue, priority, payload, last_tick, next_tick, seen_at)
SELECT name, task, spec, description, queue, priority, payload, last_tick, next_tick, now()
FROM json_to_recordset(%(jobs)s::json) AS j
    (name text, task text, spec text, description text, queue text, priority integer,
     payload jsonb, last_tick timestamptz, next_tick timestamptz)
ON CONFLICT (name) DO UPDATE
    SET task = excluded.task, next_tick = excluded.next_tick, seen_at = now(), updated_at = now(),
        spec = excluded.spec, description = excluded.description, queue = excluded.queue,
        priority = excluded.priority, payload = excluded.payload,
        last_tick = CASE WHEN common_job.spec = excluded.spec THEN common_job.last_tick
                         ELSE excluded.last_tick END
"""

STILL_KNOWN = "UPDATE common_job SET seen_at = now() WHERE name = ANY(%(jobs)s) RETURNING name"

LAST_TICKS = "SELECT name, last_tick FROM common_job WHERE name = ANY(%(jobs)s)"

TICKED = """
UPDATE common_job SET last_tick = greatest(last_tick, %(tick)s), next_tick = %(next)s,
    seen_at = now(), updated_at = now()
WHERE name = %(job)s
"""
