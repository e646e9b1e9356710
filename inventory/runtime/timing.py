"""How often workers report and look around."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """All in seconds. Tests shorten them; nobody else should have to."""

    lease: float = 30.0
    """A worker that was not heard of for so long is believed to be gone."""
    beat: float = 5.0
    """How often a worker reports."""
    reap: float = 1.0
    """How often what is due is looked for."""
    lost: float = 3.0
    """A doorbell that rang no later than this ago is not yet missed."""
    grace: float = 8.0
    """How long a stopping worker lets its runs go on."""
    abandon: float = 120.0
    """How long runs wait in the queue of an `inventory collect` that is gone."""
    stretch: float = 1.0
    """By what the delays before another attempt are multiplied."""
    idle: float = 60.0
    """After so long without a statement PostgreSQL ends a transaction, and its locks."""
    report: float = 0.25
    """How often progress is written."""
    link: float = 5.0
    """How long after rows changed their links are brought up to date, all of them at once."""
