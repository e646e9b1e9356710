"""Errors as clients see them: a message, where, and always a code. What is not ours is masked."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import psycopg
from graphql import GraphQLError
from psycopg_pool import PoolTimeout

from inventory.errors import InventoryError, QueryError
from inventory.graph.limits import TOO_COSTLY
from inventory.telemetry import tracing

log = logging.getLogger(__name__)


class Refusal(Exception):
    """The request is refused: its answer has no `data`."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


def refusal(message: str, code: str, **extensions: object) -> GraphQLError:
    """An error that refuses a request."""
    return GraphQLError(message, extensions={"code": code, **extensions})


def from_query_error(error: QueryError) -> GraphQLError:
    return GraphQLError(str(error), extensions={"code": error.code, **error.extensions})


def from_database(error: Exception, timeout: str) -> GraphQLError:
    """What a failed statement means to the client."""
    match error:
        case psycopg.errors.QueryCanceled():
            return refusal(
                f"the query took longer than {timeout} and was stopped; ask for less at a time",
                "TIMEOUT",
            )
        case psycopg.Error() if (error.sqlstate or "").startswith("54"):
            return refusal("the query is too large for the database", TOO_COSTLY)
        case psycopg.DataError():
            return refusal("a value in the query is out of range for its column", "BAD_USER_INPUT")
        case psycopg.errors.UndefinedTable() | psycopg.errors.UndefinedColumn():
            _record("schema differs", error)
            return refusal(
                "the database lacks a migration that this version needs; "
                "an operator has to run `inventory db migrate`",
                "DATABASE_UNAVAILABLE",
            )
        case psycopg.OperationalError() | psycopg.InterfaceError() | PoolTimeout():
            _record("database unavailable", error)
            return refusal("the database does not answer; try again later", "DATABASE_UNAVAILABLE")
    return masked(error)


def _record(event: str, error: Exception) -> None:
    """What an operator mends, and no developer: the reason will do, unless someone asks for more."""
    log.error(
        event,
        exc_info=error if log.isEnabledFor(logging.DEBUG) else None,
        extra={"reason": str(error).partition("\n")[0]},
    )


def masked(error: BaseException) -> GraphQLError:
    """An error that is ours to mend: the client gets a number, the log the rest."""
    trace = tracing.trace_id() or uuid4().hex[:12]
    log.error("unexpected error", exc_info=error, extra={"trace": trace})
    return refusal(
        f"Unexpected error; the log of the service explains it under {trace}",
        "INTERNAL",
        trace=trace,
    )


def formatted(error: GraphQLError) -> dict[str, Any]:
    """An error as JSON. Field errors get the code of what was raised."""
    original = error.original_error
    if original is not None and "code" not in (error.extensions or {}):
        if isinstance(original, InventoryError):
            error.extensions = {"code": original.code, **getattr(original, "extensions", {})}
        elif not isinstance(original, GraphQLError):
            hidden = masked(original)
            error = GraphQLError(
                hidden.message, nodes=error.nodes, path=error.path, extensions=hidden.extensions
            )
    error.extensions = {"code": "BAD_USER_INPUT", **(error.extensions or {})}
    return dict(error.formatted)
