"""What the resolvers of one request get: who asks, the queue, and a way to read a run."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import GraphQLResolveInfo

from inventory.core.access import Caller
from inventory.errors import QueryError
from inventory.graph.execute import Engine
from inventory.runtime import events
from inventory.runtime.queue import Queue


@dataclass(frozen=True)
class RequestContext:
    """One request. Implements `graph.mutations.Operator` and `graph.subscriptions.Watcher`."""

    caller: Caller
    engine: Engine
    """On the database as the caller may see it."""
    queue: Queue
    bell: events.Bell | None = None
    """What says when a run that someone follows has news."""

    def require_operator(self) -> None:
        """Raise QueryError FORBIDDEN unless the caller may run tasks."""
        if self.caller.role != "operator":
            raise QueryError(
                f"{self.caller.name} may read, and running tasks needs the role `operator`",
                code="FORBIDDEN",
            )

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
