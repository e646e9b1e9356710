"""A simulated landscape read by the real clients, stored, linked, and asked for leaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import yaml

from inventory import config
from inventory.catalog import Catalog
from inventory.core.scope import FailedScope, Scope, SourceClient
from inventory.core.task import Collector
from inventory.db import scopes
from inventory.db.leaks import Evaluated, evaluate
from inventory.db.reconcile import analyze, reconcile
from inventory.db.store import store
from inventory.errors import Incomplete, InventoryError
from inventory.simulator.hosting import Running

Database = psycopg.Connection[Any]
SOURCES = ("gcp", "aws", "g")
DAY = timedelta(days=1)


@contextmanager
def clients(
    sim: Running, catalog: Catalog, folder: Path, *, unmanaged: str = "kubeconfig"
) -> Iterator[dict[str, SourceClient]]:
    """A client of each source, as the simulator configures it."""
    path = folder / "sim.yaml"
    path.write_text(yaml.safe_dump(sim.config(path, unmanaged=unmanaged)), encoding="utf-8")
    loaded = config.load([path], {})
    with ExitStack() as stack:
        found = {}
        for key in SOURCES:
            found[key] = catalog.sources[key].client(loaded)
            stack.callback(found[key].close)
        yield found


def collect(db: Database, catalog: Catalog, clients: dict[str, SourceClient]) -> list[str]:
    """Read and store everything, as collectors' runs do; what could not be read, by name."""
    failed: list[str] = []
    for key, client in clients.items():
        for task in catalog.collectors(key):
            for scope in client.scopes(task.scope):
                name, error = _collect_scope(db, task, client, scope)
                if error is not None:
                    failed.append(f"{task.name} {name}")
    return failed


def _collect_scope(
    db: Database, task: Collector, client: SourceClient, scope: Scope | FailedScope
) -> tuple[str, InventoryError | None]:
    if isinstance(scope, FailedScope):
        _fail(db, task, scope.name, scope.error)
        return scope.name, scope.error
    try:
        with client.open(scope) as reader:
            store(db, task.models, scope, task(reader), confirm_delete=True)
    except Incomplete as error:
        return str(scope), error
    except InventoryError as error:
        _fail(db, task, scope, error)
        return str(scope), error
    return str(scope), None


def _fail(db: Database, task: Collector, scope: Scope | str, error: InventoryError) -> None:
    for model in task.models:
        scopes.attempted(db, model, scope, "failed", error=error)


def link(db: Database, catalog: Catalog) -> None:
    for each in catalog.links.values():
        reconcile(db, each)
    analyze(db, list(catalog.tables))


def ask(db: Database, catalog: Catalog, *names: str) -> dict[str, Evaluated]:
    """Ask leak rules: all, or those that are named."""
    return {
        name: evaluate(db, rule, max_age=DAY)
        for name, rule in catalog.leaks.items()
        if not names or name in names
    }
