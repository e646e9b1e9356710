"""Simulated clouds, servers of our own, and `inventory collect` as people start it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from inventory.db import migrate
from inventory.embedded import Services, services
from inventory.simulator.hosting import Running, running
from tests.services import PREFIX

Database = psycopg.Connection[Any]
PATIENCE_S = 1800


@dataclass(frozen=True)
class Collection:
    """One `inventory collect --json`: how it ended, what it said, and what it cost."""

    status: int
    answer: dict[str, Any]
    errors: str
    seconds: float
    cpu_seconds: float
    peak_mib: float
    """The largest resident set of the process that collects."""
    wal_bytes: int
    rows_written: int
    """Row versions written or deleted in all tables, the ledger's included."""

    @property
    def changed(self) -> int:
        """Resources that were added, altered or removed."""
        return sum(each["changed"] + each["deleted"] for each in self.answer["collectors"])

    @property
    def failed(self) -> set[tuple[str, str]]:
        """Collector and scope."""
        return {(each["collector"], each["scope"]) for each in self.answer["failures"]}


@dataclass(frozen=True)
class World:
    sim: Running
    db: Database
    dsn: str
    redis_url: str
    config: Path
    max_delete_share: float

    def collect(self) -> Collection:
        """Run the command in a process of its own until it ends."""
        folder = self.config.parent
        command = [
            *(sys.executable, "-m", "inventory", "--config", str(self.config)),
            *("--database-uri", self.dsn, "--redis-endpoint", self.redis_url),
            *("collect", "--json"),
        ]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("INVENTORY_")}
        environment["INVENTORY_HOME"] = str(folder / "home")
        environment["INVENTORY_COLLECTION_MAX_DELETE_SHARE"] = str(self.max_delete_share)
        wal, written, began = self._wal(), self._written(), time.monotonic()
        with (folder / "out").open("w+") as out, (folder / "err").open("w+") as err:
            child = subprocess.Popen(command, stdout=out, stderr=err, env=environment)
            usage = _waited(child)
            seconds = time.monotonic() - began
            said, errors = ((folder / name).read_text("utf-8") for name in ("out", "err"))
        assert child.returncode in (0, 1), errors
        return Collection(
            status=child.returncode,
            answer=json.loads(said),
            errors=errors,
            seconds=seconds,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_mib=usage.ru_maxrss / 1024,
            wal_bytes=self._wal() - wal,
            rows_written=self._written() - written,
        )

    def _wal(self) -> int:
        (position,) = self.db.execute("select pg_current_wal_insert_lsn() - '0/0'").fetchone() or (
            0,
        )
        return int(position)

    def _written(self) -> int:
        self.db.execute("select pg_stat_clear_snapshot()")
        (count,) = self.db.execute(
            "select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables"
        ).fetchone() or (0,)
        return int(count or 0)


def _waited(child: subprocess.Popen[bytes]) -> Any:
    """Wait for a process and return what it used; kill it if it never ends."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            child.returncode = os.waitstatus_to_exitcode(status)
            return usage
        time.sleep(0.05)
    child.kill()
    child.wait()
    raise AssertionError(f"inventory collect did not end within {PATIENCE_S} s")


@contextmanager
def world(shoots: int, seed: int, **faults: Any) -> Iterator[World]:
    """Clouds that collecting can reach all of but for the faults, and an empty, migrated database.

    The servers are nobody else's: what is written ahead by others would be counted as ours.
    """
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        # As root, the servers run as another account, which must be able to pass.
        Path(folder).chmod(0o711)
        with running(shoots, seed, **faults) as sim, _servers(Path(folder) / "s") as found:
            config = Path(folder) / "sim.yaml"
            sim.config(config, unmanaged="kubeconfig")
            assert found.dsn
            assert found.redis_url
            migrate.upgrade(found.dsn)
            with psycopg.connect(found.dsn, autocommit=True) as db:
                # In small clouds a tick of time takes much of a small region.
                share = 0.3 if shoots >= 1000 else 0.9
                yield World(sim, db, found.dsn, found.redis_url, config, share)


@contextmanager
def _servers(home: Path) -> Iterator[Services]:
    with services(home, durable=False) as found:
        yield found
