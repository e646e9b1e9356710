"""The ledger of runs: it decides, Redis only rings."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa

from inventory.core.columns import Int32
from inventory.core.reference import reference
from inventory.sources.common.models.base import CommonModel

LIVE = ("scheduled", "pending", "active", "retry")
"""The states in which a run is still to come to an end."""
DONE = ("completed", "archived", "cancelled")


class Run(CommonModel, table=True):
    """One execution of a task, its repeated attempts included: what was asked, what became of
    it.
    """

    display: ClassVar[str | None] = "task"
    indexes: ClassVar[tuple[sa.Index, ...]] = (
        sa.Index(
            "uq_common_run_unique_key",
            "unique_key",
            unique=True,
            postgresql_where=sa.text(
                "NOT unique_waiting AND state IN ('scheduled', 'pending', 'active', 'retry')"
            ),
        ),
        sa.Index(
            "uq_common_run_waiting_key",
            "unique_key",
            unique=True,
            postgresql_where=sa.text(
                "unique_waiting AND started_at IS NULL AND state IN ('scheduled', 'pending')"
            ),
        ),
        sa.Index(
            "ix_common_run_superseded",
            "unique_key",
            postgresql_where=sa.text("unique_waiting AND state = 'retry'"),
        ),
        sa.Index(
            "uq_common_run_tick",
            "job",
            "tick",
            unique=True,
            postgresql_where=sa.text("job IS NOT NULL"),
        ),
        sa.Index(
            "ix_common_run_pending",
            "queue",
            "enqueued_at",
            postgresql_where=sa.text("state = 'pending'"),
        ),
        sa.Index(
            "ix_common_run_due",
            "run_at",
            postgresql_where=sa.text("state IN ('scheduled', 'retry')"),
        ),
        sa.Index("ix_common_run_state", "state", "created_at", "id"),
        sa.Index("ix_common_run_created", "created_at", "id"),
        sa.Index("ix_common_run_task", "task", "created_at"),
        sa.Index("ix_common_run_parent", "parent_id"),
    )

    task: str
    """The name of the task, such as `aws:task:collect-vpcs`."""
    queue: str = "default"
    """The queue that it waits in."""
    payload: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    """What the task is told."""
    priority: Int32 = 0
    """Of two waiting runs of a queue the one of higher priority goes first."""
    state: str = "pending"
    """`scheduled`, `pending`, `active`, `retry`, `completed`, `archived` or `cancelled`."""
    attempt: Int32 = 0
    """How often it was started; an attempt that a stopping worker handed back does not count."""
    max_retry: Int32 = 25
    """How many attempts may follow the first."""
    timeout: float = 1800
    """How long one attempt may take, in seconds."""
    deadline: datetime | None = None
    """When no attempt makes sense any more."""
    run_at: datetime | None = None
    """When a run that is scheduled or waits for its next attempt is due."""
    worker_id: str | None = None
    """The worker that had it last."""
    lease_until: datetime | None = None
    """Until when the worker is believed to be alive if it does not report again."""
    cancel_requested: bool = False
    """Whether someone asked an active run to stop."""
    unique_key: str | None = None
    """Of the runs with one key only one is live at a time."""
    unique_waiting: bool = False
    """Whether the key only keeps a second run from waiting, and is free once the run starts."""
    job: str | None = None
    """The scheduled job that asked for it."""
    tick: datetime | None = None
    """The time that the job was due; one run exists for each."""
    parent_id: UUID | None = None
    """The run that fanned it out."""
    traceparent: str | None = None
    """The trace that it belongs to, as W3C writes it; absent where nothing is traced."""
    scope: str | None = None
    """What part of the source a collector read."""
    seen: int | None = None
    """Rows that a collector read."""
    written: int | None = None
    """Rows that were new or different."""
    deleted: int | None = None
    """Rows that are gone."""
    progress: int | None = None
    """How far it is, or was."""
    total: int | None = None
    """How far it has to go, if that is known."""
    result: dict[str, Any] | None = None
    """What the task returned."""
    error: str | None = None
    """Why the latest attempt failed."""
    error_code: str | None = None
    """The kind of that failure."""
    enqueued_at: datetime | None = None
    """When it was last put into its queue."""
    started_at: datetime | None = None
    """When the latest attempt began."""
    finished_at: datetime | None = None
    """When it came to its end."""


# `parent` alone is a column of Google's projects, and a name means one type in the whole schema.
parent = reference(
    Run,
    "parent_id",
    Run,
    there="parentRun",
    back="children",
    doc="A run fanned another one out.",
)
