"""Tasks → mutations: one for each task with typed arguments, and one by name."""

from __future__ import annotations

import types as python_types
import typing
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import orjson
from graphql import GraphQLObjectType, GraphQLResolveInfo
from pydantic import BaseModel

from inventory.catalog import Catalog
from inventory.core.columns import unwrap
from inventory.core.duration import parse
from inventory.core.task import Task
from inventory.errors import ConfigError, PayloadError, QueryError
from inventory.graph import naming, operations, scalars, types, verbs
from inventory.graph.operator import Operator
from inventory.graph.types import Argument, field
from inventory.graph.user_errors import UserError, user_error

OPTIONS = [
    ("queue", str, "The queue to wait in; the task's own when left out."),
    (
        "idempotencyKey",
        str,
        "A second call with the same key returns the run that is still to end.",
    ),
    ("delay", str, "Start no sooner than this from now, such as `5m`."),
]
"""What every task mutation takes besides the task's payload."""


def mutation_type(catalog: Catalog, run_type: Any, run_where: Any) -> Any:
    """The root of all changing."""
    fields = [*verbs.fields(run_type, run_where), *operations.mutation_fields(run_type)]
    for task in catalog.tasks.values():
        prefix = naming.mutation_type(task.source.label, task.name)
        arguments = types.input_type(
            f"{prefix}Input",
            f"What `{task.name}` is told.",
            [*_payload_fields(task.payload, prefix), *_option_fields()],
        )
        payload = _payload_type(f"{prefix}Payload", run_type)
        fields.append(_mutation(field_name(task), task.doc, arguments, payload))
    by_name = types.input_type(
        "EnqueueTaskInput",
        "A task by name, and what it is told.",
        [
            field("task", str, "Such as `aws:task:collect-vpcs`."),
            field("payload", types.optional(scalars.Json), "An object with the task's own keys."),
            *_option_fields(),
            field("timeout", types.optional(str), "How long an attempt may take, such as `30m`."),
            field("maxRetry", types.optional(int), "How many attempts may follow the first."),
        ],
    )
    doc = "Enqueue any task by its name, those of installed extensions included."
    payload = _payload_type("EnqueueTaskPayload", run_type)
    fields.append(_mutation("enqueueTask", doc, by_name, payload))
    return types.object_type("Mutation", "The root of all changing.", fields)


def bind(catalog: Catalog, root: GraphQLObjectType) -> None:
    """Give every mutation its resolver. Done on the built schema, where arguments are plain."""
    for task in catalog.tasks.values():
        root.fields[field_name(task)].resolve = _resolver(task)
    root.fields["enqueueTask"].resolve = _resolve_by_name
    root.fields["runJobNow"].resolve = operations.run_job
    for name in ("enqueueTask", "runJobNow", *map(field_name, catalog.tasks.values())):
        payload = typing.cast(Any, root.fields[name].type).of_type
        types.read_plainly(payload)
        payload.fields["run"].resolve = resolve_run
    types.read_plainly(typing.cast(Any, payload).fields["errors"].type.of_type.of_type.of_type)
    verbs.bind(root)
    operations.bind_mutations(root)


def field_name(task: Task) -> str:
    return naming.lower_first(naming.mutation_type(task.source.label, task.name))


def _mutation(name: str, doc: str, arguments: Any, payload: Any) -> Any:
    argument = Argument("input", arguments, "What to do.", required=True)
    return field(name, payload, doc, [argument])


def _payload_type(name: str, run_type: Any) -> Any:
    return types.object_type(
        name,
        "What came of it.",
        [
            field("run", types.optional(run_type), "The run; null when there are errors."),
            field(
                "errors", types.list_of(UserError), "What to put right; empty when it went well."
            ),
        ],
    )


def _option_fields() -> list[Any]:
    return [field(name, types.optional(kind), doc) for name, kind, doc in OPTIONS]


