"""PostgreSQL in a home."""

from __future__ import annotations

import shutil
import signal
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
from psycopg import sql

from inventory.embedded import binaries
from inventory.embedded.process import (
    command_line,
    end,
    is_alive,
    run,
    spawn,
    tail,
    working_in,
    works_in,
)
from inventory.errors import ConfigError, DatabaseError

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from inventory.embedded.home import Home
    from inventory.errors import InventoryError

PORT = 5432
"""A part of the socket's name; nothing listens on TCP."""
NAME = "inventory"
NO_PID = 2_147_483_646
"""No kernel gives this number to a process."""

SETTINGS = {
    "autovacuum_naptime": "15s",
    "checkpoint_timeout": "15min",
    "effective_cache_size": "1GB",
    "jit": "off",
    "listen_addresses": "",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "max_connections": "200",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "port": str(PORT),
    "random_page_cost": "1.1",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "unix_socket_permissions": "0700",
    "wal_level": "minimal",
    "work_mem": "16MB",
}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def dsn(home: Home, database: str = NAME, user: str = NAME) -> str:
    return f"postgresql://{user}@/{database}?host={quote(str(home.sockets), safe='')}&port={PORT}"


def server(home: Home, *, durable: bool) -> PostgresServer:
    return PostgresServer(home, durable)


@dataclass(frozen=True)
class PostgresServer:
    home: Home
    durable: bool

    name = "PostgreSQL"
    # "Fast" shutdown ends sessions; "immediate" relies on recovery.
    stop_signal = signal.SIGINT
    hurry_signal = signal.SIGQUIT

    @property
    def data(self) -> Path:
        return self.home.base / "postgres"

    @property
    def log(self) -> Path:
        return self.home.log / "postgresql.log"

    @cached_property
    def programs(self) -> Path:
        return binaries.postgres_folder(self.home.account, self._data_version())

    def running(self) -> int | None:
        pid = leftover(self.data)
        if pid is None:
            return None
        if not (self.home.sockets / f".s.PGSQL.{PORT}").exists():
            # It runs, but its socket was deleted, or is where an earlier start put it.
            deadline = time.monotonic() + 2
            while is_alive(pid) and time.monotonic() < deadline:
                if (self.home.sockets / f".s.PGSQL.{PORT}").exists():
                    return pid
                time.sleep(0.05)
            end(pid)
            return None
        return pid

    def launch(self) -> subprocess.Popen[bytes]:
        if self._data_version() is None:
            self._create()
        self._check_version()
        self._clear_after_a_kill()
        settings = SETTINGS | {"unix_socket_directories": f'"{self.home.sockets}"'}
        if not self.durable:
            settings |= NOT_DURABLE
        command: list[str | Path] = [self.programs / "postgres", "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return spawn(self.home, command, self.log)

    def answers(self) -> bool:
        try:
            with self._connect("postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def settle(self) -> None:
        """Make the database and its owner, who may create others but is no superuser."""
        with self._connect("postgres") as db:
            name = sql.Identifier(NAME)
            if not db.execute("select 1 from pg_roles where rolname = %s", [NAME]).fetchone():
                db.execute(sql.SQL("create role {} login createdb").format(name))
                db.execute(sql.SQL("grant pg_monitor, pg_checkpoint to {}").format(name))
            if not db.execute("select 1 from pg_database where datname = %s", [NAME]).fetchone():
                db.execute(sql.SQL("create database {0} owner {0}").format(name))

    def failure(self, message: str) -> InventoryError:
        return DatabaseError(message)

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            dsn(self.home, database, "postgres"), autocommit=True, connect_timeout=5
        )

    def _data_version(self) -> str | None:
        try:
            return (self.data / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return None

    def _program_version(self) -> str:
        answer = run(self.home, [self.programs / "postgres", "--version"])
        if answer.returncode != 0:
            raise DatabaseError(
                f"{self.programs}/postgres does not run here: {(answer.stderr or answer.stdout).strip()}"
            )
        # "postgres (PostgreSQL) 18.4 (Debian 18.4-1)"
        return answer.stdout.split(") ", 1)[1].split()[0].partition(".")[0]

    def _check_version(self) -> None:
        data, program = self._data_version(), self._program_version()
        if data != program:
            raise ConfigError(
                f"{self.data} was written by PostgreSQL {data}, and the one found here is {program}; install "
                f"version {data}, or delete that folder and collect again, or set INVENTORY_HOME to a new one"
            )

    def _clear_after_a_kill(self) -> None:
        """End the sessions of a killed server, which go on until their statement is done, and free its socket."""
        if (self.data / "postmaster.pid").exists():
            for pid in working_in(self.data):
                if "postgres" in command_line(pid):
                    end(pid, self.hurry_signal, patience=5.0)
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (self.home.sockets / name).unlink(missing_ok=True)

    def _create(self) -> None:
        """`initdb` beside the data's place, then a rename: an interrupted one is never taken for data."""
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        self.home.account.folder(fresh)
        locale = ["--locale=C"]
        if int(self._program_version()) >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        answer = run(
            self.home,
            [
                *(self.programs / "initdb", "-D", fresh, "-U", "postgres", "--encoding=UTF8"),
                *locale,
                # The folder of the sockets is what keeps others out.
                *("--auth-local=trust", "--auth-host=reject", "--no-instructions"),
                *(() if self.durable else ("--no-sync",)),
            ],
        )
        if answer.returncode != 0:
            self.log.write_text(answer.stdout + answer.stderr)
            if "user does not exist" in answer.stderr:
                raise ConfigError(
                    f"the account that runs this has only a number, {self.home.account.uid}, and PostgreSQL "
                    "wants a name: add it to /etc/passwd, or set database.dsn"
                )
            raise DatabaseError(
                f"PostgreSQL could not create its data in {self.data}:\n{tail(self.log)}"
            )
        # What an interrupted start may have left; PG_VERSION is not in it, or we would not be here.
        shutil.rmtree(self.data, ignore_errors=True)
        fresh.rename(self.data)


def leftover(data: Path) -> int | None:
    """The process that serves `data` by `postmaster.pid`, if it really does.

    A number that meanwhile belongs to another process, as happens after a restart of a container, or to one that
    nobody waited for, would keep PostgreSQL from starting. It is replaced in the file, since the file's other lines
    still guard against sessions of a killed server.
    """
    file = data / "postmaster.pid"
    try:
        lines = file.read_text().splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    if is_alive(pid) and "postgres" in command_line(pid) and works_in(pid, data):
        return pid
    file.write_text("\n".join([str(NO_PID), *lines[1:]]) + "\n")
    return None
