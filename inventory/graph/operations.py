"""Queues, workers and the schedule: roots that read them, and mutations that steer them."""

from __future__ import annotations

import typing
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import strawberry
from graphql import GraphQLObjectType, GraphQLResolveInfo

from inventory.errors import PayloadError
from inventory.graph import naming, scalars, types
from inventory.graph.operator import Operator
from inventory.graph.types import Argument, field
from inventory.graph.user_errors import UserError, user_error

STATES = {
    "scheduled": "waits for its time",
    "pending": "waits for a worker",
    "active": "a worker has it",
    "retry": "failed, and waits to be tried again",
    "completed": "done",
    "archived": "failed for good, or was put aside",
    "cancelled": "was cancelled",
}
RunState = types.enum_type("RunState", "Where a run is in its life.", STATES)
TaskQueue = types.object_type(
    "TaskQueue",
    "A queue: what is in it, and who takes from it.",
    [
        field("name", str, "Its name."),
        field("isPaused", bool, "Whether no run of it is started."),
        field("pausedAt", types.optional(scalars.DateTime), "Since when."),
        field("size", int, "How many runs are still to come to an end."),
        *(field(state, int, f"How many runs are so: {doc}.") for state, doc in STATES.items()),
        field(
            "oldestPendingAt",
            types.optional(scalars.DateTime),
            "Since when the first of the pending runs waits.",
        ),
        field("latencySeconds", types.optional(float), "How long that is."),
        field("workers", int, "How many workers take from it."),
        field("slots", int, "How many runs these do at a time, of all their queues."),
    ],
)
QueueWeight = types.object_type(
    "QueueWeight",
    "A queue that a worker takes from.",
    [
        field("queue", str, "Its name."),
        field("weight", int, "Its share among the worker's queues."),
    ],
)
TaskWorker = types.object_type(
    "TaskWorker",
    "A process that runs tasks.",
    [
        field("name", str, "Host, process id and a number."),
        field("host", str, "The machine that it runs on."),
        field("pid", int, "Its process id there."),
        field(
            "status",
            str,
            "`active`, `stopping`, `stopped`, or `lost` if it was not heard of for long.",
        ),
        field("concurrency", int, "How many runs it does at a time."),
        field("active", int, "How many runs it was doing when it last reported."),
        field("queues", types.list_of(QueueWeight), "The queues that it takes from."),
        field("startedAt", scalars.DateTime, "When it started."),
        field("seenAt", scalars.DateTime, "When it last reported."),
    ],
)
SchedulerJob = types.object_type(
    "SchedulerJob",
    "A job of the schedule, and what became of its latest run.",
    [
        field("name", str, "Its id in the configuration, or the name of its task."),
        field("task", str, "The task that it runs."),
        field("spec", str, "When, as it is configured."),
        field("description", types.optional(str), "What it is for."),
        field("queue", str, "The queue that its runs wait in."),
        field("priority", int, "The priority of its runs."),
        field("payload", scalars.Json, "What its runs are told."),
        field("previous", types.optional(scalars.DateTime), "When it was last due."),
        field("next", types.optional(scalars.DateTime), "When it is due next."),
        field("isKnown", bool, "Whether a scheduler that runs has it in its configuration."),
        field("lastRun", types.optional(strawberry.ID), "The latest run, for `node(id:)`."),
        field("lastState", types.optional(RunState), "Where that run is in its life."),
        field("lastError", types.optional(str), "Why its latest attempt failed."),
        field("lastStartedAt", types.optional(scalars.DateTime), "When it was last started."),
        field("lastFinishedAt", types.optional(scalars.DateTime), "When it came to its end."),
    ],
)
OBJECTS = (TaskQueue, QueueWeight, TaskWorker, SchedulerJob)
ROOTS = {
    "queues": (TaskQueue, "Every queue, by name."),
    "workers": (TaskWorker, "The workers of the last day."),
    "schedulerJobs": (SchedulerJob, "The jobs of the schedule, by name."),
}


def query_fields() -> list[Any]:
    """The fields of the root of all reading. Not of any scope, so no restricted caller reads them."""
    return [field(name, types.list_of(kind), doc) for name, (kind, doc) in ROOTS.items()]


def mutation_fields(run_type: Any) -> list[Any]:
    """The fields of the root of all changing."""
    name = field("queue", str, "Its name.")
    of_queue = [
        field("queue", types.optional(TaskQueue), "The queue now; null when there are errors."),
        field("errors", types.list_of(UserError), "What to put right; empty when it went well."),
    ]
    changed = field("changed", bool, "False if it was so already.")
    states = field("states", types.list_of(RunState), "Which runs; those that are active stay.")
    dry = field("dryRun", types.optional(bool), "Only say how many it would be.")
    at_most = field("atMost", types.optional(int), "Delete nothing if there are more than this.")
    run = field("run", types.optional(run_type), "The run; null when there are errors.")
    created = field("created", bool, "False if a run of the job was waiting already.")
    return [
        _mutation("pauseQueue", "Start no more runs of a queue.", [name], [changed, *of_queue]),
        _mutation("resumeQueue", "Start runs of a queue again.", [name], [changed, *of_queue]),
        _mutation(
            "drainQueue",
            "Forget all runs of a queue that are in one of these states.",
            [name, states, at_most, dry],
            [field("count", int, "How many runs were deleted."), _matched(), *of_queue],
        ),
        _mutation(
            "runJobNow",
            "Enqueue at once what a job of the schedule enqueues when it is due.",
            [field("job", str, "Its name.")],
            [run, created, of_queue[1]],
        ),
    ]


