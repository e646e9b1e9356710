"""The application behind a real server, for tests."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from inventory.catalog import Catalog
from inventory.config import Config
from inventory.telemetry.monitor import Monitor
from inventory.web.app import create_app
from inventory.web.service import Service


SERVICES: dict[str, Service] = {}
_LEAVE: dict[str, Callable[[], object]] = {}


def leave(url: str) -> None:
    """Let the server at this address end its streams, as it does before it stops."""
    _LEAVE[url]()


@contextmanager
def serving(
    dsn: str, redis_url: str, *, monitor: Monitor | None = None, **api: Any
) -> Iterator[str]:
    """Serve the built-in catalog on a free port, and yield the address.

    `SERVICES` has what the server at an address is made of.
    """
    config = Config.model_validate(
        {"database": {"dsn": dsn}, "redis": {"endpoint": redis_url}, "api": api}
    )
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(config, Catalog.load(), monitor)
    service = app.state.service
    settings = uvicorn.Config(
        app, log_config=None, lifespan="on", ws_max_size=service.body_limit, ws_ping_interval=5
    )
    server = uvicorn.Server(settings)
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        assert server.started
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        SERVICES[url] = service
        _LEAVE[url] = lambda: asyncio.run_coroutine_threadsafe(service.leave(), loops[0]).result(10)
        yield url
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
