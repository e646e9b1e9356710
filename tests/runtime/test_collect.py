"""Collection as runs: fan-out, scopes, failures, links."""

from __future__ import annotations

from dataclasses import replace

import psycopg

from inventory.db.locks import lock_number
from inventory.runtime.control import Control
from tests.runtime.conftest import FAST, until, working


async def test_a_collector_without_a_scope_collects_every_scope(config, queue, ledger, world):
    parent = await queue.enqueue("toy:task:collect-things")

    async with working(config):
        await until(lambda: ledger.states().get("completed") == 4)

    assert ledger.run(parent.id)["result"] == {"scopes": 3, "enqueued": 3}
    scopes = ledger(
        "SELECT scope, status, rows_seen FROM common_scope WHERE model = 'toy:model:thing'"
        " ORDER BY scope"
    )
    assert scopes == [
        {"scope": "1/east", "status": "complete", "rows_seen": 250},
        {"scope": "1/west", "status": "complete", "rows_seen": 50},
        {"scope": "2/east", "status": "complete", "rows_seen": 3000},
    ]
    runs = ledger(
        "SELECT scope, seen, written, deleted, progress, total FROM common_run"
        " WHERE scope = '2/east'"
    )
    assert runs == [
        {
            "scope": "2/east",
            "seen": 3000,
            "written": 3000,
            "deleted": 0,
            "progress": 3000,
            "total": 3000,
        }
    ]


def scope_of(ledger, scope, model="toy:model:thing"):
    rows = ledger("SELECT * FROM common_scope WHERE model = %s AND scope = %s", model, scope)
    return rows[0] if rows else None


async def collected(config, queue, ledger, payload=None, task="toy:task:collect-things"):
    """Run a collector and what it fans out to, once each."""
    run = await queue.enqueue(task, payload)
    async with working(config):
        await until(lambda: not ledger.one(UNTRIED))
    return ledger.run(run.id)


UNTRIED = (
    "SELECT count(*) FROM common_run WHERE state IN ('pending', 'active')"
    " OR (state = 'scheduled' AND task <> 'common:task:link')"
)


async def test_a_payload_that_leaves_a_field_open_narrows_the_fan_out(config, queue, ledger, world):
    parent = await collected(config, queue, ledger, {"account_id": "1"})

    assert parent["result"] == {"scopes": 2, "enqueued": 2}
    assert [r["scope"] for r in ledger("SELECT scope FROM common_scope ORDER BY 1")] == [
        "1/east",
        "1/west",
    ]


async def test_a_payload_that_matches_no_scope_is_refused(config, queue, ledger, world):
    parent = await collected(config, queue, ledger, {"account_id": "7"})

    assert (parent["state"], parent["error_code"]) == ("archived", "PAYLOAD_INVALID")
    assert parent["error"] == (
        "toy:task:collect-things: none of the 3 scopes that are configured is within "
        "{'account_id': '7'}"
    )


async def test_an_account_that_cannot_be_listed_does_not_stop_the_others(
    config, queue, ledger, world
):
    world.troubles = {"1": "denied"}
    world.write()

    parent = await collected(config, queue, ledger)

    assert (parent["state"], parent["result"]) == (
        "completed",
        {"scopes": 1, "enqueued": 1, "failed": {"1": "toy 1: list: AccessDenied"}},
    )
    failed = scope_of(ledger, "1")
    assert (failed["status"], failed["error_code"]) == ("failed", "SOURCE_ACCESS_DENIED")
    assert scope_of(ledger, "2/east")["status"] == "complete"

    world.troubles = {}
    world.write()
    await collected(config, queue, ledger)
    assert scope_of(ledger, "1") is None


async def test_if_no_account_can_be_listed_the_run_fails_with_the_reason(
    config, queue, ledger, world
):
    world.troubles = {"1": "denied", "2": "denied"}
    world.write()

    parent = await collected(config, queue, ledger)

    assert (parent["state"], parent["error"]) == ("archived", "toy 1: list: AccessDenied")


async def test_a_source_that_is_away_is_recorded_and_asked_again(config, queue, ledger, world):
    world.troubles = {"all": "away"}
    world.write()

    parent = await collected(config, queue, ledger)

    assert (parent["state"], parent["error_code"]) == ("retry", "SOURCE_UNAVAILABLE")
    assert scope_of(ledger, "all")["status"] == "failed"


async def test_a_scope_that_fails_keeps_its_rows_and_when_it_was_last_complete(
    config, queue, ledger, world
):
    await collected(config, queue, ledger)
    before = scope_of(ledger, "1/east")
    world.troubles = {"1/east": "denied"}
    world.write()

    await collected(config, queue, ledger)

    after = scope_of(ledger, "1/east")
    assert (after["status"], after["last_complete_at"], after["rows_seen"]) == (
        "failed",
        before["last_complete_at"],
        250,
    )
    assert ledger.one("SELECT count(*) FROM toy_thing WHERE region_name = 'east'") == 3250


async def test_an_answer_of_another_shape_is_named_and_not_tried_again(
    config, queue, ledger, world
):
    world.troubles = {"1/west": "shape"}
    world.write()

    await collected(config, queue, ledger)

    (run,) = ledger("SELECT * FROM common_run WHERE payload->>'region' = 'west'")
    assert (run["state"], run["error_code"]) == ("archived", "SOURCE_BAD_ANSWER")
    assert run["error"] == (
        "toy:task:collect-things 1/west: an answer has another shape than expected: "
        "KeyError: no 'size'"
    )
    assert scope_of(ledger, "1/west")["error"] == run["error"]
    assert ledger.one("SELECT count(*) FROM toy_thing WHERE region_name = 'west'") == 0