def _matched() -> Any:
    return field("matched", int, "How many runs were there to be deleted.")


def _mutation(name: str, doc: str, given: list[Any], payload: list[Any]) -> Any:
    prefix = name[0].upper() + name[1:]
    arguments = types.input_type(f"{prefix}Input", doc, given)
    answer = types.object_type(f"{prefix}Payload", "What came of it.", payload)
    return field(name, answer, doc, [Argument("input", arguments, "What to do.", required=True)])


def bind_query(root: GraphQLObjectType, type_map: Any) -> None:
    """Give the roots their resolvers."""
    for kind in OBJECTS:
        types.read_plainly(type_map[types.name_of(kind)])
    for name, read in (("queues", _queues), ("workers", _workers), ("schedulerJobs", _jobs)):
        root.fields[name].resolve = read


def bind_mutations(root: GraphQLObjectType) -> None:
    """Give the mutations their resolvers. What `runJobNow` answers is bound by its caller."""
    for name, resolve in (
        ("pauseQueue", _switch("pause")),
        ("resumeQueue", _switch("resume")),
        ("drainQueue", _drain),
    ):
        root.fields[name].resolve = resolve
        types.read_plainly(typing.cast(Any, root.fields[name].type).of_type)


# -- reading --------------------------------------------------------------------------------------


async def _queues(_root: Any, info: GraphQLResolveInfo[Any]) -> list[dict[str, Any]]:
    return [_camel(row) for row in await _overview(info).queues()]


async def _workers(_root: Any, info: GraphQLResolveInfo[Any]) -> list[dict[str, Any]]:
    rows = [_camel(row) for row in await _overview(info).workers()]
    for row in rows:
        row["queues"] = [{"queue": q, "weight": w} for q, w in sorted(row["queues"].items())]
    return rows


async def _jobs(_root: Any, info: GraphQLResolveInfo[Any]) -> list[dict[str, Any]]:
    rows = [_camel(row) for row in await _overview(info).jobs()]
    for row in rows:
        row["isKnown"] = bool(row["isKnown"])
        row["lastRun"] = row["lastRun"] and f"common_run:{row['lastRun']}"
    return rows


def _overview(info: GraphQLResolveInfo[Any]) -> Any:
    operator: Operator = info.context
    operator.require_overview()
    return operator.control


def _camel(row: dict[str, Any]) -> dict[str, Any]:
    return {
        naming.camel(name): value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }


# -- changing -------------------------------------------------------------------------------------


def _switch(verb: str) -> Callable[..., Awaitable[dict[str, Any]]]:
    async def resolve(
        _root: Any, info: GraphQLResolveInfo[Any], **arguments: Any
    ) -> dict[str, Any]:
        operator: Operator = info.context
        operator.require_operator()
        name = arguments["input"]["queue"]
        try:
            changed = await getattr(operator.control, verb)(name)
        except PayloadError as error:
            return {"changed": False, **_no_queue(error)}
        return {"changed": changed, **await _now(operator, name)}

    return resolve


async def _drain(_root: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> dict[str, Any]:
    operator: Operator = info.context
    operator.require_operator()
    given = arguments["input"]
    name, states = given["queue"], [str(getattr(s, "value", s)) for s in given["states"]]
    nothing = {"count": 0, "matched": 0}
    if not states or "active" in states:
        message = "give at least one state; runs that are active have to be cancelled first"
        error = user_error("INVALID", message, ["states"])
        return {**nothing, "queue": None, "errors": [error]}
    try:
        matched = await operator.control.size(name, states)
        at_most = given.get("atMost")
        if at_most is not None and matched > at_most:
            message = f"{matched} runs would be deleted, more than atMost allows ({at_most})"
            error = user_error("TOO_MANY", message, ["atMost"])
            return {"count": 0, "matched": matched, "queue": None, "errors": [error]}
        count = 0 if given.get("dryRun") else await operator.control.drain(name, states)
    except PayloadError as error:
        return {**nothing, **_no_queue(error)}
    return {"count": count, "matched": matched, **await _now(operator, name)}


async def _now(operator: Operator, name: str) -> dict[str, Any]:
    rows = await operator.control.queues()
    found = next((_camel(row) for row in rows if row["name"] == name), None)
    return {"queue": found, "errors": []}


def _no_queue(error: PayloadError) -> dict[str, Any]:
    return {"queue": None, "errors": [user_error("NOT_FOUND", str(error), ["queue"])]}


async def run_job(_root: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> dict[str, Any]:
    """Enqueue what a job would."""
    operator: Operator = info.context
    operator.require_operator()
    try:
        enqueued = await operator.control.run_job(arguments["input"]["job"])
    except PayloadError as error:
        return {
            "run": None,
            "created": False,
            "errors": [user_error("NOT_FOUND", str(error), ["job"])],
        }
    return {"run": enqueued.id, "created": enqueued.created, "errors": []}
