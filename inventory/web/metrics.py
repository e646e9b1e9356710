"""`/metrics` of the API: its own figures, and what the database says of everything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from inventory import logs
from inventory.graph.answers import Answer, Told
from inventory.telemetry import tracing
from inventory.telemetry.meters import CONTENT_TYPE, Meters
from inventory.telemetry.tracing import TRACING
from inventory.web.access import Gate
from inventory.web.bodies import Malformed
from inventory.web.service import is_here

UNTRACED = ("/healthz", "/readyz", "/metrics")
Asgi = Callable[[Any, Any, Any], Awaitable[None]]


class Measured:
    """An ASGI application whose answers are counted and timed by route, never by address."""

    def __init__(self, app: Asgi, *, meters: Meters, paths: Callable[[], frozenset[str]]) -> None:
        """`paths` are those of the routes that are not FastAPI's, which says itself which it took."""
        self.app = app
        self.meters = meters
        self.paths = paths

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if TRACING.is_on and scope["path"] not in UNTRACED:
            await self._traced(scope, receive, send)
        else:
            await self._measured(scope, receive, send)

    async def _traced(self, scope: Any, receive: Any, send: Any) -> None:
        parent = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1") or None
        with tracing.span(scope["method"], kind="SERVER", parent=parent) as span:
            with logs.context(trace=tracing.trace_id()):
                status = await self._measured(scope, receive, send)
            route = self._route(scope)
            span.name(f"{scope['method']} {route}")
            span.set(
                {
                    "http.request.method": scope["method"],
                    "http.route": route,
                    "http.response.status_code": status,
                }
            )
            if status >= 500:
                span.fail(f"answered {status}", str(status))

    async def _measured(self, scope: Any, receive: Any, send: Any) -> int:
        began = perf_counter()
        status, is_stream = 500, False

        async def watched(message: Any) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                status = message["status"]
                is_stream = (b"content-type", b"text/event-stream") in {
                    (name, value.partition(b";")[0]) for name, value in message["headers"]
                }
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            seconds = None if is_stream else perf_counter() - began
            self.meters.request(scope["method"], self._route(scope), status, seconds)
        return status

    def _route(self, scope: Any) -> str:
        path: str = scope["path"]
        paths = self.paths()
        if path in paths:
            return path
        for known in paths:
            # What follows the brace is the client's.
            head, brace, _ = known.partition("{")
            if brace and path.startswith(head):
                return known
        return getattr(scope.get("route"), "path", None) or "other"


def observing(meters: Meters) -> Callable[[Told, Answer], None]:
    """Count and time GraphQL operations."""

    def observe(told: Told, answer: Answer) -> None:
        if answer.code is None:
            outcome = "ok"
        else:
            outcome = "refused" if answer.refused else "failed"
        meters.operation(told.kind, outcome, answer.code, told.seconds)

    return observe


def endpoint(
    metrics: Callable[[], Awaitable[bytes]], gate: Gate, *, only_here: bool
) -> Callable[[Request], Awaitable[Response]]:
    """Answer who has a token of any role and for everything, where there are tokens."""

    async def answer(request: Request) -> Response:
        if only_here and gate.is_open and not is_here(request.headers.get("host", "")):
            return PlainTextResponse("This service answers only as localhost.\n", 403)
        try:
            caller = await gate.caller(request.headers.get("authorization", ""))
        except Malformed as refused:
            return PlainTextResponse(f"{refused}\n", refused.status, refused.headers)
        if caller is None:
            return PlainTextResponse(
                "Send a token that this service knows: `Authorization: Bearer …`; or give the "
                "metrics an address of their own, api.metrics.address.\n",
                401,
                {"WWW-Authenticate": "Bearer"},
            )
        if caller.restriction is not None:
            # The figures are those of everything, whatever the caller may see.
            return PlainTextResponse(
                f"{caller.name} may see a part of the inventory, and these figures are of all.\n", 403
            )
        return Response(await metrics(), media_type=CONTENT_TYPE)

    return answer
