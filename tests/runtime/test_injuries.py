"""Whatever is killed, frozen, wiped or restarted: no run is lost, none is recorded twice."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from inventory.config import Config
from inventory.embedded import Services, process, services
from inventory.embedded import postgres as postgres_server
from inventory.embedded import redis as redis_server
from inventory.embedded.home import Home
from inventory.runtime.broker import key
from inventory.runtime.queue import Queue
from tests.runtime.conftest import (
    CATALOG,
    FAST,
    Store,
    create_tables,
    settings,
    until,
    working,
)


async def jot(queue, count):
    for number in range(count):
        await queue.enqueue("drill:task:jot", {"note": f"n{number}"})


async def test_a_killed_workers_collection_is_done_by_another(
    config, queue, ledger, world, process
):
    world.accounts = {"1": {"east": 5000, "west": 50}, "2": {"east": 3000}}
    world.troubles, world.delay = {"1/east": "slow", "2/east": "slow"}, 0.03
    world.write()
    parent = await queue.enqueue("toy:task:collect-things")
    victim = process()
    await until(lambda: ledger.one(RUNNING_HALFWAY) == 2)

    victim.end()
    world.troubles = {}
    world.write()
    killed_at = asyncio.get_running_loop().time()
    async with working(config):
        await until(lambda: ledger.one(COLLECTED) == 4)
        took = asyncio.get_running_loop().time() - killed_at

    assert took < FAST.lease + 2 + 2
    rows = ledger(
        "SELECT account_id, region_name, count(*) AS n, count(DISTINCT thing_id) AS ids"
        " FROM toy_thing GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("1", "east", 5000, 5000),
        ("1", "west", 50, 50),
        ("2", "east", 3000, 3000),
    ]
    children = ledger("SELECT scope, attempt, seen FROM common_run WHERE parent_id = %s", parent.id)
    assert {row["scope"]: row["attempt"] for row in children} == {
        "1/east": 2,
        "1/west": 1,
        "2/east": 2,
    }


COLLECTED = (
    "SELECT count(*) FROM common_run WHERE state = 'completed' AND task = 'toy:task:collect-things'"
)
RUNNING_HALFWAY = "SELECT count(*) FROM common_run WHERE state = 'active' AND progress > 500"


async def test_a_parent_killed_amid_its_ten_thousand_children_has_each_of_them_once(
    config, queue, ledger, notes, process
):
    parent = await queue.enqueue("drill:task:fan-slowly", {"count": 10_000})
    victim = process()
    await until(lambda: ledger.one(CHILDREN) >= 2000)

    victim.end()
    alone = ledger.one(CHILDREN)
    async with working(config):
        await until(lambda: ledger.run(parent.id)["state"] == "completed")

    assert 2000 <= alone < 10_000
    assert notes() == ["attempt 1", "attempt 2"]
    assert ledger(
        "SELECT count(*) AS n, count(DISTINCT payload) AS kinds, bool_and(parent_id = %s) AS ours"
        " FROM common_run WHERE parent_id IS NOT NULL",
        parent.id,
    ) == [{"n": 10_000, "kinds": 10_000, "ours": True}]


CHILDREN = "SELECT count(*) FROM common_run WHERE parent_id IS NOT NULL"


async def test_a_run_that_kills_its_worker_is_counted_and_tried_elsewhere(
    config, queue, ledger, notes, process
):
    run = await queue.enqueue("drill:task:die")
    first = process()
    await until(lambda: not first.is_alive())

    async with working(config):
        await until(lambda: ledger.run(run.id)["state"] == "completed")

    assert notes() == ["attempt 1", "attempt 2"]


async def test_a_run_that_kills_every_worker_is_archived(config, queue, ledger):
    run = await queue.enqueue("drill:task:die", max_retry=0)
    ledger.do(
        "UPDATE common_run SET state = 'active', attempt = 1, worker_id = 'gone',"
        " lease_until = now() - interval '1s' WHERE id = %s",
        run.id,
    )

    async with working(config):
        await until(lambda: ledger.run(run.id)["state"] == "archived")

    assert ledger.run(run.id)["error"] == "worker gone stopped reporting"


async def test_a_stopping_process_hands_back_what_it_cannot_finish(
    config, queue, ledger, notes, process
):
    quick = await queue.enqueue("drill:task:nap", {"note": "quick", "seconds": 0.2})
    long = await queue.enqueue("drill:task:nap", {"note": "long", "seconds": 1.5})
    hung = await queue.enqueue("drill:task:stuck", {"note": "hung", "seconds": 60})
    stopping = process()
    await until(lambda: ledger.states().get("active", 0) >= 2)
    await until(lambda: len([n for n in notes() if n.startswith("start")]) == 3)

    began = asyncio.get_running_loop().time()
    status = await asyncio.to_thread(stopping.end, signal.SIGTERM)
    took = asyncio.get_running_loop().time() - began

    assert status == 0
    assert took < FAST.grace + 2
    assert ledger.run(quick.id)["state"] == "completed"
    # A thread that nobody can stop ends with its process; its run begins again after that.
    for run, state in ((long, "pending"), (hung, "scheduled")):
        row = ledger.run(run.id)
        assert (row["state"], row["attempt"]) == (state, 0)
    ledger.do("DELETE FROM common_run WHERE id = %s", hung.id)
    async with working(config):
        await until(lambda: ledger.run(long.id)["state"] == "completed")
    assert ledger.run(long.id)["attempt"] == 1


async def test_a_frozen_workers_late_result_changes_nothing(config, queue, ledger, notes, process):
    run = await queue.enqueue("drill:task:stuck", {"note": "a", "seconds": 0.5})
    frozen = process()
    await until(lambda: notes() == ["start a"])
    frozen.send(signal.SIGSTOP)

    async with working(config):
        await until(lambda: ledger.run(run.id)["state"] == "completed")
        before = ledger.run(run.id)
        frozen.send(signal.SIGCONT)
        await until(lambda: notes().count("end a") == 2)
        await asyncio.sleep(0.5)

    assert before["attempt"] == 2
    assert ledger.run(run.id) == before


async def test_a_wiped_redis_loses_no_run(config, queue, ledger, redis, notes):
    await jot(queue, 30)
    redis.flushall()
    await queue.enqueue("drill:task:jot", {"note": "later"})

    async with working(config):
        await until(lambda: ledger.states() == {"completed": 31})

    assert sorted(notes()) == sorted([*(f"n{n}" for n in range(30)), "later"])


async def test_a_doorbell_lost_on_its_way_rings_again(config, queue, ledger, redis):
    await jot(queue, 10)
    redis.zpopmin(key("default"), 4)

    async with working(config):
        await until(lambda: ledger.states() == {"completed": 10})


class Own:
    """Servers of this test alone, so that they may be killed."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self.home = home
        self.stack = stack
        self.services: Services = stack.enter_context(services(home, durable=True))
        self.place = Home.prepare(home)

    def kill(self, module) -> None:
        """Kill a server as the end of a machine does."""
        pid = module.server(self.place, durable=True).running()
        os.kill(pid, signal.SIGKILL if module is redis_server else signal.SIGQUIT)
        deadline = time.monotonic() + 10
        while process.is_alive(pid):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def restart(self) -> None:
        """Start what does not run."""
        self.stack.enter_context(services(self.home, durable=True))


