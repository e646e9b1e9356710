"""What the resolvers of operations need of the request: who asks, and a hand on runs and queues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from graphql import GraphQLResolveInfo


class Done(Protocol):
    """What a verb applied to, and why to which runs it did not."""

    @property
    def states(self) -> Mapping[UUID, str]: ...

    @property
    def refused(self) -> Mapping[UUID, str]: ...


class Enqueued(Protocol):
    """A run that was accepted, or that was there already."""

    @property
    def id(self) -> UUID: ...

    @property
    def created(self) -> bool: ...


class Control(Protocol):
    """Operations on runs, queues and jobs. Those on names raise PayloadError for unknown ones."""

    def states_of(self, verb: str) -> Sequence[str]:
        """The states in which a verb can be applied."""

    async def apply(self, verb: str, ids: Iterable[UUID]) -> Done: ...

    async def queues(self) -> list[dict[str, Any]]: ...

    async def workers(self) -> list[dict[str, Any]]: ...

    async def jobs(self) -> list[dict[str, Any]]: ...

    async def pause(self, queue: str) -> bool: ...

    async def resume(self, queue: str) -> bool: ...

    async def size(self, queue: str, states: Sequence[str]) -> int: ...

    async def drain(self, queue: str, states: Sequence[str]) -> int: ...

    async def run_job(self, name: str) -> Enqueued: ...


class Operator(Protocol):
    """The request, to the resolvers of what is not collected."""

    @property
    def control(self) -> Control: ...

    def require_operator(self) -> None:
        """Raise QueryError FORBIDDEN unless the caller may run tasks."""

    def require_overview(self) -> None:
        """Raise QueryError FORBIDDEN unless the caller may read what belongs to no scope."""

    async def enqueue(self, task: str, payload: dict[str, Any], **options: Any) -> UUID:
        """Enqueue a run and return its id."""

    async def read_run(self, run_id: UUID, info: GraphQLResolveInfo[Any]) -> dict[str, Any] | None:
        """Read what the payload's `run` field selects."""

    async def read_runs(
        self, run_ids: Sequence[UUID], info: GraphQLResolveInfo[Any]
    ) -> list[dict[str, Any]]:
        """Read what the payload's `runs` field selects."""

    async def choose_runs(
        self, where: dict[str, Any], states: Sequence[str], limit: int
    ) -> tuple[int, list[UUID]]:
        """How many runs in these states a condition selects, and the first of them."""
