"""How far collecting is: moving bars on a terminal, a line for each collector elsewhere."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from inventory.cli.output import plural
from inventory.cli.watch import Collected, Reporter

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


@contextlib.contextmanager
def reporting() -> Iterator[Reporter]:
    """Report to standard error, so that standard output holds results alone."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rows]}", justify="right"),
        TextColumn("{task.fields[failed]}", style="red"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield Bars(progress)


class Bars:
    """A bar for each collector."""

    def __init__(self, progress: "Progress") -> None:
        self.progress = progress
        self.bars: dict[str, TaskID] = {}

    def update(self, collected: Sequence[Collected]) -> None:
        for each in collected:
            if each.task not in self.bars:
                self.bars[each.task] = self.progress.add_task(
                    each.task, total=None, rows="", failed=""
                )
            self.progress.update(
                self.bars[each.task],
                total=each.scopes if each.listed else None,
                completed=each.complete + each.failed,
                rows=plural(each.seen, "row"),
                failed=f"{each.failed} failed" if each.failed else "",
            )


class Lines:
    """A line when a collector is done, and a sign of life now and then."""

    def __init__(self, every: float = 10.0) -> None:
        self.told: set[str] = set()
        self.every = every
        self.last = time.monotonic()

    def update(self, collected: Sequence[Collected]) -> None:
        for each in collected:
            if each.is_done and each.task not in self.told:
                self.told.add(each.task)
                failed = f", {each.failed} failed" if each.failed else ""
                self.say(
                    f"{each.task}: {plural(each.scopes, 'scope')}{failed}, {plural(each.seen, 'row')}"
                )
        if time.monotonic() - self.last > self.every:
            done = sum(each.complete + each.failed for each in collected)
            self.say(f"{done} of {plural(sum(each.scopes for each in collected), 'scope')} so far")

    def say(self, text: str) -> None:
        self.last = time.monotonic()
        print(text, file=sys.stderr, flush=True)
