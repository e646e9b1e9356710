"""Each notes in a file of the configuration's home that it ran, so that tests can count."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from inventory.core.task import Payload, RunContext, task
from inventory.errors import AccessDenied, PayloadError, Throttled
from inventory.runtime.policy import Interrupted
from tests.runtime.drill import source as drill


class Note(Payload):
    note: str = ""
    """What to write down."""
    seconds: float = 0
    """How long to take."""
    count: int = 0
    """How many."""


def note(run: Any, text: str) -> None:
    with Path(run.config.home / "notes").open("a") as file:
        file.write(f"{text}\n")


@task(drill, payload=Note)
def noop(run: RunContext, payload: Note) -> None:
    """Do nothing."""


@task(drill, payload=Note)
def jot(run: RunContext, payload: Note) -> dict[str, Any]:
    """Write a note."""
    note(run, payload.note)
    return {"noted": payload.note}


@task(drill, payload=Note, unique=True)
def jot_once(run: RunContext, payload: Note) -> None:
    """Write a note; of two that wait one is enough."""
    note(run, payload.note)


@task(drill, payload=Note)
def nap(run: RunContext, payload: Note) -> None:
    """Take a while, in steps, and look up between them."""
    note(run, f"start {payload.note}")
    steps = max(int(payload.seconds / 0.02), 1)
    for step in range(steps):
        time.sleep(0.02)
        run.progress(step + 1, steps)
        run.check()
    note(run, f"end {payload.note}")


@task(drill, payload=Note)
def stuck(run: RunContext, payload: Note) -> None:
    """Take a while and never look up."""
    note(run, f"start {payload.note}")
    time.sleep(payload.seconds)
    note(run, f"end {payload.note}")


@task(drill, payload=Note)
def query(run: RunContext, payload: Note) -> None:
    """Let PostgreSQL take a while."""
    with run.db() as db:
        db.execute("SELECT pg_sleep(%s)", (payload.seconds,))


@task(drill, payload=Note)
async def drift(run: RunContext, payload: Note) -> None:
    """Take a while on the event loop."""
    note(run, f"start {payload.note}")
    await asyncio.sleep(payload.seconds)
    note(run, f"end {payload.note}")


@task(drill, payload=Note, max_retry=2)
def broken(run: RunContext, payload: Note) -> None:
    """Fail as a bug does."""
    note(run, f"attempt {run.attempt}")
    raise ZeroDivisionError("division by zero")


@task(drill, payload=Note)
def denied(run: RunContext, payload: Note) -> None:
    """Fail so that another attempt cannot help."""
    raise AccessDenied("drill: list: AccessDenied")


@task(drill, payload=Note)
def refused(run: RunContext, payload: Note) -> None:
    """Find fault with its payload."""
    raise PayloadError("payload.note: it is not polite")


@task(drill, payload=Note)
def throttled(run: RunContext, payload: Note) -> None:
    """Be told to come back later, once."""
    note(run, f"attempt {run.attempt}")
    if run.attempt == 1:
        raise Throttled("drill: slow down", retry_after=payload.seconds)


@task(drill, payload=Note)
def odd(run: RunContext, payload: Note) -> dict[str, Any]:
    """Return and raise what is hard to write down."""
    if payload.note:
        raise ValueError(f"zero \0, half a pair \ud800, {payload.note}")
    return {"name": "zero \0", "message": "\\u0000", "when": run.attempt}


@task(drill, payload=Note)
def fan(run: Any, payload: Note) -> None:
    """Enqueue children; fail afterwards in the first attempt if told to."""
    run.enqueue_all(("drill:task:jot", {"note": f"child {n}"}) for n in range(payload.count))
    if payload.note == "fail" and run.attempt == 1:
        raise Throttled("drill: slow down", retry_after=0.2)


@task(drill, payload=Note)
def die(run: RunContext, payload: Note) -> None:
    """Take the worker down in the first attempt."""
    note(run, f"attempt {run.attempt}")
    if run.attempt == 1:
        # Should the test's own process have it, the test fails, and does not vanish.
        os._exit(9) if "MAY_DIE" in os.environ else pytest.fail("in the wrong process")


@task(drill, payload=Note)
def die_always(run: RunContext, payload: Note) -> None:
    """Take the worker down in every attempt."""
    note(run, f"attempt {run.attempt}")
    # By the hand of another, as when the machine runs out of memory.
    os.kill(os.getpid(), signal.SIGKILL) if "MAY_DIE" in os.environ else pytest.fail(
        "wrong process"
    )


@task(drill, payload=Note)
def odd_progress(run: Any, payload: Note) -> None:
    """Tell progress that no ledger can keep."""
    for done in (0.5, 2**80):
        run.progress(done, 1.5)
        time.sleep(payload.seconds)


@task(drill, payload=Note)
def march(run: RunContext, payload: Note) -> None:
    """Note each step, and look up before it."""
    for step in range(payload.count):
        run.check()
        note(run, f"{run.attempt} {step}")
        time.sleep(payload.seconds)


@task(drill, payload=Note)
def fenced(run: Any, payload: Note) -> None:
    """Write a row behind a fence."""
    note(run, "start")
    time.sleep(payload.seconds)
    try:
        with run.db() as db, db.transaction():
            db.execute("INSERT INTO common_queue (name) VALUES (%s)", (payload.note,))
            run.fence(db)
    except Interrupted:
        note(run, "refused")
        raise


@task(drill, payload=Note)
def fan_slowly(run: Any, payload: Note) -> None:
    """Enqueue children a hundred at a time, for a queue that nobody serves."""
    note(run, f"attempt {run.attempt}")
    for start in range(0, payload.count, 100):
        numbers = range(start, min(start + 100, payload.count))
        run.enqueue_all(
            (("drill:task:jot", {"note": f"child {n}"}) for n in numbers), queue="nobody"
        )
        run.progress(numbers.stop, payload.count)
        run.check()


@task(drill, payload=Note, max_retry=0)
def blab(run: RunContext, payload: Note) -> None:
    """Fail with every secret in the message."""
    raise ValueError(f"refused {' and '.join(sorted(run.config.secrets()))}")
