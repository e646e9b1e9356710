"""What no task should be given, return or do: it ends in the archive, and harms nobody beside it."""

from __future__ import annotations

import asyncio
import json
import random

import pytest

from inventory.errors import PayloadError
from inventory.runtime.ledger import LARGEST_PAYLOAD, Outcome
from inventory.runtime.run import LARGEST_RESULT
from tests.runtime.conftest import FAST, until, working

DEEP = "[" * 4000 + "]" * 4000
# By chance, or PostgreSQL would compress it to something small.
HUGE = json.dumps({"note": random.Random(1).randbytes(1_500_000).hex()})


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("[1, 2]", "the payload is no mapping: [1, 2]"),
        ('"note: a"', 'the payload is no mapping: "note: a"'),
        ("null", "the payload is no mapping: null"),
        ('{"note": {"a": 1}}', "payload.note: Input should be a valid string"),
        ('{"seconds": 1e400}', "payload.seconds: "),
        (f'{{"note": {DEEP}}}', "the payload cannot be read: maximum recursion depth"),
        (HUGE, "the payload is larger than is allowed"),
    ],
    ids=["list", "text", "null", "type", "number", "deep", "huge"],
)
async def test_a_payload_that_nobody_can_read_is_archived_with_the_reason(
    config, queue, ledger, payload, reason
):
    run = await queue.enqueue("drill:task:noop")
    others = [await queue.enqueue("drill:task:noop") for _ in range(5)]
    ledger.do("UPDATE common_run SET payload = %s::jsonb WHERE id = %s", payload, run.id)

    async with working(config):
        await until(lambda: ledger.states() == {"archived": 1, "completed": len(others)})

    (row,) = ledger("SELECT error, error_code, attempt FROM common_run WHERE id = %s", run.id)
    assert row["error"].startswith(f"drill:task:noop: {reason}")
    assert (row["error_code"], row["attempt"]) == ("PAYLOAD_INVALID", 1)


async def test_a_payload_that_is_too_large_is_refused_at_once(queue, ledger):
    with pytest.raises(PayloadError, match=r"has \d+ bytes; 1048576 are allowed\. Split it"):
        await queue.enqueue("drill:task:jot", {"note": "x" * LARGEST_PAYLOAD})

    assert ledger.states() == {}


async def test_a_result_that_is_too_large_is_left_out(config, queue, ledger):
    run = await queue.enqueue("drill:task:jot", {"note": "x" * LARGEST_RESULT})

    async with working(config):
        await until(lambda: ledger.run(run.id)["state"] == "completed")

    assert ledger.run(run.id)["result"] == {
        "omitted": f"{LARGEST_RESULT + 12} bytes; {LARGEST_RESULT} are kept"
    }


async def test_an_odd_progress_hides_no_other(config, queue, ledger):
    odd = await queue.enqueue("drill:task:odd-progress", {"seconds": 1})
    other = await queue.enqueue("drill:task:nap", {"seconds": 1})

    async with working(config):
        await until(lambda: ledger.run(odd.id)["progress"] == 2**63 - 1)
        await until(lambda: (ledger.run(other.id)["progress"] or 0) > 5)
        await until(lambda: ledger.states() == {"completed": 2})


async def test_an_end_that_cannot_be_written_down_is_archived_and_stops_no_other(queue, ledger):
    runs = [(await queue.enqueue("drill:task:noop")).id for _ in range(3)]
    claimed = await queue.ledger.claim("w", runs)
    ends = [Outcome(run, claimed[run].attempt, "completed") for run in runs]
    ends[1] = Outcome(runs[1], 1, "completed", seen=2**63)

    ended = await queue.ledger.finish("w", ends)

    assert ended == dict(zip(runs, ["completed", "archived", "completed"], strict=True))
    assert ledger.run(runs[1])["error"] == (
        "PostgreSQL cannot keep how it ended (completed): "
        'value "9223372036854775808" is out of range for type bigint'
    )


async def test_a_task_that_kills_every_worker_ends_in_the_archive_and_the_others_end_well(
    config, queue, ledger, notes, process
):
    killer = await queue.enqueue("drill:task:die-always", priority=9, max_retry=1)
    for number in range(20):
        await queue.enqueue("drill:task:nap", {"note": f"{number}", "seconds": 0.1})
    workers = [process()]

    async def keep_one_alive():
        while True:
            if not workers[-1].is_alive():
                workers.append(process())
            await asyncio.sleep(0.05)

    keeper = asyncio.create_task(keep_one_alive())
    await until(lambda: ledger.states() == {"archived": 1, "completed": 20})
    keeper.cancel()

    row = ledger.run(killer.id)
    assert (row["attempt"], row["error_code"]) == (2, "LEASE_EXPIRED")
    assert len(workers) == 3
    assert {note for note in notes() if note.startswith("end")} == {f"end {n}" for n in range(20)}


async def test_a_run_whose_worker_vanished_twice_in_a_row_lets_others_go_first(
    config, queue, ledger
):
    once, again = [(await queue.enqueue("drill:task:noop", queue="nobody")).id for _ in range(2)]
    for run, attempt in ((once, 1), (again, 3)):
        ledger.do(
            "UPDATE common_run SET state = 'active', attempt = %s, worker_id = 'gone',"
            " error_code = 'LEASE_EXPIRED', lease_until = now() - interval '1s' WHERE id = %s",
            attempt,
            run,
        )

    await until_settled(ledger)
    rung = await queue.ledger.reap()

    assert [bell.id for bell in rung or []] == [once]
    assert (ledger.run(once)["state"], ledger.run(again)["state"]) == ("pending", "retry")
    wait = ledger.one(
        "SELECT extract(epoch FROM run_at - updated_at)::float8 FROM common_run WHERE id = %s",
        again,
    )
    assert 16 <= wait <= 76


async def until_settled(ledger):
    """Leases are not taken for over just after PostgreSQL began."""
    await until(
        lambda: ledger.one(
            "SELECT pg_postmaster_start_time() < now() - make_interval(secs => %s)", 2 * FAST.beat
        )
    )
