"""Cancel, retry, archive and delete runs: by their ids, or all that a `where` selects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLObjectType, GraphQLResolveInfo

from inventory.graph import types
from inventory.graph.operator import Operator
from inventory.graph.types import Argument, field
from inventory.graph.user_errors import UserError, user_error

VERBS = {
    "cancel": "Cancel runs. One that is active is asked to stop, and is `active` until it has.",
    "retry": "Run again at once what failed, was cancelled, is done or waits for its time.",
    "archive": "Put runs aside that are not active; they stay readable and can be retried.",
    "delete": "Forget runs that are not active.",
}
AT_MOST = 1000
SHOWN = 100
MOST_IDS = 1000
TABLE = "common_run"


def fields(run_type: Any, run_where: Any) -> list[Any]:
    """The fields of the root of all changing."""
    found = []
    for verb, doc in VERBS.items():
        prefix = f"{verb.capitalize()}Task"
        arguments = types.input_type(
            f"{prefix}Input",
            "Which runs: give either `ids` or `where`.",
            [
                field(
                    "ids",
                    types.optional(types.list_of(strawberry.ID)),
                    f"At most {MOST_IDS} runs, by global id or by the task id alone.",
                ),
                field(
                    "where",
                    types.optional(run_where),
                    f"All runs for which this holds and that can be {_done(verb)}.",
                ),
                field(
                    "atMost",
                    types.optional(int),
                    f"Touch nothing if `where` selects more than this; {AT_MOST} when left out.",
                ),
                field("dryRun", types.optional(bool), "Only say how many it would be."),
            ],
        )
        payload = types.object_type(
            f"{prefix}Payload", "What came of it.", _payload(verb, run_type)
        )
        argument = Argument("input", arguments, "Which runs.", required=True)
        found.append(field(f"{verb}Task", payload, doc, [argument]))
    return found


def bind(root: GraphQLObjectType) -> None:
    """Give the verbs their resolvers."""
    for verb in VERBS:
        made: Any = root.fields[f"{verb}Task"]
        made.resolve = _resolver(verb)
        types.read_plainly(made.type.of_type)
        if verb != "delete":
            made.type.of_type.fields["runs"].resolve = _resolve_runs


def _payload(verb: str, run_type: Any) -> list[Any]:
    runs = field(
        "runs",
        types.list_of(run_type),
        f"The first {SHOWN} of these runs as they are now, the oldest first.",
    )
    return [
        field("matched", int, "How many runs were chosen."),
        field("count", int, f"How many runs were {_done(verb)}; 0 in a dry run."),
        field(
            "ids",
            types.list_of(strawberry.ID),
            f"The first {MOST_IDS} runs that were {_done(verb)}, or would be in a dry run.",
        ),
        *([] if verb == "delete" else [runs]),
        field(
            "errors",
            types.list_of(UserError),
            "Which runs it was not done to, and why; empty when it went well.",
        ),
    ]


def _resolver(verb: str) -> Callable[..., Awaitable[dict[str, Any]]]:
    async def resolve(
        _root: Any, info: GraphQLResolveInfo[Any], **arguments: Any
    ) -> dict[str, Any]:
        operator: Operator = info.context
        operator.require_operator()
        given = arguments["input"]
        if (given.get("ids") is None) == (given.get("where") is None):
            return _answer(errors=[user_error("INVALID", "give either `ids` or `where`")])
        if given.get("ids") is not None:
            return await _by_ids(operator, verb, given["ids"], dry=bool(given.get("dryRun")))
        return await _by_where(operator, verb, given)

    return resolve


async def _by_ids(
    operator: Operator, verb: str, given: Sequence[str], *, dry: bool
) -> dict[str, Any]:
    if len(given) > MOST_IDS:
        message = f"at most {MOST_IDS} ids are taken at a time, and {len(given)} came"
        return _answer(errors=[user_error("INVALID", message, ["ids"])])
    wanted: dict[UUID, int] = {}
    errors = []
    for place, text in enumerate(given):
        run_id = _run_id(text)
        if run_id is None:
            path = ["ids", str(place)]
            errors.append(user_error("INVALID", f"{text!r} is not the id of a run", path))
        else:
            wanted.setdefault(run_id, place)
    if dry:
        # An id stands for one run, whatever its state.
        _, ids = await operator.choose_runs(
            {"id": {"in": [f"{TABLE}:{each}" for each in wanted]}},
            operator.control.states_of(verb),
            MOST_IDS,
        )
        return _answer(matched=len(ids), ids=ids, errors=errors)
    done = await operator.control.apply(verb, wanted)
    for run_id, reason in done.refused.items():
        code = "NOT_FOUND" if reason.startswith("no run") else "WRONG_STATE"
        errors.append(user_error(code, f"{run_id}: {reason}", ["ids", str(wanted[run_id])]))
    return _answer(len(given), len(done.states), list(done.states), errors)


async def _by_where(operator: Operator, verb: str, given: dict[str, Any]) -> dict[str, Any]:
    at_most = AT_MOST if given.get("atMost") is None else given["atMost"]
    if at_most < 0:
        message = f"atMost must be 0 or more, and is {at_most}"
        return _answer(errors=[user_error("INVALID", message, ["atMost"])])
    states = operator.control.states_of(verb)
    dry = bool(given.get("dryRun"))
    limit = MOST_IDS if dry else at_most
    matched, ids = await operator.choose_runs(given["where"], states, limit)
    if dry:
        return _answer(matched=matched, ids=ids)
    if matched > at_most:
        message = (
            f"{matched} runs would be {_done(verb)}, more than atMost allows ({at_most}), so none "
            "was; narrow `where`, or raise `atMost`"
        )
        return _answer(matched=matched, errors=[user_error("TOO_MANY", message, ["atMost"])])
    done = await operator.control.apply(verb, ids)
    errors = [
        user_error("WRONG_STATE", f"{run_id}: {reason}", ["where"])
        for run_id, reason in done.refused.items()
    ]
    return _answer(matched, len(done.states), list(done.states), errors)


def _answer(
    matched: int = 0,
    count: int = 0,
    ids: Sequence[UUID] = (),
    errors: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    return {
        "matched": matched,
        "count": count,
        "ids": [f"{TABLE}:{each}" for each in ids[:MOST_IDS]],
        "runs": ids[:SHOWN],
        "errors": errors,
    }


async def _resolve_runs(
    source: dict[str, Any], info: GraphQLResolveInfo[Any]
) -> list[dict[str, Any]]:
    operator: Operator = info.context
    return await operator.read_runs(source["runs"], info) if source["runs"] else []


def _run_id(text: str) -> UUID | None:
    table, mark, row = text.rpartition(":")
    try:
        return UUID(row) if not mark or table == TABLE else None
    except ValueError:
        return None


def _done(verb: str) -> str:
    return {"cancel": "cancelled", "retry": "retried"}.get(verb, f"{verb}d")
