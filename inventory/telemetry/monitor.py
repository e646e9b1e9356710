"""`/metrics`, `/healthz` and `/readyz` at an address of their own: for processes that serve nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from inventory.telemetry.health import Check, examine
from inventory.telemetry.meters import CONTENT_TYPE, Meters

log = logging.getLogger(__name__)
Metrics = Callable[[], Awaitable[bytes]]
PATIENCE = 2.0


class Monitor:
    """What watches a process gets to see. Without a socket nothing listens, and only the meters
    count.
    """

    def __init__(
        self, meters: Meters, listening: socket.socket | None = None, path: str = "/metrics"
    ) -> None:
        self.meters = meters
        self.listening = listening
        self.path = path

    @asynccontextmanager
    async def serving(
        self, checks: Mapping[str, Check], metrics: Metrics | None = None
    ) -> AsyncIterator[None]:
        """Answer while the block runs. `metrics` replaces what the meters say."""
        if self.listening is None:
            yield
            return
        import uvicorn

        class Server(uvicorn.Server):
            def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]  # the process has its own
                return contextlib.nullcontext()

        application = _Application(self.path, checks, metrics or self._own)
        server = Server(
            uvicorn.Config(
                application,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=int(PATIENCE),
            )
        )
        task = asyncio.ensure_future(server.serve(sockets=[self.listening]))
        try:
            yield
        finally:
            server.should_exit = True
            await asyncio.wait({task}, timeout=2 * PATIENCE)

    async def _own(self) -> bytes:
        return await asyncio.to_thread(self.meters.text)


class _Application:
    def __init__(self, path: str, checks: Mapping[str, Check], metrics: Metrics) -> None:
        self.checks = checks
        self.routes = {path: self._metrics, "/healthz": self._alive, "/readyz": self._ready}
        self.metrics = metrics

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        answer = self.routes.get(scope["path"])
        if answer is None:
            known = ", ".join(self.routes)
            status, kind, body = 404, "text/plain; charset=utf-8", f"There are {known}.\n".encode()
        elif scope["method"] not in ("GET", "HEAD"):
            status, kind, body = 405, "text/plain; charset=utf-8", b"Only GET.\n"
        else:
            status, kind, body = await answer()
        headers = [
            (b"content-type", kind.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send(
            {"type": "http.response.body", "body": body if scope["method"] == "GET" else b""}
        )

    async def _metrics(self) -> tuple[int, str, bytes]:
        return 200, CONTENT_TYPE, await self.metrics()

    async def _alive(self) -> tuple[int, str, bytes]:
        return 200, "application/json", b'{"status":"ok"}'

    async def _ready(self) -> tuple[int, str, bytes]:
        status, found = await examine(self.checks)
        return status, "application/json", json.dumps(found, ensure_ascii=False).encode()
