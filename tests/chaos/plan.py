"""Which injuries, when and to whom: a function of the seed and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

WORKERS = 3
SCHEDULERS = 3
SKEWS = (-0.5, 0.0, 0.5)
"""By how much the schedulers' clocks are wrong, in seconds."""
LEASE = 3.0
QUIET = 3.0
"""Seconds at the beginning and at the end without an injury."""

KINDS = {
    "kill worker": 6,
    "stop worker": 4,
    "freeze worker": 5,
    "kill scheduler": 2,
    "restart scheduler": 2,
    "freeze scheduler": 2,
    "wipe Redis": 2,
    "kill Redis": 1,
    "hang Redis": 1,
    "kill PostgreSQL": 1,
    "cut PostgreSQL": 3,
    "steal doorbells": 3,
    "ring at random": 2,
    "pause queue": 2,
}
"""What may happen, and how often compared with the others."""
SERVERS = ("kill Redis", "hang Redis", "kill PostgreSQL")
CALM_AFTER_SERVER = 5.0


@dataclass(frozen=True)
class Injury:
    """Something that happens at a time. `victim` is a number where there are several."""

    at: float
    kind: str
    victim: int = 0
    lasts: float = 0.0
    """How long until it is over: thawed, started again, resumed."""

    def __str__(self) -> str:
        return f"{self.at:7.2f} s  {self.kind} {self.victim}, for {self.lasts:.2f} s"


def plan(seed: int, seconds: float) -> tuple[Injury, ...]:
    """The injuries of a run of so many seconds."""
    return tuple(_injuries(Random(seed), seconds))


def _injuries(random: Random, seconds: float) -> Iterator[Injury]:
    at = QUIET
    while True:
        at += random.uniform(0.3, 2.5)
        (kind,) = random.choices(list(KINDS), list(KINDS.values()))
        count = SCHEDULERS if "scheduler" in kind else WORKERS
        victim, lasts = random.randrange(count), _length(kind, random)
        if at + lasts > seconds - QUIET:
            return
        yield Injury(at, kind, victim, lasts)
        if kind in SERVERS:
            at += lasts + CALM_AFTER_SERVER


def _length(kind: str, random: Random) -> float:
    if kind == "freeze worker":
        # Sometimes shorter than the lease, mostly longer.
        return random.uniform(0.3 * LEASE, 2 * LEASE)
    if kind in ("steal doorbells", "ring at random", "wipe Redis", "cut PostgreSQL"):
        return 0.0
    return random.uniform(0.2, 2.5)
