"""Operating by GraphQL: verbs on runs by id or `where`, queues, workers, the schedule."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio

from inventory.config import Config
from inventory.core.access import Caller, Restriction
from inventory.graph.schema import Schema
from inventory.runtime.queue import Queue
from inventory.runtime.schedule import Schedule, plan
from inventory.web.context import RequestContext
from tests.graph.conftest import CATALOG, asking
from tests.graph.test_mutations import Desk

VERBS = ("cancelTask", "retryTask", "archiveTask", "deleteTask")
ANSWER = "matched count ids errors { code message path }"


@pytest_asyncio.fixture
async def desk(
    empty_zoo: str, redis: Any, redis_url: str, zoo_schema: Schema, tmp_path: Any
) -> AsyncIterator[Desk]:
    with psycopg.connect(empty_zoo, autocommit=True) as db:
        db.execute("TRUNCATE common_run, common_queue, common_worker, common_job")
    config = Config.model_validate(
        {
            "home": str(tmp_path),
            "database": {"dsn": empty_zoo},
            "redis": {"endpoint": redis_url},
            "scheduler": {
                "jobs": [
                    {
                        "name": "zoo:task:feed",
                        "id": "breakfast",
                        "spec": "0 7 * * *",
                        "desc": "Before the gates open",
                        "payload": {"food": "hay"},
                        "queue": "morning",
                        "priority": 3,
                    }
                ]
            },
        }
    )
    async with asking(empty_zoo, zoo_schema) as ask, Queue.connected(config, CATALOG) as queue:
        await ask.database.inner.fetch("SELECT 1", [])
        await Schedule(queue.ledger, plan(config, CATALOG, ours=())).startup()
        yield Desk(ask, RequestContext(Caller("me", "operator"), ask.engine, queue))


async def enqueue(desk: Desk, *foods: str, **options: Any) -> list[UUID]:
    queue = desk.context.queue
    return [(await queue.enqueue("zoo:task:feed", {"food": food}, **options)).id for food in foods]


async def states(desk: Desk) -> dict[UUID, str]:
    return dict(await desk.context.queue.ledger.fetch("SELECT id, state FROM common_run"))


async def test_runs_are_cancelled_by_id_and_what_was_not_is_told(desk: Desk) -> None:
    one, two = await enqueue(desk, "a", "b")
    await desk.context.control.archive([two])
    gone = uuid4()

    found = await desk(
        f"""mutation ($ids: [ID!]) {{ cancelTask(input: {{ids: $ids}}) {{
              {ANSWER} runs {{ id state }} }} }}""",
        {"ids": [f"common_run:{one}", str(two), str(gone), "zoo_animal:1"]},
    )

    answer = found["data"]["cancelTask"]
    assert (answer["matched"], answer["count"]) == (4, 1)
    assert answer["ids"] == [f"common_run:{one}"]
    assert answer["runs"] == [{"id": f"common_run:{one}", "state": "cancelled"}]
    told = {(error["code"], *error["path"]): error["message"] for error in answer["errors"]}
    assert told.keys() == {
        ("INVALID", "ids", "3"),
        ("NOT_FOUND", "ids", "2"),
        ("WRONG_STATE", "ids", "1"),
    }
    assert "it is archived" in told["WRONG_STATE", "ids", "1"]


async def test_where_chooses_as_it_does_in_the_list_of_runs(desk: Desk) -> None:
    (parent,) = await enqueue(desk, "x", queue="other")
    children = await enqueue(desk, "a", "b", parent_id=parent)
    await enqueue(desk, "c")
    where = {"parentRun": {"queue": {"eq": "other"}}, "or": [{"task": {"startsWith": "zoo:"}}]}

    listed = await desk(
        """query ($where: CommonRunWhere) { commonRuns(where: $where, orderBy: [{createdAt: ASC}]) {
             nodes { id parentRun { id } } } }""",
        {"where": where},
    )
    found = await desk(
        f"""mutation ($where: CommonRunWhere) {{ archiveTask(input: {{where: $where}}) {{
              {ANSWER} runs {{ id state parentRun {{ children {{ totalCount }} }} }} }} }}""",
        {"where": where},
    )

    ids = [f"common_run:{each}" for each in children]
    assert listed["data"]["commonRuns"]["nodes"] == [
        {"id": each, "parentRun": {"id": f"common_run:{parent}"}} for each in ids
    ]
    answer = found["data"]["archiveTask"]
    assert (answer["matched"], answer["count"], answer["errors"]) == (2, 2, [])
    assert answer["ids"] == ids
    assert answer["runs"] == [
        {"id": each, "state": "archived", "parentRun": {"children": {"totalCount": 2}}}
        for each in ids
    ]


@pytest.mark.parametrize("verb", VERBS)
async def test_a_dry_run_counts_and_touches_nothing(desk: Desk, verb: str) -> None:
    ids = await enqueue(desk, "a", "b", "c")
    if verb == "retryTask":
        await desk.context.control.archive(ids)
    before = await states(desk)

    found = await desk(
        f"""mutation ($ids: [ID!]) {{
              all: {verb}(input: {{where: {{}}, dryRun: true}}) {{ {ANSWER} }}
              some: {verb}(input: {{ids: $ids, dryRun: true}}) {{ {ANSWER} }} }}""",
        {"ids": [str(ids[0]), str(uuid4())]},
    )

    answer = found["data"]
    assert (answer["all"]["matched"], answer["all"]["count"]) == (3, 0)
    assert answer["all"]["ids"] == [f"common_run:{each}" for each in ids]
    assert answer["some"]["ids"] == [f"common_run:{ids[0]}"]
    assert await states(desk) == before


async def test_more_than_at_most_are_refused_with_their_count(desk: Desk) -> None:
    await enqueue(desk, "a", "b", "c")

    found = await desk(
        f"mutation {{ deleteTask(input: {{where: {{}}, atMost: 2}}) {{ {ANSWER} }} }}"
    )

    answer = found["data"]["deleteTask"]
    assert (answer["matched"], answer["count"], answer["ids"]) == (3, 0, [])
    assert [(error["code"], error["path"]) for error in answer["errors"]] == [
        ("TOO_MANY", ["atMost"])
    ]
    assert "3 runs" in answer["errors"][0]["message"]
    assert len(await states(desk)) == 3


async def test_retrying_what_another_run_holds_the_key_of_is_told(desk: Desk) -> None:
    (first,) = await enqueue(desk, "a", unique_key="k")
    (other,) = await enqueue(desk, "b")
    await desk.context.control.cancel([first, other])
    await enqueue(desk, "a", unique_key="k")

    found = await desk(
        f"mutation ($ids: [ID!]) {{ retryTask(input: {{ids: $ids}}) {{ {ANSWER} }} }}",
        {"ids": [str(first), str(other)]},
    )

    answer = found["data"]["retryTask"]
    assert answer["ids"] == [f"common_run:{other}"]
    assert [error["path"] for error in answer["errors"]] == [["ids", "0"]]
    assert "unique key" in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("{}", None),
        ('{ids: ["x"], where: {}}', None),
        ('{ids: ["x"]}', ["ids", "0"]),
        ("{where: {}, atMost: -1}", ["atMost"]),
    ],
)
async def test_input_that_chooses_nothing_is_an_error(
    desk: Desk, given: str, path: list[str] | None
) -> None:
    await enqueue(desk, "a")

    found = await desk(f"mutation {{ deleteTask(input: {given}) {{ {ANSWER} }} }}")

    answer = found["data"]["deleteTask"]
    assert answer["count"] == 0
    assert [(error["code"], error["path"]) for error in answer["errors"]] == [("INVALID", path)]
    assert len(await states(desk)) == 1


async def test_a_null_in_where_is_refused_as_in_a_list(desk: Desk) -> None:
    found = await desk(
        f"mutation {{ deleteTask(input: {{where: {{task: {{eq: null}}}}}}) {{ {ANSWER} }} }}"
    )

    assert found["data"] is None
    assert found["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_queues_are_read_paused_resumed_and_drained(desk: Desk) -> None:
    await enqueue(desk, "a", "b", queue="q")
    await desk.context.control.archive(await enqueue(desk, "c", queue="q"))

    found = await desk(
        """mutation {
             pause: pauseQueue(input: {queue: "q"}) { changed queue { isPaused pausedAt } errors { code } }
             again: pauseQueue(input: {queue: "q"}) { changed queue { isPaused } }
             dry: drainQueue(input: {queue: "q", states: [archived, pending], dryRun: true}) { matched count }
             few: drainQueue(input: {queue: "q", states: [pending], atMost: 1}) { count errors { code } }
             drain: drainQueue(input: {queue: "q", states: [archived]}) {
               count queue { size pending archived } errors { code } }
             resume: resumeQueue(input: {queue: "q"}) { changed queue { isPaused pausedAt } }
             active: drainQueue(input: {queue: "q", states: [active]}) { errors { code path } }
             unknown: pauseQueue(input: {queue: "defualt"}) { queue { name } errors { code message } } }"""
    )

    data = found["data"]
    assert data["pause"]["changed"] is True
    assert data["pause"]["queue"]["isPaused"] is True
    assert data["pause"]["queue"]["pausedAt"].endswith("+00:00")
    assert data["again"] == {"changed": False, "queue": {"isPaused": True}}
    assert data["dry"] == {"matched": 3, "count": 0}
    assert data["few"] == {"count": 0, "errors": [{"code": "TOO_MANY"}]}
    assert data["drain"] == {
        "count": 1,
        "queue": {"size": 2, "pending": 2, "archived": 0},
        "errors": [],
    }
    assert data["resume"] == {"changed": True, "queue": {"isPaused": False, "pausedAt": None}}
    assert data["active"]["errors"] == [{"code": "INVALID", "path": ["states"]}]
    (error,) = data["unknown"]["errors"]
    assert error["code"] == "NOT_FOUND"
    assert "did you mean default?" in error["message"]


async def test_queues_stand_beside_what_the_statement_answers(desk: Desk) -> None:
    await enqueue(desk, "a", queue="q")

    found = await desk(
        "{ commonRuns { totalCount } queues { name size pending latencySeconds workers } workers { name } }"
    )

    assert found["data"]["commonRuns"] == {"totalCount": 1}
    assert found["data"]["workers"] == []
    default, own = found["data"]["queues"]
    assert (default["name"], default["size"], default["latencySeconds"]) == ("default", 0, None)
    assert (own["name"], own["size"], own["pending"], own["workers"]) == ("q", 1, 1, 0)
    assert own["latencySeconds"] >= 0


async def test_a_job_is_shown_and_run_at_once(desk: Desk) -> None:
    jobs = """{ schedulerJobs { name task spec description queue priority payload previous next isKnown
                                lastRun lastState } }"""
    before = (await desk(jobs))["data"]["schedulerJobs"]

    found = await desk(
        """mutation { runJobNow(input: {job: "breakfast"}) { created errors { code }
             run { id task queue priority payload job tick } }
             wrong: runJobNow(input: {job: "brekfast"}) { run { id } errors { code message } } }"""
    )
    after = (await desk(jobs))["data"]["schedulerJobs"]

    (job,) = before
    assert (job["name"], job["spec"], job["description"]) == (
        "breakfast",
        "0 7 * * *",
        "Before the gates open",
    )
    assert (job["payload"], job["isKnown"], job["lastState"]) == ({"food": "hay"}, True, None)
    assert job["previous"] < job["next"]
    answer = found["data"]["runJobNow"]
    run = answer["run"]
    assert (answer["created"], answer["errors"]) == (True, [])
    assert (run["queue"], run["priority"], run["job"], run["tick"]) == (
        "morning",
        3,
        "breakfast",
        None,
    )
    assert (after[0]["lastRun"], after[0]["lastState"]) == (run["id"], "pending")
    (error,) = found["data"]["wrong"]["errors"]
    assert error["code"] == "NOT_FOUND"
    assert "did you mean breakfast?" in error["message"]


async def test_a_viewer_reads_and_changes_nothing(desk: Desk) -> None:
    (run,) = await enqueue(desk, "a")
    viewer = Desk(
        desk.ask,
        RequestContext(Caller("you", "viewer"), desk.context.engine, desk.context.queue),
    )

    read = await viewer("{ queues { name } workers { name } schedulerJobs { name } }")
    refused = [
        await viewer(f'mutation {{ {verb}(input: {{ids: ["{run}"]}}) {{ count }} }}')
        for verb in VERBS
    ]
    refused += [
        await viewer('mutation { pauseQueue(input: {queue: "default"}) { changed } }'),
        await viewer('mutation { resumeQueue(input: {queue: "default"}) { changed } }'),
        await viewer(
            'mutation { drainQueue(input: {queue: "default", states: [pending]}) { count } }'
        ),
        await viewer('mutation { runJobNow(input: {job: "breakfast"}) { created } }'),
    ]

    assert "errors" not in read
    codes = [answer["errors"][0]["extensions"]["code"] for answer in refused]
    assert codes == ["FORBIDDEN"] * 8
    assert await states(desk) == {run: "pending"}


async def test_a_restricted_caller_reads_none_of_it(desk: Desk) -> None:
    caller = Caller("you", "viewer", Restriction(sources=("zoo",)))
    restricted = Desk(desk.ask, RequestContext(caller, desk.context.engine, desk.context.queue))

    for root in ("queues", "workers", "schedulerJobs"):
        found = await restricted(f"{{ {root} {{ name }} }}")
        assert found["data"] is None
        assert found["errors"][0]["extensions"]["code"] == "FORBIDDEN"
