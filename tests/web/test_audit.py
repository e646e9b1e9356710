"""Who changed what, and who tried."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from inventory.db import audit
from tests.web.serving import serving

VIEWER, OPERATOR = "v" * 32, "o" * 32
TOKENS = [
    {"name": "ops", "role": "operator", "token": OPERATOR},
    {"name": "eve", "token": VIEWER},
]
Db = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def url(database: str, redis_url: str) -> Iterator[str]:
    with serving(database, redis_url, auth={"tokens": TOKENS}) as found:
        yield found


@pytest.fixture
def events(db: Db) -> Db:
    db.execute("DELETE FROM common_audit_event")
    return db


def ask(url: str, token: str, query: str, **variables: Any) -> Any:
    return httpx.post(
        f"{url}/graphql",
        json={"query": query, "variables": variables},
        headers={"authorization": f"Bearer {token}"},
    ).json()


def recorded(db: Db) -> list[tuple[Any, ...]]:
    return db.execute(
        "SELECT actor, role, via, action, outcome, code, arguments FROM common_audit_event"
        " ORDER BY created_at"
    ).fetchall()


ENQUEUE = """mutation($input: EnqueueTaskInput!) { enqueueTask(input: $input) {
    run { id } errors { code } } }"""


def test_a_mutation_is_recorded_with_its_run(url: str, events: Db) -> None:
    told = {"task": "common:task:link-all", "payload": {}, "queue": "quiet"}
    found = ask(url, OPERATOR, ENQUEUE, input=told)

    run = UUID(found["data"]["enqueueTask"]["run"]["id"].partition(":")[2])
    assert recorded(events) == [("ops", "operator", "graphql", "enqueueTask", "done", None, told)]
    row = events.execute("SELECT run_id, origin, finished_at >= created_at FROM common_audit_event")
    assert row.fetchall() == [(run, "127.0.0.1", True)]


def test_what_was_refused_is_recorded_too(url: str, events: Db) -> None:
    ask(url, VIEWER, ENQUEUE, input={"task": "common:task:link-all"})
    ask(url, OPERATOR, ENQUEUE, input={"task": "common:task:nothing"})

    found = [event[:6] for event in recorded(events)]
    assert found == [
        ("eve", "viewer", "graphql", "enqueueTask", "refused", "FORBIDDEN"),
        ("ops", "operator", "graphql", "enqueueTask", "refused", "UNKNOWN_TASK"),
    ]


def test_every_mutation_of_one_operation_is_an_event_and_queries_are_none(url: str, events: Db) -> None:
    ask(url, OPERATOR, "{ commonRuns { totalCount } }")
    ask(
        url,
        OPERATOR,
        "mutation { a: commonLinkAll(input: {}) { errors { code } } b: commonLink(input: {}) { errors { code } } }",
    )

    assert [event[3] for event in recorded(events)] == ["commonLinkAll", "commonLink"]


def test_secrets_do_not_reach_it(url: str, events: Db) -> None:
    payload = {"password": "hunter2", "nested": [{"api_key": "hunter2"}], "text": "plain"}
    ask(url, OPERATOR, ENQUEUE, input={"task": "common:task:link-all", "payload": payload})

    (event,) = recorded(events)
    assert event[6]["payload"] == {"password": "***", "nested": [{"api_key": "***"}], "text": "plain"}


def test_operators_read_it_in_graphql_and_viewers_do_not(url: str, events: Db) -> None:
    ask(url, VIEWER, ENQUEUE, input={"task": "common:task:link-all"})
    query = """{ commonAuditEvents(where: {outcome: {eq: "refused"}}, orderBy: [{createdAt: DESC}]) {
        totalCount nodes { actor action outcome code origin arguments } } }"""

    seen = ask(url, OPERATOR, query)["data"]["commonAuditEvents"]
    hidden = ask(url, VIEWER, query)["data"]["commonAuditEvents"]

    assert (seen["totalCount"], seen["nodes"][0]["actor"]) == (1, "eve")
    assert hidden == {"totalCount": 0, "nodes": []}


def test_a_change_that_cannot_be_recorded_is_not_made(url: str, events: Db) -> None:
    events.execute("ALTER TABLE common_audit_event RENAME TO elsewhere")
    try:
        found = ask(url, OPERATOR, ENQUEUE, input={"task": "common:task:link-all", "queue": "unseen"})
    finally:
        events.execute("ALTER TABLE elsewhere RENAME TO common_audit_event")

    assert "errors" in found
    assert events.execute("SELECT FROM common_run WHERE queue = 'unseen'").fetchall() == []


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({"a": 1, "b": None, "c": True, "d": 1.5}, {"a": 1, "b": None, "c": True, "d": "1.5"}),
        ({"token": "x", "TOKENS": ["x"], "secret": ""}, {"token": "***", "TOKENS": "***", "secret": ""}),
        ({"a": "nul\0 \ud800"}, {"a": "nul� ?"}),
        ({"a": '{"password": "x"}'}, {"a": {"password": "***"}}),
        ({"a": "{not json"}, {"a": "{not json"}),
        ({"a": "x" * 600}, {"a": "x" * 500 + "…"}),
        ({"a": ["x" * 400] * 20}, {"left_out": "8087 characters", "keys": ["a"]}),
    ],
)
def test_arguments_are_kept_as_far_as_they_may_be(told: Any, wanted: Any) -> None:
    assert json.loads(audit.shown(told)) == wanted
