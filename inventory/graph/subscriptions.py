"""What can be watched: `Subscription`, whose streams come from the request's context."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Protocol

import strawberry
from graphql import GraphQLObjectType, GraphQLResolveInfo

from inventory.errors import QueryError
from inventory.graph import scalars, types
from inventory.graph.types import Argument, field


class Watcher(Protocol):
    """What subscriptions need of the request."""

    def run_events(
        self, run: str, after: int, info: GraphQLResolveInfo[Any]
    ) -> AsyncGenerator[dict[str, Any]]:
        """The events of a run after a sequence, as they come; ends when the run has ended."""

    async def read_event_run(
        self, event: dict[str, Any], info: GraphQLResolveInfo[Any]
    ) -> dict[str, Any] | None:
        """Read what the event's `run` field selects."""


def subscription_type(run_type: Any) -> Any:
    """The root of all watching."""
    event = types.object_type(
        "TaskEvent",
        "Something that happened to a run.",
        [
            field("sequence", int, "Its place among the run's events: 1, 2, 3, without a gap."),
            field("at", scalars.DateTime, "When it happened."),
            field("state", str, "The state that the run was in from then on."),
            field("attempt", int, "How often the run had been started."),
            field("progress", types.optional(scalars.BigInt), "How far it was."),
            field("total", types.optional(scalars.BigInt), "How far it had to go, if known."),
            field("message", types.optional(str), "What happened, for people."),
            field("run", run_type, "The run, as it is when the event is sent."),
        ],
    )
    doc = (
        "What happens to a run: first what happened after `after`, then the rest as it happens. "
        "Completes once the run is completed, archived or cancelled and all was sent."
    )
    arguments = [
        Argument("id", strawberry.ID, "The run's id.", required=True),
        Argument("after", int, "The last `sequence` that is known; all events when left out."),
    ]
    return types.object_type(
        "Subscription", "The root of all watching.", [field("taskEvents", event, doc, arguments)]
    )


def bind(root: GraphQLObjectType) -> None:
    """Give every subscription its stream. Done on the built schema, where arguments are plain."""
    watched = root.fields["taskEvents"]
    watched.subscribe = _task_events
    watched.resolve = lambda event, _info, **_arguments: event
    event: Any = watched.type
    for name, each in event.of_type.fields.items():
        each.resolve = lambda source, _info, key=name: source[key]
    event.of_type.fields["run"].resolve = _run


async def _task_events(
    _root: Any, info: GraphQLResolveInfo[Any], **arguments: Any
) -> AsyncIterator[dict[str, Any]]:
    after = arguments.get("after") or 0
    if after < 0:
        raise QueryError(f"`after` must not be negative, and is {after}")
    watcher: Watcher = info.context
    stream = watcher.run_events(arguments["id"], after, info)
    # The first one here, so that a run that is not there is an error of the request.
    first = await anext(stream, None)
    return _after(first, stream)


async def _after(
    first: dict[str, Any] | None, stream: AsyncGenerator[dict[str, Any]]
) -> AsyncIterator[dict[str, Any]]:
    async with aclosing(stream):
        if first is not None:
            yield first
        async for event in stream:
            yield event


async def _run(source: dict[str, Any], info: GraphQLResolveInfo[Any]) -> dict[str, Any]:
    watcher: Watcher = info.context
    found = await watcher.read_event_run(source, info)
    if found is None:
        raise QueryError("the run was deleted before it could be read", code="NOT_FOUND")
    return found
