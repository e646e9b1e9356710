"""Every mutation leaves a trace, whether it was allowed or not."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from uuid import UUID

from graphql import GraphQLObjectType, GraphQLResolveInfo

from inventory.db.audit import DONE, Outcome
from inventory.errors import InventoryError, QueryError


class Auditor(Protocol):
    """What the request knows of the audit."""

    async def begin(self, action: str, arguments: Mapping[str, Any]) -> UUID:
        """Record that someone is about to do something. What cannot be recorded must not be done."""

    async def end(self, event: UUID, outcome: Outcome) -> None:
        """Record what came of it."""


def audit(root: GraphQLObjectType) -> None:
    """Let every field of the mutation type be recorded. Done on the built schema, after `bind`."""
    for name, each in root.fields.items():
        assert each.resolve is not None  # noqa: S101 - `bind` gave it one
        each.resolve = _recorded(name, each.resolve)


def _recorded(name: str, resolve: Callable[..., Any]) -> Callable[..., Any]:
    async def recorded(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        auditor: Auditor = info.context
        # Most mutations have one argument, which says nothing.
        told = arguments.get("input") if arguments.keys() == {"input"} else arguments
        event = await auditor.begin(name, told if isinstance(told, Mapping) else arguments)
        try:
            result = resolve(source, info, **arguments)
            if inspect.isawaitable(result):
                result = await result
        except BaseException as error:
            await auditor.end(event, outcome_of(error))
            raise
        await auditor.end(event, _outcome(result))
        return result

    return recorded


def outcome_of(error: BaseException) -> Outcome:
    """What an error means: a refusal, or a failure. What is not ours may hold anything."""
    if isinstance(error, InventoryError):
        kind = "refused" if isinstance(error, QueryError) else "failed"
        return Outcome(kind, error.code, str(error))
    return Outcome("failed", "INTERNAL", type(error).__name__)


def _outcome(result: Any) -> Outcome:
    if not isinstance(result, Mapping):
        return DONE
    if result.get("errors"):
        first = result["errors"][0]
        return Outcome("refused", first.get("code"), first.get("message"))
    run = result.get("run")
    return Outcome("done", run_id=run) if isinstance(run, UUID) else DONE
