"""What goes when its retention is over, and what stays: an outage is not an empty cloud."""

from __future__ import annotations

import pytest

from tests.runtime.conftest import until, working
from tests.runtime.test_collect import UNTRIED


async def collect(config, queue, ledger, world):
    await queue.enqueue("toy:task:collect-things")
    async with working(config):
        await until(lambda: not ledger.one(UNTRIED))


async def keep_house(config, queue, ledger, payload=None):
    run = await queue.enqueue(
        "common:task:housekeeper",
        payload or {"retention": [{"name": "toy:model:thing", "duration": "4h"}]},
    )
    async with working(config):
        await until(lambda: ledger.run(run.id)["state"] in ("completed", "archived"))
    return ledger.run(run.id)


def age(ledger, scope, hours=5):
    """Make it seem that the scope was last seen so long ago."""
    ledger.do(
        "UPDATE common_scope SET last_complete_at = last_complete_at - make_interval(hours => %s),"
        " listed_at = listed_at - make_interval(hours => %s),"
        " created_at = created_at - make_interval(hours => %s) WHERE scope = %s",
        hours,
        hours,
        hours,
        scope,
    )


def things(ledger):
    rows = ledger(
        "SELECT account_id || '/' || region_name AS scope, count(*) AS n FROM toy_thing"
        " GROUP BY 1 ORDER BY 1"
    )
    return {row["scope"]: row["n"] for row in rows}


def record(ledger):
    (row,) = ledger("SELECT model_name, count, spared, reason, error FROM common_housekeeper_run")
    return row


@pytest.fixture
async def seen(config, queue, ledger, world):
    """Everything was collected, just now."""
    await collect(config, queue, ledger, world)
    assert things(ledger) == {"1/east": 250, "1/west": 50, "2/east": 3000}
    return world


async def test_what_was_seen_stays(config, queue, ledger, seen):
    await keep_house(config, queue, ledger)

    assert record(ledger) == {
        "model_name": "toy:model:thing",
        "count": 0,
        "spared": 0,
        "reason": None,
        "error": None,
    }


async def test_rows_of_a_scope_that_is_no_longer_configured_go(config, queue, ledger, seen):
    age(ledger, "2/east")
    del seen.accounts["2"]
    seen.write()
    await collect(config, queue, ledger, seen)

    run = await keep_house(config, queue, ledger)

    assert things(ledger) == {"1/east": 250, "1/west": 50}
    assert run["result"] == {"models": 1, "removed": {"toy:model:thing": 3000}, "spared": {}}
    assert record(ledger)["count"] == 3000
    assert ledger("SELECT scope FROM common_scope WHERE scope = '2/east'") == []


async def test_they_stay_until_their_retention_is_over(config, queue, ledger, seen):
    age(ledger, "2/east", hours=3)
    del seen.accounts["2"]
    seen.write()
    await collect(config, queue, ledger, seen)

    await keep_house(config, queue, ledger)

    assert things(ledger)["2/east"] == 3000


@pytest.mark.parametrize("trouble", ["denied", "partly", "away"])
async def test_rows_of_a_scope_whose_last_attempt_failed_stay(config, queue, ledger, seen, trouble):
    seen.troubles = {"1/east": trouble}
    seen.write()
    await collect(config, queue, ledger, seen)
    age(ledger, "1/east", hours=100)

    await keep_house(config, queue, ledger)

    status = "incomplete" if trouble == "partly" else "failed"
    assert things(ledger)["1/east"] == 250
    assert record(ledger)["spared"] == 250
    assert record(ledger)["reason"] == (
        f"not seen for 4h, but spared: 250 rows: the last attempt of 1/east was {status}"
    )


async def test_rows_of_an_account_that_cannot_be_listed_stay(config, queue, ledger, seen):
    for scope in ("1/east", "1/west"):
        age(ledger, scope)
    seen.troubles = {"1": "denied"}
    seen.write()
    await collect(config, queue, ledger, seen)

    await keep_house(config, queue, ledger)

    assert things(ledger) == {"1/east": 250, "1/west": 50, "2/east": 3000}
    assert record(ledger)["reason"] == (
        "not seen for 4h, but spared: 300 rows: the scopes of 1 could not be listed"
    )


async def test_everything_stays_while_nothing_is_collected(config, queue, ledger, seen):
    for scope in ("1/east", "1/west", "2/east"):
        age(ledger, scope)
    ledger.do("UPDATE common_run SET started_at = started_at - interval '5 hours'")

    await keep_house(config, queue, ledger)

    assert things(ledger) == {"1/east": 250, "1/west": 50, "2/east": 3000}
    assert record(ledger)["reason"] == (
        "not seen for 4h, but spared: 3300 rows: its scopes were not listed"
    )


async def test_rows_of_a_scope_that_is_there_but_was_not_read_stay(config, queue, ledger, seen):
    # Its run waits in a queue that nobody serves.
    age(ledger, "1/east")
    ledger.do("UPDATE common_scope SET listed_at = now()")

    await keep_house(config, queue, ledger)

    assert things(ledger)["1/east"] == 250
    assert "1/east is still there but was not collected" in record(ledger)["reason"]


async def test_a_default_is_for_all_models_and_a_wrong_name_is_told_at_the_end(
    config, queue, ledger, seen
):
    age(ledger, "2/east")
    del seen.accounts["2"]
    seen.write()
    await collect(config, queue, ledger, seen)

    run = await keep_house(
        config,
        queue,
        ledger,
        {"default": "4h", "retention": [{"name": "toy:model:thong", "duration": "4h"}]},
    )

    assert things(ledger) == {"1/east": 250, "1/west": 50}
    assert (run["state"], run["error"]) == (
        "archived",
        "payload.retention: no model is named 'toy:model:thong'",
    )
    models = ledger("SELECT model_name FROM common_housekeeper_run ORDER BY 1")
    assert [row["model_name"] for row in models] == ["toy:model:region", "toy:model:thing"]


async def test_records_of_runs_go_by_state_age_and_queue(config, queue, ledger):
    for note in ("old", "new"):
        await queue.enqueue("drill:task:jot", {"note": note})
    bad = await queue.enqueue("drill:task:denied")
    async with working(config):
        await until(lambda: ledger.states() == {"completed": 2, "archived": 1})
        ledger.do(
            "UPDATE common_run SET finished_at = finished_at - interval '2 days'"
            " WHERE payload->>'note' = 'old' OR id = %s",
            bad.id,
        )
        for task in ("completed", "archived"):
            name = f"common:task:delete-{task}-tasks"
            await queue.enqueue(name, {"older_than": "1d", "queue": "low"})
            await queue.enqueue(f"common:task:delete-{task}", {"older_than": "1d"})
        await until(lambda: ledger.states() == {"completed": 5})

    left = ledger("SELECT payload->>'note' AS note FROM common_run WHERE task LIKE 'drill:%%'")
    assert left == [{"note": "new"}]
