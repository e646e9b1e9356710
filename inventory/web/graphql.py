"""The GraphQL endpoint: GraphQL over HTTP, for queries by GET and for everything by POST."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from inventory.core.access import Caller
from inventory.graph.databases import Databases
from inventory.graph.execute import Answer, Engine
from inventory.runtime.queue import Queue
from inventory.web import bodies
from inventory.web.access import Gate
from inventory.web.bodies import CHARSET, GRAPHQL, JSON, Malformed
from inventory.web.compression import compress
from inventory.web.context import RequestContext

UNAVAILABLE = "DATABASE_UNAVAILABLE"


class GraphQLEndpoint:
    """An ASGI application, so that nothing of a framework runs between a query and its answer."""

    def __init__(
        self,
        engine: Engine,
        databases: Databases,
        queue: Callable[[], Queue],
        gate: Gate,
        body_limit: int,
        *,
        only_here: bool = False,
    ) -> None:
        """`only_here` refuses requests that name another host than this machine: a page of
        elsewhere whose name was made to lead here could send any, and nobody asks it for a token.
        """
        self.only_here = only_here and gate.is_open
        self.engine = engine
        self.databases = databases
        self.queue = queue
        self.gate = gate
        self.body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        media_type = bodies.media_type(request.headers.get("accept", ""))
        try:
            answer, media_type, status = await self._answer(request, media_type)
            body, headers = answer.body, {}
        except Malformed as error:
            body, status, headers = error.body(), error.status, error.headers
        await self._send(request, send, status, body, media_type or JSON, headers)

    async def admit(self, request: Request) -> Caller:
        """Who asks. Raises Malformed for those who may not."""
        host = request.headers.get("host", "")
        if self.only_here and not is_here(host):
            raise Malformed(
                403,
                f"the request is for {host or 'no host'}, and this service answers only as localhost; "
                "configure api.auth, or start it with --insecure behind a proxy that asks",
                "FORBIDDEN",
            )
        caller = await self.gate.caller(request.headers.get("authorization", ""))
        if caller is None:
            raise Malformed(
                401,
                "send a token that this service knows: `Authorization: Bearer …`",
                "UNAUTHENTICATED",
                **{"WWW-Authenticate": "Bearer"},
            )
        return caller

    async def _answer(self, request: Request, media_type: str | None) -> tuple[Answer, str, int]:
        caller = await self.admit(request)
        if media_type is None:
            raise Malformed(406, f"answers are {GRAPHQL} or {JSON}", "NOT_ACCEPTABLE")
        asked = await bodies.read(request, self.body_limit)
        engine = self.engine.on(self.databases.of(caller))
        answer = await engine.answer(
            asked.query,
            asked.variables,
            asked.operation_name,
            RequestContext(caller, engine, self.queue()),
            only_queries=request.method == "GET",
        )
        if answer.code == "METHOD_NOT_ALLOWED":
            raise Malformed(405, "a mutation needs POST", "METHOD_NOT_ALLOWED", Allow="POST")
        return answer, media_type, _status(answer, media_type)

    async def _send(
        self,
        request: Request,
        send: Send,
        status: int,
        body: bytes,
        media_type: str,
        headers: dict[str, str],
    ) -> None:
        body, encoding = compress(body, request.headers.get("accept-encoding", ""))
        found = {
            "content-type": media_type + CHARSET,
            "content-length": str(len(body)),
            "vary": "Accept, Accept-Encoding, Authorization",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            **({"content-encoding": encoding} if encoding else {}),
            **headers,
        }
        raw = [(name.lower().encode(), value.encode()) for name, value in found.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send(
            {"type": "http.response.body", "body": b"" if request.method == "HEAD" else body}
        )


def is_here(host: str) -> bool:
    """Whether a Host header names this machine by a loopback address or as localhost."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _status(answer: Answer, media_type: str) -> int:
    """The older media type answers 200 to everything that is a GraphQL request."""
    if answer.code == UNAVAILABLE and not answer.refused:
        return 503
    return 400 if answer.refused and media_type == GRAPHQL else 200
