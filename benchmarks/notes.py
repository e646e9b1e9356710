"""What runs note, whoever runs them: an append to one file, in the order in which it happened."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = "BENCH_NOTES"


@dataclass(frozen=True)
class Note:
    """An event of a run, by the clock that all processes share."""

    event: str
    number: int
    pid: int
    at: float


def note(event: str, number: int) -> None:
    """Note an event of a run. Costs one write."""
    os.write(_file(), f"{event} {number} {os.getpid()} {time.monotonic()}\n".encode())


def read(path: Path) -> list[Note]:
    """All that was noted."""
    found = []
    for line in path.read_text().splitlines() if path.exists() else ():
        event, number, pid, at = line.split()
        found.append(Note(event, int(number), int(pid), float(at)))
    return found


@cache
def _file() -> int:
    return os.open(os.environ[FILE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
