"""Homes, and other processes that use them."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import redis

from inventory.embedded import Services, services

if TYPE_CHECKING:
    from collections.abc import Iterator

AS_ROOT = os.geteuid() == 0
ORDINARY = pwd.getpwnam("daemon").pw_uid


@contextmanager
def open_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="inv-"))
    folder.chmod(0o755)
    yield folder
    for found in folder.rglob("users"):
        if found.is_file():
            with services(found.parent, postgres=False, redis=False):
                pass
            if (found.parent / "run").is_symlink():
                shutil.rmtree((found.parent / "run").resolve())
    for link in folder.rglob("data"):
        if link.is_symlink():
            shutil.rmtree(link.readlink(), ignore_errors=True)
    shutil.rmtree(folder)


def open_services(at: Path, **options: Any) -> Any:
    return services(at, durable=False, **options)


def pids(at: Path) -> tuple[int, int]:
    """PostgreSQL's and Redis's."""
    base = (at / "data") if (at / "data").is_symlink() else at
    postgres = int((base / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    return postgres, int((base / "redis" / "redis.pid").read_text())


def query(found: Services, statement: LiteralString) -> Any:
    assert found.dsn
    with psycopg.connect(found.dsn, autocommit=True) as db:
        cursor = db.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def queue(found: Services) -> redis.Redis:
    assert found.redis_url
    return redis.Redis.from_url(found.redis_url, decode_responses=True)


@dataclass
class User:
    """Another process that has the services of a home open until told otherwise."""

    process: subprocess.Popen[str]

    @classmethod
    def of(cls, at: Path, *, account: int | None = None, new_session: bool = False) -> User:
        """As another account if asked: Python itself may be out of its reach, so it changes once all is loaded."""
        code = f"""
            import os, sys
            from inventory.embedded import binaries, services
            from inventory.embedded.home import Account
            if {account}:
                account = Account({account}, {account})
                folder, program = binaries.postgres_folder(account, None), binaries.redis_server(account)
                binaries.postgres_folder = lambda *_: folder
                binaries.redis_server = lambda *_: program
                os.setgroups([]), os.setgid({account}), os.setuid({account})
            with services({str(at)!r}, durable=False):
                print("open", flush=True)
                sys.stdin.readline()
        """
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=new_session,
        )
        return cls(process)

    def wait_until_open(self) -> User:
        assert self.process.stdout
        assert self.process.stdout.readline() == "open\n", self.end()
        return self

    def end(self, sent: signal.Signals | None = None) -> str:
        """Let it leave, or send a signal. Returns what it wrote to stderr."""
        if sent is not None:
            self.process.send_signal(sent)
        return self.process.communicate(None if sent else "\n", timeout=30)[1]
