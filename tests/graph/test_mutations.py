"""Tasks as mutations: typed input, errors as data, a payload whose run can be read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
import pytest_asyncio
from graphql import GraphQLResolveInfo, print_type

from inventory.config import Config
from inventory.core.access import Caller
from inventory.db.audit import Outcome
from inventory.errors import QueryError, QueueError
from inventory.graph.schema import Schema
from inventory.runtime.queue import Queue
from inventory.web.context import RequestContext
from tests.graph.conftest import CATALOG, Ask, asking

RUN = "run { id task state payload ...F } errors { code message path }"
FRAGMENT = "fragment F on CommonRun { createdAt queue }"


@dataclass
class Desk:
    """Mutations against a real ledger and a real Redis."""

    ask: Ask
    context: RequestContext

    async def __call__(self, text: str, variables: dict[str, Any] | None = None) -> Any:
        answer = await self.ask.answer(text, variables, context=self.context)
        return orjson.loads(answer.body)


@pytest_asyncio.fixture
async def desk(
    empty_zoo: str, redis: Any, redis_url: str, zoo_schema: Schema, tmp_path: Any
) -> AsyncIterator[Desk]:
    config = Config.model_validate(
        {"home": str(tmp_path), "database": {"dsn": empty_zoo}, "redis": {"endpoint": redis_url}}
    )
    async with asking(empty_zoo, zoo_schema) as ask, Queue.connected(config, CATALOG) as queue:
        await ask.database.inner.fetch("SELECT 1", [])
        yield Desk(ask, RequestContext(Caller("me", "operator"), ask.engine, queue))


async def test_a_task_is_a_mutation_with_typed_input(desk: Desk) -> None:
    found = await desk(
        f"""mutation {{ zooFeed(input: {{food: "hay", labels: {{aB: "x", b_c: "y"}},
              portions: [{{tag: "a1", howMany: 2}}], step2: true}}) {{ {RUN} }} }} {FRAGMENT}"""
    )

    run = found["data"]["zooFeed"]["run"]
    assert found["data"]["zooFeed"]["errors"] == []
    assert run["id"].startswith("common_run:")
    assert run["task"] == "zoo:task:feed"
    assert run["queue"] == "default"
    payload = run["payload"]
    payload = orjson.loads(payload) if isinstance(payload, str) else payload
    assert payload == {
        "food": "hay",
        "labels": {"aB": "x", "b_c": "y"},
        "portions": [{"tag": "a1", "how_many": 2}],
        "step_2": True,
    }


async def test_a_run_is_read_under_any_alias(desk: Desk) -> None:
    found = await desk(
        """mutation ($food: String!, $yes: Boolean!) { x: zooFeed(input: {food: $food}) { __typename
             r: run { t: task __typename ... @include(if: $yes) { i: id } ... on Node { id } }
             e: errors { c: code } } }""",
        {"food": "hay", "yes": True},
    )

    run = found["data"]["x"]["r"]
    assert found["data"]["x"] == {
        "__typename": "ZooFeedPayload",
        "r": {"t": "zoo:task:feed", "__typename": "CommonRun", "i": run["id"], "id": run["id"]},
        "e": [],
    }


async def test_the_same_idempotency_key_is_the_same_run(desk: Desk) -> None:
    text = """mutation ($key: String) { zooFeed(input: {food: "hay", idempotencyKey: $key}) { run { id } } }"""

    one = await desk(text, {"key": "2026"})
    two = await desk(text, {"key": "2026"})
    other = await desk(text, {"key": "2027"})

    assert one == two != other


async def test_any_task_is_enqueued_by_name(desk: Desk) -> None:
    found = await desk(
        """mutation ($payload: JSON) { enqueueTask(input: {task: "zoo:task:feed", payload: $payload,
             delay: "5m", timeout: "1h", maxRetry: 2}) { run { task maxRetry } errors { message } } }""",
        {"payload": {"food": "hay"}},
    )

    assert found["data"]["enqueueTask"]["errors"] == []
    assert found["data"]["enqueueTask"]["run"]["task"] == "zoo:task:feed"


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ('task: "zoo:task:fed"', "UNKNOWN_TASK", "zoo:task:feed"),
        ('task: ""', "UNKNOWN_TASK", "no task"),
        ('task: "zoo:task:feed"', "INVALID", "food"),
        ('task: "zoo:task:feed", payload: {food: "x", fod: "y"}', "INVALID", "fod"),
        ('task: "zoo:task:feed", payload: {food: 5}', "INVALID", "food"),
        ('task: "zoo:task:feed", payload: [1]', "INVALID", "object"),
        ('task: "zoo:task:feed", payload: "x"', "INVALID", "object"),
        ('task: "zoo:task:feed", payload: {food: "x"}, delay: "soon"', "INVALID", "soon"),
        ('task: "zoo:task:feed", payload: {food: "x"}, timeout: "5"', "INVALID", "duration"),
    ],
)
async def test_what_the_caller_can_put_right_is_data(
    desk: Desk, given: str, code: str, words: str
) -> None:
    found = await desk(f"mutation {{ enqueueTask(input: {{{given}}}) {{ {RUN} }} }}" + FRAGMENT)

    payload = found["data"]["enqueueTask"]
    assert "errors" not in found
    assert payload["run"] is None
    (error,) = payload["errors"]
    assert error["code"] == code
    assert words in error["message"]
    if "timeout" in given:
        assert error["path"] == ["timeout"]


async def test_input_of_the_wrong_type_is_refused(desk: Desk) -> None:
    for text in (
        "mutation { zooFeed(input: {}) { run { id } } }",
        "mutation { zooFeed(input: {food: 5}) { run { id } } }",
        'mutation { zooFeed(input: {food: "x", nothing: 1}) { run { id } } }',
        "mutation { zooFed }",
    ):
        found = await desk(text)
        assert "data" not in found
        assert found["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_several_mutations_run_in_their_order(desk: Desk) -> None:
    found = await desk(
        """mutation { a: zooFeed(input: {food: "1"}) { run { payload createdAt } }
             b: zooFeed(input: {food: "2"}) { run { payload createdAt } } }"""
    )

    a, b = found["data"]["a"]["run"], found["data"]["b"]["run"]
    assert list(found["data"]) == ["a", "b"]
    assert a["createdAt"] <= b["createdAt"]


@dataclass
class Broken:
    """An operator's request whose queue fails."""

    error: Exception
    asked: list[str] = field(default_factory=list)

    def require_operator(self) -> None:
        return

    async def begin(self, action: str, arguments: Mapping[str, Any]) -> UUID:
        return uuid4()

    async def end(self, event: UUID, outcome: Outcome) -> None:
        self.asked.append(outcome.outcome)

    async def enqueue(self, task: str, payload: dict[str, Any], **options: Any) -> UUID:
        raise self.error

    async def read_run(self, run_id: UUID, info: GraphQLResolveInfo[Any]) -> dict[str, Any] | None:
        return None


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (QueueError("Redis is away"), "QUEUE_UNAVAILABLE", True),
        (QueryError("no", code="FORBIDDEN"), "FORBIDDEN", True),
        (RuntimeError("secret"), "INTERNAL", False),
    ],
)
async def test_what_is_broken_is_an_error(
    ask: Ask, error: Exception, code: str, shown: bool
) -> None:
    answer = await ask.answer(
        'mutation { zooFeed(input: {food: "x"}) { errors { code } } }', context=Broken(error)
    )

    found = orjson.loads(answer.body)
    assert found["data"] is None
    assert found["errors"][0]["extensions"]["code"] == code
    assert found["errors"][0]["path"] == ["zooFeed"]
    assert (str(error) in found["errors"][0]["message"]) is shown


async def test_a_run_that_is_gone_is_told(ask: Ask) -> None:
    class Gone(Broken):
        async def enqueue(self, task: str, payload: dict[str, Any], **options: Any) -> UUID:
            return uuid4()

    answer = await ask.answer(
        'mutation { zooFeed(input: {food: "x"}) { run { id } errors { code } } }',
        context=Gone(RuntimeError()),
    )

    found = orjson.loads(answer.body)
    assert found["data"] == {"zooFeed": {"run": None, "errors": []}}
    assert found["errors"][0]["extensions"]["code"] == "NOT_FOUND"


def test_inputs_are_documented_and_typed(zoo_schema: Schema) -> None:
    assert print_type(zoo_schema.graphql.type_map["ZooFeedInput"]).startswith(
        '"""What `zoo:task:feed` is told."""\ninput ZooFeedInput {\n  """What."""\n  food: String!\n'
    )
