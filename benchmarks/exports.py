"""Whole tables: CSV and NDJSON over HTTP beside a bare COPY of the same columns, by CPU."""

from __future__ import annotations

import asyncio
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from benchmarks.ground import Ground, cpu_seconds, process
from benchmarks.table import show, spread, verdict
from inventory.db import engine

ROWS = 1_000_000
GOALS = {"csv": 1.5, "ndjson": 2.0}
TABLE = "aws_instance"
COLUMNS = (
    "id, created_at, updated_at, account_id, region_name, tags, instance_id, name, arch,"
    " instance_type, state, subnet_id, vpc_id, platform, image_id, launch_time"
)
FIELDS = (
    "id,createdAt,updatedAt,accountId,regionName,tags,instanceId,name,arch,instanceType,state,"
    "subnetId,vpcId,platform,imageId,launchTime"
)
BARE = f"COPY (SELECT {COLUMNS} FROM {TABLE}) TO STDOUT (FORMAT csv)"
FILL = f"""
INSERT INTO {TABLE} (scope_id, account_id, region_name, tags, instance_id, name, arch, instance_type,
                     state, subnet_id, vpc_id, platform, image_id, launch_time)
SELECT s.ids[1 + n %% cardinality(s.ids)], '111122223333', 'eu-central-1',
       jsonb_build_object('Name', 'node-' || n, 'kubernetes.io/cluster/shoot--p--c' || n %% 1000, '1'),
       'i-x' || n, 'node-' || n, 'x86_64', 'm5.large', 'running', 'subnet-' || n %% 5000,
       'vpc-' || n %% 1000, 'linux', 'ami-' || n %% 50, now() - n * interval '1 second'
FROM generate_series(1, %s::int) n, (SELECT array_agg(id) AS ids FROM common_scope) s
"""


def run(ground: Ground, rounds: int) -> None:
    """Fill one table up to a million rows, and read all of it in turns."""
    with engine.connect(ground.dsn) as db:
        (there,) = db.execute(f"SELECT count(*) FROM {TABLE}").fetchone() or (0,)
        db.execute(FILL, [max(0, ROWS - there)])
        db.execute(f"VACUUM ANALYZE {TABLE}")
    with _serving(ground) as (port, pid):
        # A connection of the pool, a page of the memory that it takes, and the table in the cache.
        asyncio.run(_read(port, "csv"))
        resident = _peak(pid)
        bare: list[float] = []
        found: dict[str, list[tuple[float, float, float]]] = {form: [] for form in GOALS}
        for _ in range(rounds):
            bare.append(_bare(ground.dsn))
            for form, spent in found.items():
                spent.append(_measured(ground.dsn, port, pid, form))
        grown = _peak(pid) - resident
    _show(bare, found, resident, grown)


def _show(
    bare: list[float],
    found: dict[str, list[tuple[float, float, float]]],
    resident: float,
    grown: float,
) -> None:
    limit = statistics.median(bare)
    lines = [["bare COPY", f"{limit:.2f}", "1.00", "", "", ""]]
    for form, spent in found.items():
        ratios = [sum(each[:2]) / limit for each in spent]
        ours, server, wall = (statistics.median(column) for column in zip(*spent, strict=True))
        lines.append(
            [
                form,
                f"{ours + server:.2f} ({server:.2f} PostgreSQL, {ours:.2f} API)",
                spread(ratios),
                verdict(statistics.median(ratios), GOALS[form]),
                f"{ROWS / (ours + server):,.0f}",
                f"{ROWS / wall:,.0f}",
            ]
        )
    show(
        f"exports: {ROWS:,} rows of {TABLE}; the API's memory {resident:.0f} MB at its peak, and {grown:.1f}"
        " MB more after all",
        ["form", "CPU s", "÷ bare", "goal", "rows/s of CPU", "rows/s"],
        lines,
    )


def _bare(dsn: str) -> float:
    """The CPU seconds of both ends of a bare COPY, read by psycopg at its quickest."""
    with engine.connect(dsn) as db:
        server, own = cpu_seconds(db.info.backend_pid), time.process_time()
        db.pgconn.exec_(BARE.encode())
        while db.pgconn.get_copy_data(0)[0] > 0:
            pass
        while db.pgconn.get_result():
            pass
        return cpu_seconds(db.info.backend_pid) - server + time.process_time() - own


def _measured(dsn: str, port: int, pid: int, form: str) -> tuple[float, float, float]:
    """CPU seconds of the API and of PostgreSQL, and seconds, of one export."""
    with engine.connect(dsn) as db:
        backends = _backends(db)
        before = {each: cpu_seconds(each) for each in backends}
        own, began = cpu_seconds(pid), time.perf_counter()
        asyncio.run(_read(port, form))
        took = time.perf_counter() - began
        after = {each: cpu_seconds(each) for each in _backends(db)}
        server = sum(spent - before.get(each, 0.0) for each, spent in after.items())
        return cpu_seconds(pid) - own, server, took


def _backends(db: psycopg.Connection) -> list[int]:
    asked = "SELECT pid FROM pg_stat_activity WHERE application_name = 'inventory-api'"
    return [pid for (pid,) in db.execute(asked)]


async def _read(port: int, form: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET /api/v1/{TABLE}.{form}?fields={FIELDS} HTTP/1.1\r\n"
        "Host: localhost\r\nConnection: close\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"the API answered {head.decode()}")
    end = b""
    while chunk := await reader.read(1 << 20):
        end = (end + chunk)[-5:]
    writer.close()
    if end != b"0\r\n\r\n":
        raise SystemExit("an export broke off")


@contextmanager
def _serving(ground: Ground) -> Iterator[tuple[int, int]]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    environment = ground.environment() | {"INVENTORY_API_PORT": str(port)}
    command = [sys.executable, "-m", "inventory", "serve"]
    with process(command, environment) as running:
        _wait_for(lambda: socket.create_connection(("127.0.0.1", port), 1).close())
        yield port, running.pid


def _wait_for(attempt: Callable[[], None]) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            return attempt()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def _peak(pid: int) -> float:
    """The most memory that a process ever had, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0
