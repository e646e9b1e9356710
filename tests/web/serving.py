"""The application behind a real server, for tests."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from inventory.catalog import Catalog
from inventory.config import Config
from inventory.telemetry.monitor import Monitor
from inventory.web.app import create_app


@contextmanager
def serving(
    dsn: str, redis_url: str, *, monitor: Monitor | None = None, **api: Any
) -> Iterator[str]:
    """Serve the built-in catalog on a free port, and yield the address."""
    config = Config.model_validate(
        {"database": {"dsn": dsn}, "redis": {"endpoint": redis_url}, "api": api}
    )
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(config, Catalog.load(), monitor)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        assert server.started
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
