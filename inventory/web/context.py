"""What the resolvers of one request get: who asks, the queue, and a way to read a run."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import GraphQLResolveInfo

from inventory.core.access import Caller
from inventory.db import audit
from inventory.db.audit import Attempt, Outcome
from inventory.errors import DatabaseError, QueryError
from inventory.graph.execute import Engine
from inventory.runtime import events
from inventory.runtime.control import Control
from inventory.runtime.queue import Queue

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RequestContext:
    """One request. Implements `graph.operator.Operator`, `graph.audited.Auditor` and
    `graph.subscriptions.Watcher`.
    """

    caller: Caller
    engine: Engine
    """On the database as the caller may see it."""
    queue: Queue
    bell: events.Bell | None = None
    """What says when a run that someone follows has news."""
    origin: str | None = None
    """The address that the request came from."""

    def require_operator(self) -> None:
        """Raise QueryError FORBIDDEN unless the caller may run tasks."""
        if self.caller.role != "operator":
            raise QueryError(
                f"{self.caller.name} may read, and running tasks needs the role `operator`",
                code="FORBIDDEN",
            )

    def require_overview(self) -> None:
        """Raise QueryError FORBIDDEN unless the caller may read what belongs to no scope."""
        if self.caller.restriction is not None:
            raise QueryError(
                f"{self.caller.name} may read the resources of some scopes, and queues, workers and "
                "the schedule belong to none",
                code="FORBIDDEN",
            )

    @property
    def control(self) -> Control:
        return Control(self.queue)

    async def begin(self, action: str, arguments: Mapping[str, Any]) -> UUID:
        """Record that the caller is about to do something. Raises DatabaseError if that fails."""
        who = self.caller
        attempt = Attempt(who.name, who.role, "graphql", self.origin, action, arguments)
        ((event,),) = await self.queue.ledger.fetch(audit.BEGIN, attempt.parameters())
        found: UUID = event
        return found

    async def end(self, event: UUID, outcome: Outcome) -> None:
        """Record what came of it; what was done stays done, even if that fails."""
        try:
            await self.queue.ledger.fetch(audit.END, outcome.parameters(event))
        except DatabaseError as error:
            log.error("audit incomplete", extra={"event": str(event), "reason": str(error)})

    async def enqueue(self, task: str, payload: dict[str, Any], **options: Any) -> UUID:
        """Enqueue a run and return its id."""
        enqueued = await self.queue.enqueue(task, payload, **options)
        return enqueued.id

    async def read_run(self, run_id: UUID, info: GraphQLResolveInfo[Any]) -> dict[str, Any] | None:
        """Read what the payload's `run` field selects."""
        return await self.engine.read_one("common_run", str(run_id), info)

    async def run_events(
        self, run: str, after: int, info: GraphQLResolveInfo[Any]
    ) -> AsyncGenerator[dict[str, Any]]:
        """The events of a run after a sequence, as they come; ends when the run has ended."""
        assert self.bell is not None  # noqa: S101 - who offers streams has one
        run_id = events.run_id_of(run)
        self.engine.check_one("common_run", "run", info)
        following = events.follow(self.engine.database.fetch, self.bell, run_id, after)
        async with aclosing(following) as pages:
            async for page in pages:
                for event in page:
                    yield {**event, "run_id": run_id}

    async def read_event_run(
        self, event: dict[str, Any], info: GraphQLResolveInfo[Any]
    ) -> dict[str, Any] | None:
        """Read what the event's `run` field selects."""
        return await self.read_run(event["run_id"], info)

    async def read_runs(
        self, run_ids: Sequence[UUID], info: GraphQLResolveInfo[Any]
    ) -> list[dict[str, Any]]:
        """Read what the payload's `runs` field selects."""
        return await self.engine.read_many("common_run", [str(each) for each in run_ids], info)

    async def choose_runs(
        self, where: dict[str, Any], states: Sequence[str], limit: int
    ) -> tuple[int, list[UUID]]:
        """How many runs in these states a condition selects, and the first of them."""
        count, ids = await self.engine.choose("common_run", where, states, limit)
        return count, [UUID(each) for each in ids]
