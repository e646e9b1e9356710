"""The tasks that our workers do."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.labour import source as labour
from benchmarks.notes import note
from inventory.core.task import Payload, RunContext, task
from inventory.runtime.policy import Interrupted


class Work(Payload):
    number: int = 0
    """Tells runs apart."""
    seconds: float = 0.0
    """How long to take."""


@task(labour, payload=Work)
def noop(run: RunContext, payload: Work) -> None:
    """Do nothing."""


@task(labour, payload=Work)
def toil(run: RunContext, payload: Work) -> None:
    """Take a while, and look up before the end is noted."""
    note("begin", payload.number)
    time.sleep(payload.seconds)
    run.check()
    note("end", payload.number)


@task(labour, payload=Work)
def wait(run: Any, payload: Work) -> None:
    """Wait to be cancelled."""
    note("begin", payload.number)
    try:
        while True:
            time.sleep(0.002)
            run.check()
    except Interrupted:
        note("cancelled", payload.number)
        raise
