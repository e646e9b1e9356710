"""Errors of REST: `application/problem+json` (RFC 9457), with the codes of GraphQL."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
from graphql import GraphQLError

from inventory.errors import QueryError
from inventory.graph import errors

PROBLEM = "application/problem+json"
STATUS = {
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "URI_TOO_LONG": 414,
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "TOO_MANY_REQUESTS": 429,
    "INTERNAL": 500,
    "DATABASE_UNAVAILABLE": 503,
    "TIMEOUT": 504,
}
"""The status of each code; of any other, 400."""


class Problem(Exception):
    """A refusal: its status, its code, what else is known, and headers of its answer."""

    def __init__(self, message: str, code: str, **members: object) -> None:
        super().__init__(message)
        self.code = code
        self.status = STATUS.get(code, 400)
        self.members = members
        self.headers: dict[str, str] = {}

    def body(self) -> bytes:
        described: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": str(self),
            "code": self.code,
            **self.members,
        }
        return orjson.dumps(described)


def from_query_error(error: QueryError) -> Problem:
    return Problem(str(error), error.code, **error.extensions)


def from_error(error: GraphQLError) -> Problem:
    """A problem of an error that GraphQL would show."""
    extensions = dict(error.extensions or {})
    return Problem(error.message, str(extensions.pop("code")), **extensions)


def from_database(error: Exception, timeout: str) -> Problem:
    """What a failed statement means to the client."""
    return from_error(errors.from_database(error, timeout))
