"""Answers: the bytes of a response, and what became known while they were made."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import orjson
from graphql import GraphQLError

from inventory.graph import errors
from inventory.graph.documents import Operation
from inventory.graph.prepared import Prepared
from inventory.telemetry.tracing import Nothing


@dataclass(frozen=True)
class Answer:
    """A response: its JSON, and whether the request was refused before it was executed."""

    body: bytes
    refused: bool = False
    code: str | None = None
    """The code of the first error, if there is one."""

    def extended(self, extensions: dict[str, Any]) -> Answer:
        """The same with `extensions`."""
        added = b',"extensions":' + orjson.dumps(extensions) + b"}"
        return replace(self, body=self.body[:-1] + added)


Stream = AsyncGenerator[Answer, None]
"""The answers of a subscription, to be closed by who reads them."""


@dataclass(slots=True)
class Told:
    """What became known of an operation while it was answered, for those who watch."""

    operation: Operation | None = None
    rows: int = 0
    """Its cost: how many rows it may yield."""
    began: float = field(default_factory=perf_counter)

    @property
    def kind(self) -> str:
        """`query`, `mutation` or `subscription`, or `none` for what is no operation."""
        return self.operation.node.operation.value if self.operation else "none"

    @property
    def name(self) -> str | None:
        """As the client calls it."""
        named = self.operation.node.name if self.operation else None
        return named.value if named else None

    @property
    def seconds(self) -> float:
        """Since it came."""
        return perf_counter() - self.began

    def tell(self, span: Nothing, found: Answer | Stream) -> None:
        """Say on a span what it was and how it ended; never a value that the client sent."""
        span.name(f"{self.kind} {self.name}" if self.name else self.kind)
        span.set(
            {
                "graphql.operation.type": self.kind,
                "graphql.operation.name": self.name,
                "inventory.cost.rows": self.rows,
            }
        )
        if isinstance(found, Answer) and found.code is not None:
            span.set({"inventory.refused": found.refused, "inventory.code": found.code})
            if not found.refused:
                span.fail("the operation failed", found.code)


Observe = Callable[[Told, Answer], None]


def joined(
    prepared: Prepared, columns: tuple[bytes, ...], rest: dict[str, Any] | None = None
) -> bytes:
    """The response up to its last brace: what PostgreSQL wrote goes through unread."""
    parts = [b'{"data":{']
    written = iter(columns)
    for place, (key, ours) in enumerate(prepared.layout):
        value = next(written) if ours else orjson.dumps((rest or {})[key])
        parts += [b"," if place else b"", b'"', key.encode(), b'":', value]
    parts.append(b"}" if rest is not None else b"}}")
    return b"".join(parts)


def answered(unclosed: bytes, found: list[GraphQLError] | None) -> Answer:
    if not found:
        return Answer(unclosed + b"}")
    shown = [errors.formatted(error) for error in found]
    return Answer(unclosed + b',"errors":' + orjson.dumps(shown) + b"}", code=_code(shown))


def failed(found: list[GraphQLError]) -> Answer:
    shown = [errors.formatted(error) for error in found]
    return Answer(orjson.dumps({"errors": shown, "data": None}), code=_code(shown))


def refused(found: Any) -> Answer:
    shown = [errors.formatted(error) for error in found]
    return Answer(orjson.dumps({"errors": shown}), refused=True, code=_code(shown))


def _code(shown: list[dict[str, Any]]) -> str | None:
    code: str | None = shown[0]["extensions"]["code"] if shown else None
    return code
