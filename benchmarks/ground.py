"""What is measured on: a simulated landscape, servers of our own, and processes that are ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from inventory import config as configuration
from inventory.catalog import Catalog
from inventory.config import Config
from inventory.core.scope import FailedScope, Scope, SourceClient
from inventory.core.task import Collector
from inventory.db import engine, migrate, reconcile, store
from inventory.embedded import services
from inventory.errors import SourceError

PATIENCE = 60.0


@dataclass(frozen=True)
class Ground:
    """A database that is empty at first, and clouds to fill it from."""

    folder: Path
    shoots: int
    config_path: Path
    config: Config
    dsn: str
    redis: str
    catalog: Catalog

    def environment(self) -> dict[str, str]:
        """What `inventory` needs to find the same servers."""
        return os.environ | {
            "INVENTORY_HOME": str(self.folder / "home"),
            "INVENTORY_CONFIG": str(self.config_path),
            "INVENTORY_DATABASE_DSN": self.dsn,
            "INVENTORY_REDIS_ENDPOINT": self.redis,
        }


@dataclass(frozen=True)
class Listing:
    """A collector with the scopes that it can read."""

    task: Collector
    scopes: list[Scope]
    client: SourceClient


@contextmanager
def ground(shoots: int) -> Iterator[Ground]:
    """Start a simulator, PostgreSQL and Redis; migrate; end everything at the end."""
    with tempfile.TemporaryDirectory(prefix="inventory-bench-") as name:
        folder = Path(name)
        # As root, the servers run as another account, which must be able to pass.
        folder.chmod(0o711)
        with _simulator(shoots, folder) as path, services(folder / "home") as found:
            assert found.dsn
            assert found.redis_url
            migrate.upgrade(found.dsn)
            config = configuration.load([path], {})
            yield Ground(folder, shoots, path, config, found.dsn, found.redis_url, Catalog.load())


@contextmanager
def _simulator(shoots: int, folder: Path) -> Iterator[Path]:
    """A simulator in a process of its own, so that its CPU is not counted; yields its configuration."""
    path = folder / "simulator.yaml"
    command = [sys.executable, "-m", "inventory.simulator", "--shoots", str(shoots), "--port", "0"]
    with process([*command, "--unmanaged", "kubeconfig", "--write-config", str(path)]):
        _wait(lambda: path.exists() and yaml.safe_load(path.read_text()))
        yield path


@contextmanager
def process(
    command: Sequence[str | Path], environment: dict[str, str] | None = None, **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """A child process, ended at the end."""
    options.setdefault("stdout", subprocess.DEVNULL)
    running = subprocess.Popen(command, env=environment, **options)
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(timeout=10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def _wait(ready: Any) -> None:
    until = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > until:
            raise SystemExit("a process that the benchmark needs did not start")
        time.sleep(0.05)


def listings(found: Ground) -> Iterator[Listing]:
    """Every collector with its scopes; the caller need not close the clients before the end."""
    for key in ("aws", "g"):
        client = found.catalog.sources[key].client(found.config)
        for task in found.catalog.collectors(key):
            scopes = [s for s in client.scopes(task.scope) if not isinstance(s, FailedScope)]
            yield Listing(task, scopes, client)
        client.close()


def fill(found: Ground) -> store.Stored:
    """Collect everything through the real path, and link it. Scopes that fail are left out."""
    total = store.Stored()
    with engine.connect(found.dsn) as db:
        for listing in listings(found):
            for scope in listing.scopes:
                total += _collect(db, listing, scope)
        for link in found.catalog.links.values():
            reconcile.reconcile(db, link)
        reconcile.analyze(db, list(found.catalog.tables))
    return total


def _collect(db: engine.Connection, listing: Listing, scope: Scope) -> store.Stored:
    try:
        with listing.client.open(scope) as reader:
            return store.store(db, listing.task.models, scope, listing.task(reader))
    except SourceError as error:
        print(f"  left out: {str(error)[:100]}", file=sys.stderr)
        return store.Stored()


def cpu_seconds(pid: int) -> float:
    """The CPU seconds that a process has used, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
