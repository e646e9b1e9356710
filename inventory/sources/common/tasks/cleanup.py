"""Remove runs that have come to their end."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator

from inventory.core import duration
from inventory.core.task import Payload, RunContext, task
from inventory.errors import ConfigError
from inventory.sources.common import source as common

BATCH = 5000
DELETE = """
DELETE FROM common_run WHERE id IN (
    SELECT id FROM common_run
    WHERE state = ANY(%(states)s) AND finished_at <= now() - %(age)s
      AND (%(queue)s::text IS NULL OR queue = %(queue)s)
    ORDER BY created_at LIMIT %(batch)s)
"""


def _readable(text: str) -> str:
    try:
        duration.parse(text)
    except ConfigError as error:
        raise ValueError(str(error)) from error
    return text


Duration = Annotated[str, AfterValidator(_readable)]
"""A duration as people write it, such as `24h`; kept as text, since payloads are shown."""


class CleanupPayload(Payload):
    queue: str | None = None
    """Only runs of this queue."""
    older_than: Duration = "0s"
    """Only runs that ended so long ago, such as `24h`."""


@task(common, payload=CleanupPayload)
def delete_completed_tasks(run: RunContext, payload: CleanupPayload) -> dict[str, Any]:
    """Delete the records of runs that completed or were cancelled."""
    return _delete(run, payload, ["completed", "cancelled"])


@task(common, payload=CleanupPayload)
def delete_archived_tasks(run: RunContext, payload: CleanupPayload) -> dict[str, Any]:
    """Delete the records of runs that failed for good."""
    return _delete(run, payload, ["archived"])


def _delete(run: RunContext, payload: CleanupPayload, states: list[str]) -> dict[str, Any]:
    age: timedelta = duration.parse(payload.older_than)
    given = {"states": states, "age": age, "queue": payload.queue, "batch": BATCH}
    deleted, last = 0, BATCH
    with run.db() as db:
        while last == BATCH:
            run.check()
            last = db.execute(DELETE, given).rowcount
            deleted += last
            run.progress(deleted)
    return {"deleted": deleted}
