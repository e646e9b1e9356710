"""From a task's name and whatever was given as its payload to a run that can be recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson
from pydantic import BaseModel, ValidationError

from inventory.catalog import Catalog
from inventory.config import current_name, read_payload
from inventory.core.task import Collector, Payload, Task
from inventory.errors import PayloadError
from inventory.runtime.ledger import LARGEST_PAYLOAD, NewRun

DEFAULT = "default"
Given = Mapping[str, Any] | BaseModel | str | None


@dataclass(frozen=True)
class Options:
    """How a run is to be treated; what is left open follows from the task."""

    queue: str | None = None
    priority: int | None = None
    timeout: timedelta | None = None
    max_retry: int | None = None
    unique_key: str | None = None
    delay: timedelta | None = None
    run_at: datetime | None = None
    deadline: datetime | None = None
    parent_id: UUID | None = None
    usual_queue: str = DEFAULT
    """Where it goes if neither `queue` nor the task says otherwise."""


def read(task: Task, payload: Given) -> Payload:
    """Read a payload. Raises PayloadError that names each wrong key and what to write instead."""
    if isinstance(payload, BaseModel):
        payload = payload.model_dump(mode="json", exclude_unset=True)
    try:
        values = read_payload(payload) if payload is not None else {}
    except ValueError as error:
        raise PayloadError(f"{task.name}: payload: {error}") from error
    try:
        return task.payload.model_validate(values)
    except ValidationError as error:
        known = ", ".join(task.payload.model_fields) or "none"
        raise PayloadError(
            f"{task.name}: {'; '.join(_problem(part, known) for part in error.errors())}"
        ) from error


def request(catalog: Catalog, name: str, payload: Given, options: Options) -> NewRun:
    """Make a run of a task. Raises PayloadError if there is no such task or it cannot read it."""
    task = catalog.task(current_name(name))
    _check(task, options)
    values = read(task, payload).model_dump(mode="json", exclude_defaults=True)
    _weigh(task, values)
    queue = options.queue or (options.usual_queue if task.queue == DEFAULT else task.queue)
    unique_key, unique_waiting = options.unique_key, False
    # Of two runs of a collector that wait for the same scope, one is enough.
    if unique_key is None and (task.unique or isinstance(task, Collector)):
        unique_key, unique_waiting = f"{task.name} {queue} {_digest(values)}", True
    return NewRun(
        id=_identity(options.parent_id, task.name, values),
        task=task.name,
        queue=queue,
        payload=values,
        priority=options.priority or 0,
        max_retry=task.max_retry if options.max_retry is None else options.max_retry,
        timeout=(options.timeout or task.timeout).total_seconds(),
        deadline=options.deadline,
        delay=options.delay.total_seconds() if options.delay else None,
        run_at=options.run_at,
        unique_key=unique_key,
        unique_waiting=unique_waiting,
        parent_id=options.parent_id,
    )


def _identity(parent: UUID | None, task: str, values: Mapping[str, Any]) -> UUID:
    """A child's id follows from what it is, so that a repeated attempt of its parent makes it
    once.
    """
    return uuid4() if parent is None else uuid5(parent, f"{task} {_digest(values)}")


def _digest(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _weigh(task: Task, values: Mapping[str, Any]) -> None:
    try:
        size = len(orjson.dumps(values))
    except TypeError as error:
        raise PayloadError(f"{task.name}: the payload cannot be kept as JSON: {error}") from error
    if size > LARGEST_PAYLOAD:
        raise PayloadError(
            f"{task.name}: the payload has {size} bytes; {LARGEST_PAYLOAD} are allowed. "
            "Split it into several runs, or let the task read it from where it is"
        )


def _check(task: Task, options: Options) -> None:
    for name, time in (("run_at", options.run_at), ("deadline", options.deadline)):
        if time is not None and time.tzinfo is None:
            raise PayloadError(f"{task.name}: {name} needs a time zone: {time.isoformat()}Z")
    if options.delay is not None and options.run_at is not None:
        raise PayloadError(f"{task.name}: give either a delay or run_at, not both")
    if options.timeout is not None and options.timeout <= timedelta():
        raise PayloadError(f"{task.name}: the timeout must be longer than nothing, such as 30m")
    if options.max_retry is not None and options.max_retry < 0:
        raise PayloadError(f"{task.name}: max_retry must be 0 or more, not {options.max_retry}")


def _problem(error: Any, known: str) -> str:
    where = ".".join(str(part) for part in error["loc"]) or "payload"
    if error["type"] == "extra_forbidden":
        return f"payload.{where}: no such key; known are {known}"
    return f"payload.{where}: {error['msg'].removeprefix('Value error, ')}"
