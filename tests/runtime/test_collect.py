"""Collection as runs: fan-out, scopes, failures, links."""

from __future__ import annotations

from tests.runtime.conftest import until, working


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
