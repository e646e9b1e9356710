"""Subscriptions as server-sent events, for `curl -N` and for everyone who speaks no WebSocket."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from inventory.web import event_stream
from tests.web.runs import Runs
from tests.web.serving import SERVICES, leave, serving

EVENTS = "text/event-stream"
QUERY = "subscription ($id: ID!, $after: Int) { taskEvents(id: $id, after: $after) { sequence } }"


@pytest.fixture(scope="module")
def url(database: str, redis_url: str) -> Iterator[str]:
    with serving(database, redis_url, limits={"subscriptions": 2}) as found:
        yield found


@pytest.fixture
def runs(database: str) -> Runs:
    return Runs(database)


def asked(run_id: object, **more: Any) -> dict[str, Any]:
    return {"query": QUERY, "variables": {"id": str(run_id), **more}}


def events(text: str) -> list[tuple[str, Any]]:
    """What a stream said, signs of life left out."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if lines.get("event") == "next":
            found.append(("next", json.loads(lines["data"])))
        elif block.startswith("event: complete"):
            found.append(("complete", None))
    return found


def sequence(number: int) -> tuple[str, Any]:
    return "next", {"data": {"taskEvents": {"sequence": number}}}


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_watches_a_run(url: str, runs: Runs) -> None:
    run_id = runs.new()
    query = f'subscription {{ taskEvents(id: "{run_id}") {{ sequence }} }}'
    command = ["curl", "-sN", "-m", "20", "-H", f"accept: {EVENTS}", "--get", f"{url}/graphql"]
    with subprocess.Popen(
        [*command, "--data-urlencode", f"query={query}"], stdout=subprocess.PIPE, text=True
    ) as curl:
        assert curl.stdout is not None
        seen = ""
        while "next" not in seen:
            seen += curl.stdout.readline()
        runs.start(run_id)
        runs.complete(run_id)
        seen += curl.stdout.read()

    assert events(seen) == [sequence(1), sequence(2), sequence(3), ("complete", None)]


def test_a_post_resumes_and_completes(url: str, runs: Runs) -> None:
    run_id = runs.completed()
    answer = httpx.post(f"{url}/graphql", json=asked(run_id, after=2), headers={"accept": EVENTS})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{EVENTS}; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert events(answer.text) == [sequence(3), ("complete", None)]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ('subscription { taskEvents(id: "x") { sequence } }', "BAD_USER_INPUT"),
        (
            'subscription { taskEvents(id: "5b1a5e6a-8e0c-4d7a-9a53-0c9c1b2a7f10") { sequence } }',
            "NOT_FOUND",
        ),
    ],
)
def test_a_refusal_is_an_event_since_browsers_show_no_other_body(
    url: str, query: str, code: str
) -> None:
    answer = httpx.post(f"{url}/graphql", json={"query": query}, headers={"accept": EVENTS})

    (kind, found), last = events(answer.text)
    assert (answer.status_code, kind, last) == (200, "next", ("complete", None))
    assert "data" not in found
    assert found["errors"][0]["extensions"]["code"] == code


def test_queries_are_streams_of_one(url: str) -> None:
    answer = httpx.get(f"{url}/graphql?query={{__typename}}", headers={"accept": EVENTS})

    assert events(answer.text) == [
        ("next", {"data": {"__typename": "Query"}}),
        ("complete", None),
    ]


@pytest.mark.parametrize(
    ("accept", "query", "used"),
    [
        ("application/json, text/event-stream", "{ __typename }", "application/json"),
        ("application/json, text/event-stream", QUERY, EVENTS),
        ("text/event-stream;q=0, */*", QUERY, "application/json"),
        ("*/*", QUERY, "application/json"),
    ],
)
def test_only_what_needs_a_stream_gets_one_where_both_are_taken(
    url: str, runs: Runs, accept: str, query: str, used: str
) -> None:
    body = {**asked(runs.completed()), "query": query}
    answer = httpx.post(f"{url}/graphql", json=body, headers={"accept": accept})

    assert answer.headers["content-type"].startswith(used)
    if query == QUERY and used != EVENTS:
        error = answer.json()["errors"][0]
        assert error["extensions"]["code"] == "STREAM_REQUIRED"
        assert EVENTS in error["message"]


def test_a_mutation_by_get_is_refused_here_too(url: str) -> None:
    text = 'mutation { enqueueTask(input: {task: "common:task:link"}) { run { id } } }'
    answer = httpx.get(f"{url}/graphql", params={"query": text}, headers={"accept": EVENTS})

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_client_that_leaves_frees_everything(
    url: str, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "HEARTBEAT", 0.05)
    run_id = runs.new()
    service = SERVICES[url]
    body = asked(run_id)
    with httpx.stream("POST", f"{url}/graphql", json=body, headers={"accept": EVENTS}) as answer:
        lines = answer.iter_lines()
        beats = [next(lines) for _ in range(20)]
        assert beats.count(":") > 2
        assert (service.bell.followers, service.guards.streaming) == (1, 1)

    gone = threading.Event()
    for _ in range(500):
        if (service.bell.followers, service.guards.streaming) == (0, 0):
            break
        gone.wait(0.02)
    assert (service.bell.followers, service.guards.streaming) == (0, 0)


def test_one_more_subscription_than_there_may_be_is_429(url: str, runs: Runs) -> None:
    run_id = runs.new()
    with (
        httpx.Client(base_url=url, headers={"accept": EVENTS}) as client,
        client.stream("POST", "/graphql", json=asked(run_id)) as first,
        client.stream("POST", "/graphql", json=asked(run_id)) as second,
    ):
        third = client.post("/graphql", json=asked(run_id))
        assert (first.status_code, second.status_code, third.status_code) == (200, 200, 429)

    assert int(third.headers["retry-after"]) > 0
    assert third.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_REQUESTS"


def test_a_server_that_stops_ends_its_streams_without_saying_complete(
    database: str, redis_url: str, runs: Runs
) -> None:
    run_id = runs.new()
    with serving(database, redis_url) as url:
        body = asked(run_id)
        with httpx.stream("POST", f"{url}/graphql", json=body, headers={"accept": EVENTS}) as got:
            lines = got.iter_lines()
            while "sequence" not in next(lines):
                pass
            leave(url)
            rest = list(lines)

    assert [line for line in rest if line.startswith("event: complete")] == []
