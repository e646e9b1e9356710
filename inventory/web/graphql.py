"""The GraphQL endpoint: GraphQL over HTTP, for queries by GET and for everything by POST."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from inventory.core.access import Caller
from inventory.graph.answers import Answer, Stream
from inventory.web import bodies
from inventory.web.bodies import CHARSET, GRAPHQL, JSON, Malformed
from inventory.web.compression import compress
from inventory.web.event_stream import EVENTS, send_events
from inventory.web.service import Service, counted_as
from inventory.web.sockets import Sockets

UNAVAILABLE = "DATABASE_UNAVAILABLE"
REPORTS = "GraphQL-Extensions"
"""The header that asks for what the body's `extensions` ask: `cost, freshness`."""
VARY = "Accept, Accept-Encoding, Authorization"


class GraphQLEndpoint:
    """An ASGI application, so that nothing of a framework runs between a query and its answer."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.sockets = Sockets(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.sockets(scope, receive, send)
            return
        request = Request(scope, receive)
        accept = request.headers.get("accept", "")
        media_type = bodies.media_type(accept)
        headers: dict[str, str] = {}
        try:
            self.service.check_host(request.headers)
            if request.method not in ("GET", "HEAD", "OPTIONS"):
                self.service.check_origin(request.headers)
            caller = await self.service.caller(request.headers.get("authorization", ""), request.client)
            key = counted_as(caller, request.client)
            with self.service.guards.request(key):
                events = bodies.takes(accept, EVENTS)
                found, headers = await self._respond(request, caller, media_type, events)
            if media_type is None or not isinstance(found, Answer):
                with self.service.guards.subscription(key):
                    await send_events(found, receive, send, self.service.leaving)
                return
            body, status = found.body, _status(found, media_type)
        except Malformed as error:
            body, status, headers = error.body(), error.status, error.headers
        await self._send(request, send, status, body, media_type or JSON, headers)

    async def _respond(
        self, request: Request, caller: Caller, media_type: str | None, events: bool
    ) -> tuple[Answer | Stream, dict[str, str]]:
        """What is answered, and the headers that come with it."""
        if media_type is None and not events:
            raise Malformed(406, f"answers are {GRAPHQL}, {JSON} or {EVENTS}", "NOT_ACCEPTABLE")
        asked = await bodies.read(request, self.service.body_limit)
        if header := request.headers.get(REPORTS):
            asked = replace(asked, reports=asked.reports | bodies.reports(header))
        found = await self.service.respond(
            asked, caller, request.client, only_queries=request.method == "GET", streams=events
        )
        if isinstance(found, Answer) and found.code == "METHOD_NOT_ALLOWED":
            raise Malformed(405, "a mutation needs POST", "METHOD_NOT_ALLOWED", Allow="POST")
        kept = int(self.service.kept.total_seconds())
        if (
            request.method == "GET"
            and asked.document_id
            and kept
            and isinstance(found, Answer)
            and found.code is None
        ):
            # The address says all of the question, and nobody else can have asked it so.
            return found, {"cache-control": f"private, max-age={kept}", "vary": f"{VARY}, {REPORTS}"}
        return found, {}

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
            "vary": VARY,
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


def _status(answer: Answer, media_type: str) -> int:
    """The older media type answers 200 to everything that is a GraphQL request."""
    if answer.code == UNAVAILABLE and not answer.refused:
        return 503
    return 400 if answer.refused and media_type == GRAPHQL else 200
