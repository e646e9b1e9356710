"""common: the events of runs

Revision ID: 20261124164818
Revises: 20261124152055
Create Date: 2026-11-24 16:48:21.939538
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124164818"
down_revision = "20261124152055"
branch_labels = None
depends_on = None

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
# Runs from before have no past to tell; each begins with how it is now.
PRESENT = """
INSERT INTO common_run_event (run_id, sequence, state, attempt, progress, total, message)
SELECT id, 1, state, attempt, progress, total, error FROM common_run
"""


def upgrade() -> None:
    op.create_table(
        "common_run_event",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("progress", sa.BigInteger(), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_common_run_event_sequence", "common_run_event", ["run_id", "sequence"], unique=True
    )
    op.execute(PRESENT)
    for statement in (RECORD, *TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    for name in ("inserted", "updated", "deleted"):
        op.execute(f"DROP TRIGGER common_run_{name} ON common_run")
    op.execute("DROP FUNCTION common_run_record()")
    op.drop_table("common_run_event")
