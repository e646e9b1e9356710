"""Real PostgreSQL and Redis for tests, and databases that are made in a blink.

One pair of servers serves the whole run, all of pytest-xdist's workers included: pytest's controller makes the home,
the first worker that needs a server starts it, and the last one to end stops it. Each test module gets a database of
its own, cloned from a template that is migrated once per run; each worker gets a Redis database of its own.

Set PYTEST_INVENTORY_HOME to a folder to keep the servers' data between runs.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import redis
from psycopg import conninfo, sql

from inventory.db import migrate
from inventory.embedded import Services, services

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = "PYTEST_INVENTORY_HOME"
RUN = "PYTEST_INVENTORY_RUN"
PREFIX = "inventory-tests-"
STALE_AFTER = 3600.0
TEMPLATE_LOCK = 727_001


def prepare_home() -> Path | None:
    """Make this run's home, in pytest's controller. Returns it if it is ours to delete."""
    os.environ[RUN] = secrets.token_hex(4)
    if os.environ.get(HOME):
        return None
    _clear_leftovers()
    home = Path(tempfile.mkdtemp(prefix=PREFIX))
    # As root, the servers run as another account, which must be able to pass.
    home.chmod(0o711)
    os.environ[HOME] = str(home)
    return home


def remove_home(home: Path) -> None:
    os.environ.pop(HOME, None)
    _stop_and_remove(home)


def _clear_leftovers() -> None:
    """Stop and delete what a killed run left an hour ago or earlier, if nobody uses it."""
    for home in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            found = home.lstat()
            if found.st_uid == os.geteuid() and time.time() - found.st_mtime > STALE_AFTER:
                _stop_and_remove(home)


def _stop_and_remove(home: Path) -> None:
    if (home / "users").exists():
        # Whoever leaves last stops what runs; having started nothing does not matter.
        with services(home, postgres=False, redis=False):
            pass
    shutil.rmtree(home, ignore_errors=True)


def started() -> Any:
    """The run's servers, joined or started."""
    return services(os.environ[HOME], durable=False)


def worker_number() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def redis_database(found: Services) -> str:
    assert found.redis_url
    return found.redis_url.replace("?db=0", f"?db={worker_number()}")


def named(dsn: str, database: str) -> str:
    """The same server, another database."""
    parts = conninfo.conninfo_to_dict(dsn)
    host, port = quote(str(parts["host"]), safe=""), parts["port"]
    return f"postgresql://{parts['user']}@/{database}?host={host}&port={port}"


@contextmanager
def fresh_database(dsn: str, template: str | None = None) -> Iterator[str]:
    """A new database, empty or a clone; it is dropped at the end, whoever is still connected to it."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(dsn, autocommit=True) as db:
        if template is None:
            db.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        else:
            db.execute(
                sql.SQL("create database {} template {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
    try:
        yield named(dsn, name)
    finally:
        with psycopg.connect(dsn, autocommit=True) as db:
            _drop(db, name)


def _drop(db: psycopg.Connection[Any], name: str) -> None:
    """Autovacuum may be in it, which only a superuser may end; it soon leaves by itself."""
    deadline = time.monotonic() + 30
    while True:
        try:
            db.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def template_database(dsn: str) -> str:
    """The name of this run's template, which the first worker to come migrates."""
    name = f"template_{os.environ[RUN]}"
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("select pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        if not db.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            unfinished = sql.Identifier(f"{name}_{worker_number()}")
            db.execute(sql.SQL("create database {}").format(unfinished))
            migrate.upgrade(named(dsn, f"{name}_{worker_number()}"))
            db.execute(
                sql.SQL("alter database {} rename to {}").format(unfinished, sql.Identifier(name))
            )
    return name


def flushed(url: str) -> redis.Redis:
    client = redis.Redis.from_url(url, decode_responses=True)
    client.flushdb()
    return client
