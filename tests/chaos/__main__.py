"""`python -m tests.chaos`: see --help."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import SystemRandom

import click

from inventory.runtime.context import now
from tests.chaos import audit
from tests.chaos.audit import Books, Fault
from tests.chaos.plan import Injury, plan
from tests.chaos.stage import Stage

PATIENCE = 60.0
"""Seconds without any run coming to its end after which those that are left never will."""
SHOWN = 5


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="How long to injure.")
@click.option("--seed", type=int, help="Whose injuries. [default: by chance]")
@click.option("--only-plan", is_flag=True, help="Print the injuries of the seed and do nothing.")
def main(seconds: float, seed: int | None, only_plan: bool) -> None:
    """Injure workers, schedulers, Redis and PostgreSQL, and then balance the books.

    \b
    Examples:
      make chaos
      make chaos seconds=3600 seed=7
      .venv/bin/python -m tests.chaos --seed 7 --only-plan
    """
    seed = SystemRandom().randrange(10**6) if seed is None else seed
    injuries = plan(seed, seconds)
    load = f"load {os.getloadavg()[0]:.1f}"
    click.echo(f"seed {seed}, {seconds:g} s, {len(injuries)} injuries, {load}")
    if only_plan:
        click.echo("\n".join(map(str, injuries)))
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    home = Path(tempfile.mkdtemp(prefix="inventory-chaos-"))
    # As root, the servers run as another account, which must be able to pass.
    home.chmod(0o711)
    try:
        with ExitStack() as stack:
            stage = Stage(home, stack, seed)
            stack.callback(stage.close)
            books = asyncio.run(_act(stage, injuries, seconds))
            found = audit.faults(books)
            _report(stage, books, injuries, found, seed)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    sys.exit(1 if found else 0)


async def _act(stage: Stage, injuries: tuple[Injury, ...], seconds: float) -> Books:
    zero, began = time.time() - now(), now()
    reviving = asyncio.create_task(stage.revive())
    under_way = []
    for injury in injuries:
        await asyncio.sleep(max(0.0, began + injury.at - now()))
        under_way.append(asyncio.create_task(stage.injure(injury)))
    await asyncio.sleep(max(0.0, began + seconds - now()))
    await asyncio.gather(*under_way)
    ended = now()
    stage.held |= set(stage.schedulers)
    for process in (stage.enqueuer, *stage.schedulers):
        await asyncio.to_thread(process.end, signal.SIGTERM)
    await _settled(stage)
    reviving.cancel()
    return Books.of(stage, began=began, ended=ended, zero=zero)


async def _settled(stage: Stage) -> None:
    """Wait until every run has come to its end, or none does any more."""
    left, since = -1, now()
    while left and now() - since < PATIENCE:
        await asyncio.sleep(0.2)
        ((found,),) = stage.sql(audit.LIVE)
        if found != left:
            left, since = found, now()


def _report(
    stage: Stage, books: Books, injuries: tuple[Injury, ...], found: list[Fault], seed: int
) -> None:
    states = Counter(row["state"] for row in books.runs.values())
    accepted = sum(event["event"] == "accepted" for event in books.events)
    again = Counter(event["run"] for event in books.events if event["event"] == "end")
    click.echo(
        f"{accepted} accepted from outside, {len(books.runs)} with children and ticks ="
        f" {', '.join(f'{count} {state}' for state, count in sorted(states.items()))}"
    )
    repeated = sum(count > 1 for count in again.values())
    click.echo(f"{repeated} ran to their end more than once; it took {now() - books.began:.0f} s")
    if stage.stops:
        slowest, clean = max(took for took, _ in stage.stops), all(ok for _, ok in stage.stops)
        left = "nothing" if clean else "SOMETHING"
        click.echo(f"{len(stage.stops)} stops, the slowest {slowest:.1f} s, {left} left active")
        if not clean:
            found.append(Fault("a worker that stopped left a run active"))
    broken = Counter(
        line for file in stage.home.glob("*.log") for line in _breakages(file.read_text())
    )
    for line, count in broken.items():
        click.echo(f"{count} times in the logs: {line}")
    if not found:
        click.echo("conserved")
        return
    click.echo("\n".join([f"\n{len(found)} FAULTS with seed {seed}:", *map(str, injuries)]))
    for fault in found[:SHOWN]:
        click.echo(f"\n{fault.what}")
        if fault.run:
            click.echo("\n".join(books.story(fault.run)))
    kinds = Counter(fault.what.split(":")[0] for fault in found)
    click.echo(f"\n{kinds}")


def _breakages(log: str) -> Iterator[str]:
    """What stopped a part of a process that should have gone on."""
    for part in log.split("a part of the process broke\n")[1:]:
        yield next((line for line in part.splitlines() if re.match(r"[\w.]+(: |$)", line)), "?")


if __name__ == "__main__":
    main()
