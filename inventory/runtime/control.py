"""What operators do with runs and queues: cancel, retry, archive, delete, pause, resume, drain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import time
from typing import Any
from uuid import UUID

import psycopg

from inventory.errors import PayloadError
from inventory.runtime.ledger import Doorbell
from inventory.runtime.queue import Queue

# An active run is only asked to stop; its worker records the end.
CANCEL = """
UPDATE common_run
SET state = CASE WHEN state = 'active' THEN state ELSE 'cancelled' END,
    cancel_requested = state = 'active', run_at = NULL,
    finished_at = CASE WHEN state = 'active' THEN NULL ELSE now() END, updated_at = now()
WHERE id IN (
    SELECT id FROM common_run
    WHERE id = ANY(%(ids)s) AND state IN ('scheduled', 'pending', 'active', 'retry')
    ORDER BY id FOR NO KEY UPDATE)
RETURNING id, state
"""
RETRY = """
UPDATE common_run
SET state = 'pending', attempt = 0, run_at = NULL, finished_at = NULL, enqueued_at = now(),
    cancel_requested = false, updated_at = now()
WHERE id = ANY(%(ids)s) AND state IN ('scheduled', 'retry', 'completed', 'archived', 'cancelled')
RETURNING id, queue, priority
"""
ARCHIVE = """
UPDATE common_run SET state = 'archived', run_at = NULL, finished_at = now(), updated_at = now()
WHERE id = ANY(%(ids)s) AND state IN ('scheduled', 'pending', 'retry', 'cancelled', 'completed')
RETURNING id
"""
DELETE = "DELETE FROM common_run WHERE id = ANY(%(ids)s) AND state <> 'active' RETURNING id"
PAUSE = """
INSERT INTO common_queue (name, paused_at) VALUES (%(queue)s, now())
ON CONFLICT (name) DO UPDATE SET paused_at = now(), updated_at = now()
WHERE common_queue.paused_at IS NULL
RETURNING name
"""
RESUME = """
UPDATE common_queue SET paused_at = NULL, updated_at = now()
WHERE name = %(queue)s AND paused_at IS NOT NULL
RETURNING name
"""
DRAIN = """
DELETE FROM common_run WHERE queue = %(queue)s AND state = %(state)s AND state <> 'active'
RETURNING id
"""


@dataclass(frozen=True)
class Control:
    """Operations on what is in the ledger. Each returns the ids that it applied to."""

    queue: Queue

    async def cancel(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        """Cancel runs. An active one is asked to stop and stays `active` until it has."""
        states = dict(await self._all(CANCEL, ids=list(ids)))
        active = [run_id for run_id, state in states.items() if state == "active"]
        if active:
            await self.queue.broker.announce_cancel(active)
        return states

    async def retry(self, ids: Sequence[UUID]) -> list[UUID]:
        """Run again at once what waits for its time or has come to an end."""
        try:
            rows = await self._all(RETRY, ids=list(ids))
        except psycopg.errors.UniqueViolation as error:
            raise PayloadError(
                "another live run holds the unique key of one of these runs; cancel it first"
            ) from error
        await self.queue.broker.ring(
            Doorbell(run, queue, rank, time()) for run, queue, rank in rows
        )
        return [row[0] for row in rows]

    async def archive(self, ids: Sequence[UUID]) -> list[UUID]:
        """Put aside what is not active."""
        return [row[0] for row in await self._all(ARCHIVE, ids=list(ids))]

    async def delete(self, ids: Sequence[UUID]) -> list[UUID]:
        """Forget runs that are not active."""
        return [row[0] for row in await self._all(DELETE, ids=list(ids))]

    async def pause(self, queue: str) -> bool:
        """Start no more runs of a queue. False if it is paused."""
        return bool(await self._all(PAUSE, queue=queue))

    async def resume(self, queue: str) -> bool:
        """Start runs of a queue again. False if it is not paused."""
        return bool(await self._all(RESUME, queue=queue))

    async def drain(self, queue: str, state: str) -> int:
        """Forget all runs of a queue in a state other than active."""
        return len(await self._all(DRAIN, queue=queue, state=state))

    async def _all(self, statement: str, **given: Any) -> list[Any]:
        return await self.queue.ledger.fetch(statement, given)
