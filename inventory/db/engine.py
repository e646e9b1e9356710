"""Connections to PostgreSQL. What goes wrong is said with the host and the remedy."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import conninfo
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from inventory.errors import ConfigError, DatabaseError

if TYPE_CHECKING:
    import sqlalchemy as sa

CONNECT_TIMEOUT = 5
Connection = psycopg.Connection[Any]
AsyncConnection = psycopg.AsyncConnection[Any]


def normal(dsn: str, settings: Mapping[str, str] | None = None) -> str:
    """Bring a DSN into libpq's form. Accepts `postgresql://`, `postgresql+psycopg://` and `host=…`.

    The session always runs in UTC, so that every time that PostgreSQL writes carries `+00:00`.
    """
    plain = re.sub(r"^(postgres(?:ql)?)\+\w+://", r"postgresql://", dsn.strip())
    try:
        parts = conninfo.conninfo_to_dict(plain)
    except psycopg.ProgrammingError as error:
        raise ConfigError(
            "database.dsn is not a PostgreSQL address "
            f"({_without_quotations(first_line(error))}); write postgresql://USER:PASSWORD@HOST:5432/DATABASE"
        ) from None
    port = str(parts.get("port") or "")
    if not re.fullmatch(r"[\d,]*", port):
        raise ConfigError(f"database.dsn: the port {port!r} is not a number")
    parts.setdefault("connect_timeout", CONNECT_TIMEOUT)
    options = str(parts.get("options") or "")
    chosen = {"timezone": "UTC", "jit": "off", **(settings or {})}
    spelled = " ".join(f"-c {name}={value}" for name, value in chosen.items())
    parts["options"] = f"{options} {spelled}".strip()
    return conninfo.make_conninfo("", **parts)


def address(dsn: str) -> str:
    """Where a DSN points, without user and password."""
    parts = conninfo.conninfo_to_dict(normal(dsn))
    host = parts.get("host") or "localhost"
    return f"{host}:{parts.get('port') or 5432}/{parts.get('dbname') or parts.get('user') or ''}"


def connect(dsn: str, *, application: str = "inventory") -> Connection:
    """Open a connection in autocommit mode. Raises DatabaseError or ConfigError."""
    with unavailable(dsn):
        return psycopg.connect(
            normal(dsn), autocommit=True, application_name=application, prepare_threshold=None
        )


def pool(
    dsn: str,
    *,
    size: int,
    application: str = "inventory",
    settings: Mapping[str, str] | None = None,
) -> ConnectionPool[Connection]:
    """A pool for threads, opened on first use; connections are checked before they are lent."""
    return ConnectionPool(
        normal(dsn, settings),
        min_size=0,
        max_size=size,
        open=True,
        check=ConnectionPool.check_connection,
        kwargs={"autocommit": True, "application_name": application},
        name=application,
    )


def async_pool(
    dsn: str,
    *,
    size: int,
    idle: int = 1,
    application: str = "inventory",
    settings: Mapping[str, str] | None = None,
    configure: Callable[[AsyncConnection], Awaitable[None]] | None = None,
) -> AsyncConnectionPool[AsyncConnection]:
    """A pool for the event loop; the caller opens and closes it. `settings` are PostgreSQL's."""
    return AsyncConnectionPool(
        normal(dsn, settings),
        min_size=idle,
        max_size=size,
        open=False,
        configure=configure,
        kwargs={"autocommit": True, "application_name": application},
        name=application,
    )


def sqlalchemy_url(dsn: str) -> sa.URL:
    """The same database for SQLAlchemy, which migrations need."""
    # Half of what a command that only looks would otherwise load.
    import sqlalchemy as sa

    parts = {key: str(value) for key, value in conninfo.conninfo_to_dict(normal(dsn)).items()}
    known = {name: parts.pop(name, None) for name in ("user", "password", "host", "port", "dbname")}
    host, port = known["host"], known["port"]
    if (host and re.search("^[/@]|,", host)) or "," in (port or ""):
        # A socket, or several hosts: libpq's business, not that of a URL.
        parts |= {name: text for name, text in (("host", host), ("port", port)) if text}
        host = port = None
    return sa.URL.create(
        "postgresql+psycopg",
        username=known["user"],
        password=known["password"],
        host=host,
        port=int(port) if port else None,
        database=known["dbname"],
        query=parts,
    )


@contextmanager
def unavailable(dsn: str) -> Iterator[None]:
    """Turn psycopg's connection errors into a DatabaseError that says where and what to do."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise DatabaseError(
            f"PostgreSQL at {address(dsn)} cannot be reached: {first_line(error)}. "
            "Check database.dsn (or INVENTORY_DATABASE_DSN), and that the server runs."
        ) from error


def _without_quotations(line: str) -> str:
    """libpq's complaint about a DSN without the part that it quotes, which may be a password."""
    if line.startswith(("invalid connection option", "invalid URI query parameter")):
        return line
    return re.sub(r'"[^"]{2,}.*"', '"…"', line)


def first_line(error: BaseException) -> str:
    """The first line of a driver's message; the rest are hints and repetitions for other hosts."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return re.sub(r"password=\S+", "password=***", lines[0])
