"""What collecting and storing instances costs beside the leanest read through botocore.

The simulator runs in a process of its own, so only the reader's CPU is counted, and that of its PostgreSQL backend.

    python -m benchmarks.collect_instances [SHOOTS] [ROUNDS]
"""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from inventory import config as configuration
from inventory.catalog import Catalog
from inventory.core.task import Collector
from inventory.db import engine
from inventory.db.store import store
from inventory.embedded import services
from inventory.sources.aws.scopes import RegionScope

TASK = "aws:task:collect-instances"


@contextmanager
def simulator(shoots: int, folder: Path) -> Iterator[Path]:
    """A simulator in a process of its own; yields the configuration that it wrote."""
    path = folder / "simulator.yaml"
    command = [sys.executable, "-m", "inventory.simulator", "--shoots", str(shoots), "--port", "0"]
    process = subprocess.Popen([*command, "--write-config", str(path)], stdout=subprocess.DEVNULL)
    try:
        while not path.exists() or not yaml.safe_load(path.read_text()):
            time.sleep(0.1)
        yield path
    finally:
        process.terminate()
        process.wait(timeout=10)


def read_only(client: Any, scopes: list[RegionScope]) -> int:
    """The leanest read: pages of the pruned model, nothing done with them, no garbage collected."""
    count = 0
    gc.disable()
    try:
        for scope in scopes:
            with client.open(scope) as reader:
                found = reader.items(
                    "ec2", "DescribeInstances", "Reservations.Instances", key="InstanceId"
                )
                count += sum(1 for _ in found)
    finally:
        gc.enable()
    return count


def collect(task: Collector, client: Any, scopes: list[RegionScope]) -> int:
    """The collector's rows, not stored."""
    count = 0
    for scope in scopes:
        with client.open(scope) as reader:
            count += sum(1 for _ in task(reader))
    return count


def backend_seconds(db: Any) -> float:
    """The CPU seconds that the connection's PostgreSQL backend has used."""
    fields = Path(f"/proc/{db.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(shoots: int, rounds: int) -> None:
    catalog = Catalog.load()
    task = catalog.task(TASK)
    assert isinstance(task, Collector)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        with (
            simulator(shoots, folder) as path,
            services(folder / "home", redis=False, durable=False) as found,
        ):
            assert found.dsn
            tables = sa.create_engine(engine.sqlalchemy_url(found.dsn))
            next(iter(catalog.tables.values())).metadata.create_all(tables)
            tables.dispose()
            client: Any = task.source.client(configuration.load([path], {}))
            scopes = list(client.scopes(RegionScope))
            with engine.connect(found.dsn) as db:
                measure(task, client, scopes, db, rounds)


def measure(task: Collector, client: Any, scopes: Any, db: Any, rounds: int) -> None:
    steps = (
        "leanest read",
        "collect",
        "collect + store",
        "the same, backend",
        "refresh",
        "backend",
    )
    took: dict[str, list[float]] = {step: [] for step in steps}
    rows = read_only(client, scopes)
    for _ in range(rounds):
        began = time.process_time()
        read_only(client, scopes)
        took["leanest read"].append(time.process_time() - began)
        began = time.process_time()
        collect(task, client, scopes)
        took["collect"].append(time.process_time() - began)
        db.execute("TRUNCATE aws_instance CASCADE")
        for client_step, backend_step in (steps[2:4], steps[4:6]):
            began, backend = time.process_time(), backend_seconds(db)
            for scope in scopes:
                with client.open(scope) as reader:
                    store(db, task.models, scope, task(reader), max_delete_share=1)
            took[client_step].append(time.process_time() - began)
            took[backend_step].append(backend_seconds(db) - backend)
    limit = statistics.median(took["leanest read"])
    print(f"{rows} instances in {len(scopes)} scopes, median of {rounds}")
    for step in steps:
        seconds = statistics.median(took[step])
        print(f"{step:20} {seconds * 1e6 / rows:7.1f} us/row  x{seconds / limit:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 2000, int(sys.argv[2]) if sys.argv[2:] else 3)
