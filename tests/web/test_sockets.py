"""graphql-transport-ws, spoken by a client that knows it and by clients that err."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.web.runs import Runs
from tests.web.serving import SERVICES, leave, serving

PROTOCOL = "graphql-transport-ws"
PATIENCE = 40
"""In seconds, for machines that have much else to do."""
EVENTS = """subscription ($id: ID!, $after: Int) {
  taskEvents(id: $id, after: $after) { sequence state attempt progress total message run { state } }
}"""
TOKENS = [
    {"name": "reader", "sha256": hashlib.sha256(b"read").hexdigest()},
    {"name": "op", "role": "operator", "sha256": hashlib.sha256(b"run").hexdigest()},
]


@pytest.fixture(scope="module")
def url(database: str, redis_url: str) -> Iterator[str]:
    with serving(database, redis_url, limits={"subscriptions": 3, "body_bytes": 50_000}) as found:
        yield found


@pytest.fixture(scope="module")
def guarded(database: str, redis_url: str) -> Iterator[str]:
    with serving(
        database, redis_url, auth={"tokens": TOKENS}, origins=["https://portal.example"]
    ) as found:
        yield found


@pytest.fixture
def runs(database: str) -> Runs:
    return Runs(database)


@asynccontextmanager
async def opened(url: str, **options: Any) -> AsyncIterator[ClientConnection]:
    options = {"subprotocols": [PROTOCOL], "open_timeout": PATIENCE, **options}
    async with connect(f"ws{url.removeprefix('http')}/graphql", **options) as socket:
        yield socket


@asynccontextmanager
async def talking(url: str, payload: Any = None, **options: Any) -> AsyncIterator[ClientConnection]:
    async with opened(url, **options) as socket:
        await say(socket, type="connection_init", **({"payload": payload} if payload else {}))
        assert await hear(socket) == {"type": "connection_ack"}
        yield socket


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def ask(socket: ClientConnection, name: str, query: str, **variables: Any) -> None:
    payload = {"query": query, "variables": variables}
    await say(socket, type="subscribe", id=name, payload=payload)


async def hear(socket: ClientConnection) -> Any:
    async with asyncio.timeout(PATIENCE):
        return json.loads(await socket.recv())


async def until_closed(socket: ClientConnection) -> tuple[int, str]:
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(ConnectionClosed) as caught:
            while True:
                await socket.recv()
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, caught.value.rcvd.reason


async def test_events_come_in_order_and_the_stream_ends_with_the_run(url: str, runs: Runs) -> None:
    run_id = runs.new()
    async with talking(url) as socket:
        await ask(socket, "1", EVENTS, id=f"common_run:{run_id}")
        first = await hear(socket)
        await asyncio.to_thread(runs.start, run_id)
        second = await hear(socket)
        await asyncio.to_thread(runs.complete, run_id)
        third, last = await hear(socket), await hear(socket)

    assert first == {
        "id": "1",
        "type": "next",
        "payload": {
            "data": {
                "taskEvents": {
                    "sequence": 1,
                    "state": "pending",
                    "attempt": 0,
                    "progress": None,
                    "total": None,
                    "message": "waits in queue default",
                    "run": {"state": "pending"},
                }
            }
        },
    }
    seen = [each["payload"]["data"]["taskEvents"] for each in (second, third)]
    assert [(e["sequence"], e["state"], e["run"]["state"]) for e in seen] == [
        (2, "active", "active"),
        (3, "completed", "completed"),
    ]
    assert last == {"id": "1", "type": "complete"}


async def test_what_happened_meanwhile_is_told_after_a_reconnect(url: str, runs: Runs) -> None:
    run_id = runs.completed()
    async with talking(url) as socket:
        await ask(socket, "a", EVENTS, id=str(run_id), after=1)
        seen = [await hear(socket) for _ in range(3)]
        await ask(socket, "a", EVENTS, id=str(run_id), after=3)
        nothing = await hear(socket)

    data = [each["payload"]["data"]["taskEvents"]["sequence"] for each in seen[:2]]
    assert data == [2, 3]
    assert seen[2] == nothing == {"id": "a", "type": "complete"}


async def test_a_run_that_is_not_there_is_an_error_and_the_socket_stays(url: str) -> None:
    async with talking(url) as socket:
        for name, given in (("1", "5b1a5e6a-8e0c-4d7a-9a53-0c9c1b2a7f10"), ("2", "nobody")):
            await ask(socket, name, EVENTS, id=given)
            answer = await hear(socket)
            assert (answer["id"], answer["type"]) == (name, "error")
            code = {"1": "NOT_FOUND", "2": "BAD_USER_INPUT"}[name]
            assert answer["payload"][0]["extensions"]["code"] == code
        await ask(socket, "3", "{ __typename }")
        assert (await hear(socket))["payload"] == {"data": {"__typename": "Query"}}


async def test_a_run_that_is_deleted_ends_its_stream_with_an_error(url: str, runs: Runs) -> None:
    run_id = runs.new()
    async with talking(url) as socket:
        await ask(socket, "1", EVENTS, id=str(run_id))
        await hear(socket)
        await asyncio.to_thread(runs.do, "DELETE FROM common_run WHERE id = %s", run_id)
        answer = await hear(socket)

    assert answer["type"] == "error"
    assert answer["payload"][0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("subscription { a: taskEvents(id: 1) { at } b: taskEvents(id: 2) { at } }", None),
        ("subscription ($id: ID!) { taskEvents(id: $id) { at } }", "BAD_USER_INPUT"),
        ('subscription { taskEvents(id: "x", after: -1) { at } }', "BAD_USER_INPUT"),
        ("{ awsVpcs(first: 9999) { nodes { id } } }", "TOO_COSTLY"),
    ],
)
async def test_a_refusal_is_an_error_message_and_the_socket_stays(
    url: str, query: str, code: str | None
) -> None:
    async with talking(url) as socket:
        await ask(socket, "1", query)
        answer = await hear(socket)
        await say(socket, type="ping", payload={"n": 1})
        pong = await hear(socket)

    assert (answer["id"], answer["type"]) == ("1", "error")
    assert answer["payload"][0]["extensions"]["code"] == (code or "GRAPHQL_VALIDATION_FAILED")
    assert pong == {"type": "pong", "payload": {"n": 1}}


async def test_too_costly_a_selection_is_refused_before_the_stream_begins(
    url: str, runs: Runs
) -> None:
    run_id = runs.new()
    deep = "run { events(first: 1000) { nodes { run { events(first: 1000) { nodes { id } } } } } }"
    async with talking(url) as socket:
        await ask(
            socket,
            "1",
            f"subscription ($id: ID!) {{ taskEvents(id: $id) {{ {deep} }} }}",
            id=str(run_id),
        )
        answer = await hear(socket)

    assert answer["type"] == "error"
    assert answer["payload"][0]["extensions"]["code"] == "TOO_COSTLY"


async def test_queries_and_mutations_work_beside_a_subscription(url: str, runs: Runs) -> None:
    run_id = runs.new()
    text = 'mutation { enqueueTask(input: {task: "common:task:link-all"}) { run { state } } }'
    async with talking(url) as socket:
        await ask(socket, "watch", EVENTS, id=str(run_id))
        assert (await hear(socket))["id"] == "watch"
        await ask(socket, "q", "query Q { commonRuns { totalCount } }")
        answered = [await hear(socket), await hear(socket)]
        await ask(socket, "m", text)
        changed = [await hear(socket), await hear(socket)]

    assert [(each["id"], each["type"]) for each in answered] == [("q", "next"), ("q", "complete")]
    assert changed[0]["payload"]["data"]["enqueueTask"]["run"]["state"] == "pending"


async def test_a_client_that_leaves_frees_everything(url: str, runs: Runs) -> None:
    run_id = runs.new()
    service = SERVICES[url]
    async with talking(url) as socket:
        await ask(socket, "1", EVENTS, id=str(run_id))
        await hear(socket)
        await ask(socket, "2", EVENTS, id=str(run_id))
        await hear(socket)
        assert (service.bell.followers, service.guards.streaming) == (2, 2)
        await say(socket, type="complete", id="1")
        await free(lambda: (service.bell.followers, service.guards.streaming) == (1, 1))
        await ask(socket, "1", EVENTS, id=str(run_id))
        assert (await hear(socket))["id"] == "1"
        assert socket.transport is not None
        socket.transport.abort()

    await free(lambda: (service.bell.followers, service.guards.streaming, service.sockets) == (0,) * 3)


async def free(condition: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


async def test_there_are_only_so_many_subscriptions(url: str, runs: Runs) -> None:
    run_id = runs.new()
    async with talking(url) as socket:
        for name in "123":
            await ask(socket, name, EVENTS, id=str(run_id))
            await hear(socket)
        await ask(socket, "4", EVENTS, id=str(run_id))
        answer = await hear(socket)

    assert (answer["id"], answer["type"]) == ("4", "error")
    assert answer["payload"][0]["extensions"]["code"] == "TOO_MANY_REQUESTS"


INIT = {"type": "connection_init"}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["{"], 4400),
        (["[]"], 4400),
        ([b"{}"], 4400),
        ([{"type": "start"}], 4400),
        ([{}], 4400),
        ([{"type": "connection_init", "payload": 5}], 4400),
        ([INIT, {"type": "subscribe", "payload": {"query": "{ __typename }"}}], 4400),
        ([INIT, {"type": "subscribe", "id": "1"}], 4400),
        ([INIT, {"type": "subscribe", "id": "1", "payload": {"query": 5}}], 4400),
        ([INIT, {"type": "subscribe", "id": "1", "payload": {"variables": {}}}], 4400),
        ([INIT, {"type": "complete"}], 4400),
        ([{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}], 4401),
        ([INIT, INIT], 4429),
        (["x" * 50_001], 1009),
    ],
)
async def test_who_errs_is_told_by_the_closing_code(
    url: str, messages: list[Any], code: int
) -> None:
    async with opened(url) as socket:
        for message in messages:
            await socket.send(message if isinstance(message, str | bytes) else json.dumps(message))
        found, reason = await until_closed(socket)

    assert found == code
    assert reason or code == 1009


async def test_an_id_that_is_taken_closes_the_socket(url: str, runs: Runs) -> None:
    run_id = str(runs.new())
    async with talking(url) as socket:
        await ask(socket, "1", EVENTS, id=run_id)
        await hear(socket)
        await ask(socket, "1", EVENTS, id=run_id)

        assert (await until_closed(socket))[0] == 4409


@pytest.mark.parametrize("offered", [None, ["graphql-ws"], ["chat"]])
async def test_other_protocols_are_not_spoken(url: str, offered: list[Any] | None) -> None:
    async with opened(url, subprotocols=offered) as socket:
        assert (await until_closed(socket))[0] == 4406


async def test_who_does_not_introduce_itself_is_sent_away(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SERVICES[url], "introduction", 0.05)
    async with opened(url) as socket:
        await say(socket, type="ping")

        assert (await until_closed(socket))[0] == 4408


@pytest.mark.parametrize(
    ("payload", "header", "welcome"),
    [
        (None, None, False),
        ({"Authorization": "Bearer wrong"}, None, False),
        ({"Authorization": "Bearer read"}, None, True),
        ({"authorization": "bearer read"}, None, True),
        (None, "Bearer read", True),
        ({"Authorization": "Bearer wrong"}, "Bearer read", False),
    ],
)
async def test_a_token_comes_with_the_upgrade_or_the_first_message(
    guarded: str, payload: Any, header: str | None, welcome: bool
) -> None:
    headers = {"Authorization": header} if header else {}
    async with opened(guarded, additional_headers=headers) as socket:
        await say(socket, type="connection_init", payload=payload)
        if welcome:
            assert await hear(socket) == {"type": "connection_ack"}
        else:
            assert (await until_closed(socket))[0] == 4403


async def test_a_viewer_runs_nothing_over_a_socket_either(guarded: str) -> None:
    text = 'mutation { enqueueTask(input: {task: "common:task:link-all"}) { run { state } } }'
    async with talking(guarded, {"Authorization": "Bearer read"}) as socket:
        await ask(socket, "1", text)
        answer = await hear(socket)

    assert answer["payload"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:1"}, 403),
    ],
)
async def test_an_upgrade_is_refused_like_a_request(
    guarded: str, headers: dict[str, str], status: int
) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with opened(guarded, additional_headers=headers):
            pass

    assert caught.value.response.status_code == status
    assert json.loads(caught.value.response.body or b"")["errors"][0]["extensions"]["code"]


async def test_pages_of_the_same_host_and_allowed_ones_are_welcome(guarded: str) -> None:
    for origin in (guarded, "https://portal.example"):
        async with opened(guarded, additional_headers={"Origin": origin}) as socket:
            assert socket.subprotocol == PROTOCOL


async def test_another_host_is_refused_where_nobody_asks_for_a_token(url: str) -> None:
    address = f"ws{url.removeprefix('http').replace('127.0.0.1', 'rebound.example')}/graphql"
    port = int(url.rpartition(":")[2])
    with pytest.raises(InvalidStatus) as caught:
        async with connect(address, host="127.0.0.1", port=port, subprotocols=[PROTOCOL]):  # type: ignore[list-item]
            pass

    assert caught.value.response.status_code == 403


async def test_a_server_that_stops_says_so(database: str, redis_url: str, runs: Runs) -> None:
    run_id = runs.new()
    with serving(database, redis_url) as url:
        async with talking(url) as socket:
            await ask(socket, "1", EVENTS, id=str(run_id))
            await hear(socket)
            await asyncio.to_thread(leave, url)
            code, _ = await until_closed(socket)

    assert code == 1001