@pytest.fixture(scope="module")
def own() -> Iterator[Own]:
    home = Path(tempfile.mkdtemp(prefix="inventory-own-"))
    home.chmod(0o711)
    try:
        with ExitStack() as stack:
            found = Own(home, stack)
            create_tables(str(found.services.dsn))
            yield found
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def own_config(own: Own, tmp_path: Path) -> Config:
    return settings(tmp_path, str(own.services.dsn), str(own.services.redis_url))


@pytest.mark.parametrize("killed", ["redis", "postgres"])
async def test_a_server_that_is_killed_and_started_again_loses_no_run(own, own_config, killed):
    module = redis_server if killed == "redis" else postgres_server
    ledger = Store(own.services.dsn)
    async with Queue.connected(own_config, CATALOG, timing=FAST) as queue:
        for number in range(100):
            await queue.enqueue("drill:task:nap", {"note": f"n{number}", "seconds": 0.1})
        async with working(own_config), working(own_config):
            await until(lambda: ledger.states().get("completed", 0) > 10)

            await asyncio.to_thread(own.kill, module)
            await asyncio.sleep(1)
            await asyncio.to_thread(own.restart)

            await until(lambda: ledger.states() == {"completed": 100})
            late = await queue.enqueue("drill:task:jot", {"note": "late"})
            await until(lambda: ledger.run(late.id)["state"] == "completed")

    notes = (own_config.home / "notes").read_text().splitlines()
    assert {note for note in notes if note.startswith("end")} == {f"end n{n}" for n in range(100)}
