"""What the resolvers of one request get: who asks, the queue, and a way to read a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import GraphQLResolveInfo

from inventory.core.access import Caller
from inventory.errors import QueryError
from inventory.graph.execute import Engine
from inventory.runtime.queue import Queue


@dataclass(frozen=True)
class RequestContext:
    """One request. Implements `graph.mutations.Operator`."""

    caller: Caller
    engine: Engine
    """On the database as the caller may see it."""
    queue: Queue

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
