"""The servers that answer the questions: ours as users start it, and the bare ones."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ground import Ground, process
from benchmarks.wire import Connection, request

OURS = "inventory"
BARE = "bare"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Server:
    """A running server: `path` is where a question goes, `{}` standing for its name."""

    name: str
    port: int
    path: str
    pid: int
    started_s: float


@contextmanager
def all_servers(ground: Ground) -> Iterator[list[Server]]:
    """Ours, bare psycopg, bare asyncpg where it is installed, and resolvers with DataLoaders."""
    drivers = ["psycopg"]
    if importlib.util.find_spec("asyncpg"):
        drivers.append("asyncpg")
    with ExitStack() as stack:
        yield [
            stack.enter_context(ours(ground)),
            *(stack.enter_context(_bare(ground, driver)) for driver in drivers),
            stack.enter_context(_loaders(ground)),
        ]


@contextmanager
def ours(ground: Ground) -> Iterator[Server]:
    """`inventory serve`, as it is configured without being asked."""
    port = free_port()
    command = [sys.executable, "-m", "inventory", "serve", "--port", str(port)]
    yield from started(OURS, port, "/graphql", command, ground.environment())


@contextmanager
def _bare(ground: Ground, driver: str) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare", driver, str(port)]
    environment = os.environ | {"BENCH_DSN": ground.dsn}
    yield from started(f"{BARE} {driver}", port, "/{}", command, environment, cwd=ROOT)


@contextmanager
def _loaders(ground: Ground) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.loaders", str(port)]
    environment = os.environ | {"BENCH_DSN": ground.dsn}
    yield from started("DataLoaders", port, "/graphql", command, environment, cwd=ROOT)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def started(
    name: str, port: int, path: str, command: list[str], environment: dict[str, str], **options: Any
) -> Iterator[Server]:
    began = time.monotonic()
    with process(command, environment, stderr=subprocess.DEVNULL, **options) as running:
        probe = request(path.format("page"), "{ __typename }", {})
        while True:
            try:
                with closing(Connection(port)) as connection:
                    connection.ask(probe)
                break
            except OSError:
                if running.poll() is not None:
                    raise SystemExit(f"{name} did not start: {' '.join(command)}") from None
                time.sleep(0.01)
        yield Server(name, port, path, running.pid, time.monotonic() - began)