async def test_an_incomplete_listing_stores_what_came_and_is_tried_again(
    config, queue, ledger, world
):
    await collected(config, queue, ledger)
    world.size, world.troubles = 2, {"1/west": "partly"}
    world.write()

    await collected(config, queue, ledger)

    sizes = ledger(
        "SELECT size, count(*) AS n FROM toy_thing WHERE region_name = 'west'"
        " GROUP BY size ORDER BY size"
    )
    assert [tuple(row.values()) for row in sizes] == [(1, 25), (2, 25)]
    assert scope_of(ledger, "1/west")["status"] == "incomplete"
    (run,) = ledger("SELECT state, error_code FROM common_run WHERE state = 'retry'")
    assert run["error_code"] == "SOURCE_INCOMPLETE"


async def test_a_suspicious_listing_deletes_nothing_until_it_is_confirmed(
    config, queue, ledger, world
):
    await collected(config, queue, ledger)
    world.accounts["1"]["east"] = 10
    world.write()

    await collected(config, queue, ledger)

    assert scope_of(ledger, "1/east")["status"] == "suspicious"
    (run,) = ledger("SELECT result FROM common_run WHERE result ? 'withheld'")
    assert run["result"]["withheld"] == 240

    await collected(config, queue, ledger, {"account_id": "1", "confirm_delete": True})
    assert scope_of(ledger, "1/east")["status"] == "complete"
    assert ledger.one("SELECT count(*) FROM toy_thing WHERE region_name = 'east'") == 3010


async def test_a_cancelled_collection_writes_nothing(config, queue, ledger, world):
    world.troubles, world.delay = {"2/east": "slow"}, 0.05
    world.write()
    await queue.enqueue("toy:task:collect-things", {"account_id": "2", "region": "east"})

    async with working(config):
        await until(lambda: ledger.one("SELECT coalesce(max(progress), 0) FROM common_run") > 0)
        (run,) = ledger("SELECT id FROM common_run WHERE state = 'active'")
        await Control(queue).cancel([run["id"]])
        await until(lambda: ledger.run(run["id"])["state"] == "cancelled")

    assert ledger.one("SELECT count(*) FROM toy_thing") == 0
    assert scope_of(ledger, "2/east") is None


async def test_links_follow_what_changed_and_only_that(config, queue, ledger, world):
    await queue.enqueue("toy:task:collect-all")

    async with working(config, timing=replace(FAST, link=0.3)):
        await until(lambda: ledger.one("SELECT count(*) FROM l_toy_region_to_thing") == 3300)
        await until(lambda: ledger.one(LINKS_ASKED_FOR) == 0)
        runs = ledger.one("SELECT count(*) FROM common_run WHERE task = 'common:task:link'")
        await queue.enqueue("toy:task:collect-all")
        await until(lambda: ledger.one(COLLECTED) == 16)

    link = ledger("SELECT name, found, requested_at, error FROM common_link")
    assert link == [
        {"name": "l_toy_region_to_thing", "found": 3300, "requested_at": None, "error": None}
    ]
    # The second collection found nothing new, and so asked for nothing.
    assert ledger.one("SELECT count(*) FROM common_run WHERE task = 'common:task:link'") == runs
    assert runs <= 3


LINKS_ASKED_FOR = "SELECT count(*) FROM common_link WHERE requested_at IS NOT NULL"
COLLECTED = "SELECT count(*) FROM common_run WHERE state = 'completed' AND task LIKE 'toy:%%'"


async def test_links_are_brought_up_to_date_on_request(config, queue, ledger, world):
    await collected(config, queue, ledger, task="toy:task:collect-regions")
    await collected(config, queue, ledger)
    ledger.do("UPDATE common_link SET requested_at = NULL")

    named = await queue.enqueue("common:task:link", {"links": ["l_toy_region_to_thing"]})
    every = await queue.enqueue("common:task:link-all")
    wrong = await queue.enqueue("common:task:link", {"links": ["l_toy_thing_to_region"]})
    async with working(config, concurrency=1):
        await until(lambda: ledger.run(wrong.id)["state"] == "archived")
        await until(lambda: ledger.run(every.id)["state"] == "completed")

    assert ledger.run(named.id)["result"] == {
        "links": 1,
        "found": 3300,
        "added": 3300,
        "removed": 0,
    }
    assert ledger.run(every.id)["result"]["added"] == 0
    assert "no link is named l_toy_thing_to_region" in ledger.run(wrong.id)["error"]


async def test_the_planner_knows_new_rows_before_they_are_linked(config, queue, ledger, world):
    await collected(config, queue, ledger)

    link = await queue.enqueue("common:task:link-all")
    async with working(config):
        await until(lambda: ledger.run(link.id)["state"] == "completed")

    known = ledger.one("SELECT reltuples FROM pg_class WHERE relname = 'toy_thing'")
    assert known == 3300


async def test_a_second_linker_steps_back_and_comes_again(config, queue, ledger, world):
    run = await queue.enqueue("common:task:link")
    with psycopg.connect(ledger.dsn, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (lock_number("common:task:link"),))
        async with working(config):
            await until(lambda: ledger.run(run.id)["state"] == "completed")

    assert ledger.run(run.id)["result"] == {"postponed": True}
    assert ledger.states() == {"completed": 1, "scheduled": 1}


async def test_everything_that_is_enabled_is_collected_with_one_task(config, queue, ledger, world):
    run = await collected(config, queue, ledger, task="common:task:collect-all")

    assert run["result"] == {"collectors": 2}
    assert ledger.one("SELECT count(*) FROM toy_region") == 3
    assert ledger.one("SELECT count(*) FROM toy_thing") == 3300
