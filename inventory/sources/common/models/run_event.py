"""What happened to each run, so that whoever watches misses nothing, not even while away."""

from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa

from inventory.core.columns import Int32
from inventory.core.reference import reference
from inventory.sources.common.models.base import CommonModel
from inventory.sources.common.models.run import Run


class RunEvent(CommonModel, table=True):
    """A change of a run. Written by the statement that changes the run, deleted with the run."""

    display: ClassVar[str | None] = "state"
    indexes: ClassVar[tuple[sa.Index, ...]] = (
        sa.Index("uq_common_run_event_sequence", "run_id", "sequence", unique=True),
    )

    run_id: UUID
    """The run."""
    sequence: Int32
    """Its place among the run's events: 1, 2, 3, without a gap."""
    state: str
    """The state that the run was in from then on."""
    attempt: Int32 = 0
    """How often the run had been started."""
    progress: int | None = None
    """How far it was."""
    total: int | None = None
    """How far it had to go, if that was known."""
    message: str | None = None
    """What happened, for people: which worker took it, why it failed, when it is due again."""


events_of_a_run = reference(
    RunEvent, "run_id", Run, there="run", back="events", doc="What happened to it."
)

# Progress is told often and wanted seldom: an event is worth it after a hundredth of the time that
# the attempt has taken so far, so that an hour makes some hundreds of events and not fifteen thousand.
RECORD = """
CREATE FUNCTION common_run_record() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    heard text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM common_run_event WHERE run_id IN (SELECT id FROM gone);
        SELECT CASE WHEN count(*) > 100 THEN '*' ELSE string_agg(id::text, ',') END INTO heard
        FROM gone;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO common_run_event (run_id, sequence, state, attempt, message)
        SELECT id, 1, state, attempt,
               CASE WHEN state = 'scheduled' THEN 'is due at ' || date_trunc('second', run_at)
                    ELSE 'waits in queue ' || queue END
        FROM now_so;
    ELSE
        WITH written AS (
            INSERT INTO common_run_event
                (run_id, sequence, state, attempt, progress, total, message)
            SELECT n.id, COALESCE(last.sequence, 0) + 1, n.state, n.attempt, n.progress, n.total,
                CASE
                WHEN n.state = o.state AND n.cancel_requested AND NOT o.cancel_requested
                    THEN 'was asked to stop'
                WHEN n.state = o.state THEN NULL
                WHEN n.state = 'active' THEN 'runs on ' || n.worker_id
                WHEN n.state = 'completed' THEN NULL
                WHEN n.state IN ('archived', 'cancelled') THEN n.error
                ELSE concat_ws('; ',
                    CASE WHEN n.error IS DISTINCT FROM o.error OR n.state = 'retry'
                         THEN n.error END,
                    CASE WHEN n.run_at IS NULL THEN 'waits in queue ' || n.queue
                         ELSE 'is due at ' || date_trunc('second', n.run_at) END)
                END
            FROM now_so AS n JOIN before AS o ON o.id = n.id
            LEFT JOIN LATERAL (
                SELECT e.sequence, e.created_at FROM common_run_event AS e
                WHERE e.run_id = n.id ORDER BY e.sequence DESC LIMIT 1
            ) AS last ON true
            WHERE n.state <> o.state OR n.attempt <> o.attempt
               OR (n.cancel_requested AND NOT o.cancel_requested)
               OR ((n.progress, n.total) IS DISTINCT FROM (o.progress, o.total)
                   AND (last.created_at IS NULL OR
                        now() - last.created_at >= (now() - n.started_at) / 100))
            ORDER BY n.id
            RETURNING run_id
        )
        SELECT CASE WHEN count(*) > 100 THEN '*' ELSE string_agg(run_id::text, ',') END INTO heard
        FROM written;
    END IF;
    IF heard IS NOT NULL THEN
        PERFORM pg_notify('inventory_run', heard);
    END IF;
    RETURN NULL;
END $$
"""
TRIGGERS = (
    """
CREATE TRIGGER common_run_inserted AFTER INSERT ON common_run
REFERENCING NEW TABLE AS now_so FOR EACH STATEMENT EXECUTE FUNCTION common_run_record()
""",
    """
CREATE TRIGGER common_run_updated AFTER UPDATE ON common_run
REFERENCING OLD TABLE AS before NEW TABLE AS now_so
FOR EACH STATEMENT EXECUTE FUNCTION common_run_record()
""",
    """
CREATE TRIGGER common_run_deleted AFTER DELETE ON common_run
REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION common_run_record()
""",
)


def _recorded(_table: object, connection: sa.Connection, **_: object) -> None:
    """Where tables are made without migrations, as in tests, the triggers belong to them."""
    for statement in (RECORD, *TRIGGERS):
        connection.exec_driver_sql(statement)


sa.event.listen(Run.__table__, "after_create", _recorded)
