"""The tasks. Whatever they do, they look up before it, as the guarantee asks of them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from functools import cache
from typing import Any
from uuid import uuid4

from inventory.core.task import Payload, RunContext, task
from inventory.errors import PayloadError, Throttled
from inventory.runtime.context import now
from tests.chaos.journal import Journal
from tests.chaos.load import source as chaos


class Work(Payload):
    number: int = 0
    """Tells runs apart."""
    steps: int = 3
    """How many."""
    pause: float = 0.02
    """Seconds between two steps."""
    fails: int = 0
    """How many attempts fail."""


class Body:
    """One call of a task's function."""

    def __init__(self, run: Any) -> None:
        self.run = run
        self.call = uuid4().hex
        self.journal = _journal(run.config.home)

    def did(self, event: str) -> None:
        """Look up, and note what is done."""
        at = now()
        self.run.check()
        self.journal.write(
            event, at, run=str(self.run.id), attempt=self.run.attempt, call=self.call
        )


@cache
def _journal(home: Any) -> Journal:
    return Journal(home)


@task(chaos, payload=Work, max_retry=40)
def walk(run: RunContext, payload: Work) -> dict[str, Any]:
    """Take some steps."""
    body = Body(run)
    body.did("begin")
    for step in range(payload.steps):
        time.sleep(payload.pause)
        body.did("step")
        run.progress(step + 1, payload.steps)
    body.did("end")
    return {"number": payload.number}


@task(chaos, payload=Work, max_retry=40)
async def drift(run: RunContext, payload: Work) -> None:
    """Take some steps on the event loop."""
    body = Body(run)
    body.did("begin")
    for _ in range(payload.steps):
        await asyncio.sleep(payload.pause)
        body.did("step")
    body.did("end")


@task(chaos, payload=Work, max_retry=40)
def falter(run: RunContext, payload: Work) -> None:
    """Fail some attempts."""
    body = Body(run)
    body.did("begin")
    if run.attempt <= payload.fails:
        if payload.number % 2:
            raise Throttled("chaos: slow down", retry_after=0.3)
        raise ZeroDivisionError
    body.did("end")


@task(chaos, payload=Work, max_retry=40)
def refuse(run: RunContext, payload: Work) -> None:
    """Fail for good."""
    raise PayloadError("payload.number: it is not polite")


@task(chaos, payload=Work, max_retry=40)
def sulk(run: RunContext, payload: Work) -> None:
    """Hear nothing for a while."""
    body = Body(run)
    body.did("begin")
    time.sleep(payload.pause)


@task(chaos, payload=Work, max_retry=1)
def die(run: RunContext, payload: Work) -> None:
    """Take the worker along, as the end of its memory does."""
    Body(run).did("begin")
    if run.attempt <= payload.fails:
        os.kill(os.getpid(), signal.SIGKILL)


@task(chaos, payload=Work, max_retry=40)
def keep(run: Any, payload: Work) -> None:
    """Write a row that stays only if the attempt counts when it is committed."""
    body = Body(run)
    body.did("begin")
    with run.db() as db, db.transaction():
        db.execute(
            "INSERT INTO chaos_effect (run_id, attempt, worker) VALUES (%s, %s, %s)",
            (run.id, run.attempt, run.worker),
        )
        time.sleep(payload.pause)
        run.fence(db)
    body.did("end")


@task(chaos, payload=Work, max_retry=40)
def fan(run: Any, payload: Work) -> None:
    """Enqueue children, a few at a time."""
    body = Body(run)
    body.did("begin")
    for start in range(0, payload.steps, 20):
        numbers = range(start, min(start + 20, payload.steps))
        run.enqueue_all(("chaos:task:walk", {"number": n, "steps": 1}) for n in numbers)
        time.sleep(payload.pause)
        body.did("step")
    body.did("end")
