"""One attempt of a run: read its payload, call its function, decide how it ended."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import replace
from typing import Any, cast

import orjson

from inventory import logs
from inventory.config import current_name
from inventory.core.task import Collector, Payload, Task
from inventory.errors import InventoryError, PayloadError
from inventory.runtime.collect import Report, collect
from inventory.runtime.context import Context
from inventory.runtime.ledger import Outcome
from inventory.runtime.policy import (
    CANCELLED,
    LOST,
    STOPPING,
    TIMED_OUT,
    Interrupted,
    Late,
    Overtime,
    UnknownTask,
    after,
)
from inventory.runtime.requests import read
from inventory.telemetry import tracing

log = logging.getLogger(__name__)
LARGEST_RESULT = 256 * 1024
"""In bytes. What a task finds belongs into tables; the ledger keeps what it did."""


async def attempt(context: Context, executor: Executor) -> Outcome | None:
    """Do it. None if the outcome is not ours to record: the run is lost or is handed back."""
    claimed = context.claimed
    about = {
        "inventory.run": claimed.id,
        "inventory.task": claimed.task,
        "inventory.queue": claimed.queue,
        "inventory.attempt": claimed.attempt,
    }
    name, parent = f"run {claimed.task}", claimed.traceparent
    with tracing.span(name, about, kind="CONSUMER", parent=parent) as span:
        with logs.context(task=claimed.task, run=str(claimed.id), trace=tracing.trace_id()):
            outcome = await _attempt(context, executor)
        span.set({"inventory.state": outcome.state if outcome else context.reason})
        if outcome is not None and outcome.error:
            span.fail(outcome.error, outcome.error_code)
    return outcome


async def _attempt(context: Context, executor: Executor) -> Outcome | None:
    claimed = context.claimed
    try:
        task = _task(context)
        report = await _call(context, executor, task, _payload(task, claimed.payload))
    except Interrupted as error:
        if error.reason in (LOST, STOPPING):
            return None
        failure: BaseException = error
        if error.reason == TIMED_OUT:
            failure = Overtime(f"It took longer than {claimed.timeout:g} s.")
        return _failed(context, failure)
    except asyncio.CancelledError:
        if context.reason != CANCELLED:
            # The worker itself is being torn down.
            raise
        return _failed(context, Interrupted(CANCELLED))
    except InventoryError as error:
        return _failed(context, error)
    except Exception as error:
        log.exception("run broke")
        return _failed(context, error)
    done, total = context.done or (None, None)
    if report.seen is not None:
        done = total = report.seen
    log.info("run completed", extra={"scope": report.scope, "result": report.result})
    return Outcome(
        id=claimed.id,
        attempt=claimed.attempt,
        state="completed",
        result=report.result or None,
        scope=report.scope,
        seen=report.seen,
        written=report.written,
        deleted=report.deleted,
        progress=done,
        total=total,
    )


def _failed(context: Context, error: BaseException) -> Outcome:
    outcome = after(context.claimed, error, context.queue.ledger.timing.stretch)
    outcome = replace(outcome, error=context.redact(outcome.error or ""))
    level = logging.ERROR if outcome.state == "archived" else logging.WARNING
    log.log(
        level,
        "run failed",
        extra={"state": outcome.state, "reason": outcome.error, "attempt": outcome.attempt},
    )
    return outcome


def _task(context: Context) -> Task:
    claimed = context.claimed
    if claimed.remaining is not None and claimed.remaining <= 0:
        raise Late(f"its deadline, {claimed.deadline:%Y-%m-%d %H:%M:%S %Z}, had passed")
    try:
        return context.catalog.task(current_name(claimed.task))
    except PayloadError as error:
        raise UnknownTask(str(error)) from error


def _payload(task: Task, text: str | None) -> Payload:
    """Read what the ledger has, whoever wrote it. Raises PayloadError: nobody tries it again."""
    if text is None:
        raise PayloadError(f"{task.name}: the payload is larger than is allowed")
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PayloadError(f"{task.name}: the payload cannot be read: {error}") from error
    if not isinstance(values, Mapping):
        raise PayloadError(f"{task.name}: the payload is no mapping: {text:.80}")
    return read(task, values)


async def _call(context: Context, executor: Executor, task: Task, payload: Payload) -> Report:
    limit = context.claimed.timeout
    if context.claimed.remaining is not None:
        limit = min(limit, context.claimed.remaining)
    if inspect.iscoroutinefunction(task.function):
        return _report(await _await(context, task, payload, limit))
    loop = asyncio.get_running_loop()
    # What is logged and traced in the thread belongs to this run, too.
    inside = copy_context().run
    future = loop.run_in_executor(executor, inside, _thread, context, task, payload)
    done, _ = await asyncio.wait({future}, timeout=limit)
    if not done:
        # A thread cannot be killed. Until it heeds the request the run stays ours, so that no
        # second attempt runs beside it.
        context.interrupt(TIMED_OUT)
    return await future


async def _await(context: Context, task: Task, payload: Payload, limit: float) -> object:
    body = asyncio.ensure_future(task.function(context, payload))
    context.on_interrupt(body.cancel)
    done, _ = await asyncio.wait({body}, timeout=limit)
    if not done:
        context.interrupt(TIMED_OUT)
        with suppress(asyncio.CancelledError):
            await body
    if context.reason is not None:
        if body.done() and not body.cancelled():
            body.exception()
        raise Interrupted(context.reason)
    return body.result()


def _thread(context: Context, task: Task, payload: Payload) -> Report:
    context.check()
    if isinstance(task, Collector):
        return collect(context, task, payload)
    return _report(task.function(context, payload))


def _report(returned: object) -> Report:
    """What the ledger keeps of a function's answer: a mapping of what JSON can say."""
    if not isinstance(returned, Mapping):
        return Report()
    text = orjson.dumps(dict(returned), default=str, option=orjson.OPT_NON_STR_KEYS)
    if len(text) > LARGEST_RESULT:
        return Report(result={"omitted": f"{len(text)} bytes; {LARGEST_RESULT} are kept"})
    return Report(result=cast("dict[str, Any]", orjson.loads(text)))
