"""The queue: what it loses when it is injured, how soon it answers, and what a run costs."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from benchmarks import contenders, notes, paces, table
from benchmarks.contenders import CATALOG, Contender, Ours, wipe
from benchmarks.stock import LEASE
from inventory.db import engine
from inventory.embedded import services

RUNS, LONG = 200, 0.08
"""Of an injury: so many runs of so many seconds, on two workers."""
QUIET = 2 * LEASE + 2
"""Where nothing has happened for so long, nothing will."""


def run() -> None:
    """Measure. Brings PostgreSQL and Redis of its own, both writing to disk."""
    with tempfile.TemporaryDirectory(prefix="inventory-bench-tasks-") as name:
        folder = Path(name)
        # As root, the servers run as another account, which must be able to pass.
        folder.chmod(0o711)
        with services(folder / "home") as found:
            assert found.dsn
            assert found.redis_url
            tables = list(CATALOG.tables.values())
            url = engine.sqlalchemy_url(found.dsn)
            tables[0].metadata.create_all(sa.create_engine(url, poolclass=sa.NullPool), tables)
            with contenders.contenders(found.dsn, found.redis_url, folder) as all_of_them:
                asyncio.run(_injuries(all_of_them, found.dsn))
            with contenders.contenders(found.dsn, found.redis_url, folder) as all_of_them:
                asyncio.run(paces.measure(all_of_them, found.dsn))


@dataclass
class Suffered:
    """What an injury did."""

    lost: int
    doubled: int
    restarted: float | None


async def _injuries(all_of_them: Sequence[Contender], dsn: str) -> None:
    for each in all_of_them:
        for _ in range(2):
            each.start()
    kinds = ("kill -9", "freeze", "Redis wiped")
    found: dict[str, list[Suffered]] = {each.name: [] for each in all_of_them}
    for number, kind in enumerate(kinds):
        # All at the same time: they mostly wait.
        results = await asyncio.gather(
            *(_injured(each, kind, 1 + number * RUNS) for each in all_of_them)
        )
        for each, result in zip(all_of_them, results, strict=True):
            found[each.name].append(result)
    rows = [
        [
            name,
            *(f"{each.lost}" for each in suffered),
            *(f"{each.doubled}" for each in suffered),
            "never" if suffered[0].restarted is None else f"{suffered[0].restarted:.1f} s",
        ]
        for name, suffered in found.items()
    ]
    columns = ["", *(f"lost: {kind}" for kind in kinds), *(f"twice: {kind}" for kind in kinds)]
    title = f"Injuries: of {RUNS} runs on two workers each, lease {LEASE:g} s"
    table.show(title, [*columns, "after a kill, begun again within"], rows)
    with psycopg.connect(dsn) as db:
        ends = db.execute("SELECT state, count(*) FROM common_run GROUP BY state").fetchall()
    print(f"final results in the ledger: {dict(ends)} of {RUNS * len(kinds)} runs")


async def _injured(contender: Contender, kind: str, first: int) -> Suffered:
    mine = range(first, first + RUNS)
    await contender.enqueue("toil", RUNS, LONG, first)
    # Begun by both workers, or else one of them might not be hurt by its end.
    await _until(
        lambda: (
            len({n.pid for n in _of(contender, mine)}) >= 2 and _ended(contender, mine) > RUNS // 5
        )
    )
    if kind == "Redis wiped":
        wipe(contender)
    else:
        pids = Counter(n.pid for n in _of(contender, mine))
        victim = next(pid for pid, _ in pids.most_common() if os.path.exists(f"/proc/{pid}"))  # noqa: PTH110, ASYNC240
        os.kill(victim, signal.SIGKILL if kind == "kill -9" else signal.SIGSTOP)
        at, open_ = time.monotonic(), _open(contender, mine, victim)
        if kind == "kill -9":
            if isinstance(contender, Ours):
                # taskiq's worker command starts another by itself.
                contender.start()
        else:
            await asyncio.sleep(2 * LEASE)
            os.kill(victim, signal.SIGCONT)
    await _until(lambda: _ended(contender, mine) == RUNS, quiet=lambda: len(_of(contender, mine)))
    ends = Counter(n.number for n in _of(contender, mine) if n.event == "end")
    restarted = None
    if kind == "kill -9":
        again = [
            min(
                (
                    n.at
                    for n in _of(contender, mine)
                    if n.number == number and n.event == "begin" and n.at > at
                ),
                default=None,
            )
            for number in open_
        ]
        if all(each is not None for each in again):
            restarted = max(each for each in again if each is not None) - at
    return Suffered(RUNS - len(ends), sum(count > 1 for count in ends.values()), restarted)


def _of(contender: Contender, numbers: range) -> list[notes.Note]:
    return [n for n in notes.read(contender.notes) if n.number in numbers]


def _ended(contender: Contender, numbers: range) -> int:
    return len({n.number for n in _of(contender, numbers) if n.event == "end"})


def _open(contender: Contender, numbers: range, pid: int) -> set[int]:
    mine = [n for n in _of(contender, numbers) if n.pid == pid]
    return {n.number for n in mine} - {n.number for n in mine if n.event == "end"}


async def _until(condition: Any, *, quiet: Any = None, within: float = 60.0) -> None:
    """Wait for it, but no longer than something still changes."""
    until, last, since = time.monotonic() + within, None, time.monotonic()
    while not condition() and time.monotonic() < until:
        if quiet is not None:
            if quiet() != last:
                last, since = quiet(), time.monotonic()
            elif time.monotonic() - since > QUIET:
                return
        await asyncio.sleep(0.05)