def _payload_fields(payload: type[BaseModel], prefix: str) -> list[Any]:
    return [
        field(
            naming.camel(name),
            _kind(each.annotation, prefix, name)
            if each.is_required()
            else types.optional(_kind(each.annotation, prefix, name)),
            each.description or naming.camel(name),
        )
        for name, each in payload.model_fields.items()
    ]


def _kind(annotation: Any, prefix: str, name: str) -> Any:
    """The GraphQL type of a payload's field; what has none of its own is JSON."""
    bare, _ = unwrap(annotation)
    origin = typing.get_origin(bare)
    if origin in (list, tuple, set, frozenset, typing.Sequence):
        item = next(iter(typing.get_args(bare)), str)
        return types.list_of(_kind(item, prefix, name))
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        nested = f"{prefix}{naming.pascal(name)}Input"
        return types.input_type(nested, f"An entry of `{name}`.", _payload_fields(bare, nested))
    if bare is timedelta:
        return str
    if bare in (str, bool, int, float):
        return bare
    return (
        str if isinstance(bare, python_types.UnionType) or origin is typing.Union else scalars.Json
    )


def _resolver(task: Task) -> Callable[..., Awaitable[dict[str, Any]]]:
    async def resolve(
        _root: Any, info: GraphQLResolveInfo[Any], **arguments: Any
    ) -> dict[str, Any]:
        given = dict(arguments["input"])
        options = {name: given.pop(name) for name, *_ in OPTIONS if name in given}
        return await _enqueue(info.context, task.name, _payload(task.payload, given), options)

    return resolve


async def _resolve_by_name(
    _root: Any, info: GraphQLResolveInfo[Any], **arguments: Any
) -> dict[str, Any]:
    operator: Operator = info.context
    operator.require_operator()
    given = dict(arguments["input"])
    payload = orjson.loads(given.pop("payload", None) or "{}")
    if not isinstance(payload, dict):
        return _failed("INVALID", "payload must be an object with the task's keys", ["payload"])
    return await _enqueue(operator, given.pop("task"), payload, given)


async def _enqueue(
    operator: Operator, task: str, payload: dict[str, Any], options: dict[str, Any]
) -> dict[str, Any]:
    operator.require_operator()
    chosen: dict[str, Any] = {
        "queue": options.get("queue"),
        "unique_key": options.get("idempotencyKey"),
        "max_retry": options.get("maxRetry"),
    }
    for name in ("delay", "timeout"):
        if options.get(name) is not None:
            try:
                chosen[name] = parse(options[name])
            except ConfigError as error:
                return _failed("INVALID", str(error), [name])
    try:
        run_id = await operator.enqueue(task, payload, **chosen)
    except PayloadError as error:
        unknown = str(error).startswith("no task")
        return _failed("UNKNOWN_TASK" if unknown else "INVALID", str(error), None)
    return {"run": run_id, "errors": []}


async def resolve_run(
    source: dict[str, Any], info: GraphQLResolveInfo[Any]
) -> dict[str, Any] | None:
    if source["run"] is None:
        return None
    operator: Operator = info.context
    found = await operator.read_run(source["run"], info)
    if found is None:
        raise QueryError("the run was pruned before it could be read", code="NOT_FOUND")
    return found


def _failed(code: str, message: str, path: list[str] | None) -> dict[str, Any]:
    return {"run": None, "errors": [user_error(code, message, path)]}


def _payload(payload: type[BaseModel], given: dict[str, Any]) -> dict[str, Any]:
    """The input of a mutation under the names of the payload's fields, its JSON read."""
    return {
        name: _payload_value(each.annotation, given[naming.camel(name)])
        for name, each in payload.model_fields.items()
        if naming.camel(name) in given
    }


def _payload_value(annotation: Any, value: Any) -> Any:
    bare, _ = unwrap(annotation)
    if isinstance(value, list):
        item = next(iter(typing.get_args(bare)), str)
        return [_payload_value(item, each) for each in value]
    if isinstance(value, dict):
        return _payload(bare, value)
    # The scalar hands JSON over as text.
    if isinstance(value, str) and _kind(bare, "", "") is scalars.Json:
        return orjson.loads(value)
    return value
