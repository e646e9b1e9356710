"""What Prometheus and probes see of workers and schedulers."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager

import httpx
from prometheus_client.parser import text_string_to_metric_families

from inventory.runtime.control import Control
from inventory.runtime.scheduler import schedule
from inventory.telemetry import tracing
from inventory.telemetry.meters import Meters
from inventory.telemetry.monitor import Monitor
from tests.runtime.conftest import CATALOG, FAST, until, working
from tests.telemetry.conftest import spans  # noqa: F401 - a fixture


@contextmanager
def listening(service):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield url, Monitor(Meters(service), listener)


async def get(url):
    async with httpx.AsyncClient() as client:
        return await client.get(url, timeout=20)


async def samples(url):
    """Every sample by its name and its labels' values, in the order of the labels' names."""
    answer = await get(f"{url}/metrics")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def settled(states):
    """Whether all but the long nap and what waits for its next attempt has ended."""
    return (
        states.get("completed", 0) >= 3
        and states.get("archived") == states.get("retry") == states.get("active") == 1
    )


async def test_a_worker_tells_of_its_attempts_rows_and_slots(config, queue, ledger, world):
    jot, default = "drill:task:jot", "default"
    for task in (jot, jot, "drill:task:denied", "drill:task:broken", "toy:task:collect-things"):
        payload = {"account_id": "1", "region": "west"} if task.startswith("toy") else {"note": "n"}
        await queue.enqueue(task, payload)
    naps = await queue.enqueue("drill:task:nap", {"note": "long", "seconds": 600})

    with listening("worker") as (url, monitor):
        async with working(config, monitor=monitor):
            await until(lambda: settled(ledger.states()), within=30)
            found = await samples(url)
            ready = await get(f"{url}/readyz")
            alive = await get(f"{url}/healthz")
            await Control(queue).cancel([naps.id])
            await until(lambda: ledger.run(naps.id)["state"] == "cancelled")

    assert found["inventory_task_successful_total", jot, default] == 2
    assert found["inventory_task_duration_seconds_count", jot, default] == 2
    assert found["inventory_task_skipped_total", "drill:task:denied", default] == 1
    assert found["inventory_task_failed_total", "drill:task:broken", default] == 1
    assert found["inventory_task_errors_total", "INTERNAL", "drill:task:broken"] == 1
    assert found["inventory_task_duration_seconds_count", "drill:task:broken", default] == 1
    rows, things = "inventory_collected_rows_total", "toy:task:collect-things"
    assert found[rows, "seen", things] == found[rows, "written", things] == 50
    assert found[rows, "deleted", things] == 0
    assert found["asynq_tasks_failed_total", default] == 2
    assert (found["inventory_worker_slots",], found["inventory_worker_slots_busy",]) == (4, 1)
    assert found["inventory_pool_connections", "ledger", "max"] == 6
    assert found["inventory_sql_seconds_count", "ledger"] > 0
    assert alive.json() == {"status": "ok"}
    assert ready.status_code == 503  # The tables were made without migrations.
    checks = ready.json()["checks"]
    assert "inventory db migrate" in checks.pop("migrations")
    assert checks == dict.fromkeys(("database", "schema", "queue", "worker"), "ok")


async def test_a_name_that_no_task_has_is_no_label(config, queue, ledger):
    ledger.do(
        "INSERT INTO common_run (task, queue, max_retry, enqueued_at)"
        " VALUES ('made:task:up-by-someone', 'default', 0, now())"
    )

    with listening("worker") as (url, monitor):
        async with working(config, monitor=monitor):
            await until(lambda: ledger.states() == {"archived": 1}, within=30)
            found = await samples(url)

    assert found["inventory_task_skipped_total", "unknown", "default"] == 1
    assert not [key for key in found if "made:task:up-by-someone" in key]


async def test_a_scheduler_tells_how_late_its_ticks_are(config, ledger):
    job = {"name": "drill:task:jot", "spec": "@every 1s", "payload": {"note": "n"}, "id": "a"}
    config = config.model_validate({**config.model_dump(), "scheduler": {"jobs": [job]}})
    stop = asyncio.Event()

    with listening("scheduler") as (url, monitor):
        running = asyncio.create_task(
            schedule(config, CATALOG, stop=stop, timing=FAST, monitor=monitor)
        )
        await until(
            lambda: ledger.one("SELECT count(*) FROM common_run WHERE job = 'a'") >= 2, within=30
        )
        found = await samples(url)
        ready = await get(f"{url}/readyz")
        stop.set()
        await running

    assert found["inventory_scheduler_jobs",] >= 1
    assert found["inventory_scheduler_ticks_total", "sent"] >= 2
    assert found["inventory_scheduler_tick_lag_seconds_count",] >= 2
    assert found["inventory_scheduler_last_round_timestamp_seconds",] > 0
    assert ready.json()["checks"]["scheduler"] == "ok"


async def test_a_run_continues_the_trace_of_who_enqueued_it(config, queue, ledger, world, spans):  # noqa: F811
    with tracing.span("asked"):
        await queue.enqueue("toy:task:collect-things")
    world.troubles = {"2/east": "denied"}
    world.write()

    async with working(config):
        # The fan-out, three scopes, and the links that they ask for.
        await until(
            lambda: (
                ledger.one("SELECT count(*) FROM common_run WHERE state = 'completed'") >= 4
                and ledger.states().get("archived") == 1
            ),
            within=30,
        )

    collect = "collect toy:task:collect-things"
    enqueue, run = "enqueue toy:task:collect-things", "run toy:task:collect-things"
    stored = [spans.path(span) for span in spans.named("store")]
    assert stored == [["store", collect, run, enqueue, run, enqueue, "asked"]] * 2
    (west,) = (s for s in spans.named(collect) if s.attributes["inventory.scope"] == "1/west")
    assert west.attributes["inventory.rows"] == 50
    assert west.attributes["inventory.pages"] == 1
    (denied,) = (s for s in spans.named(run) if s.attributes.get("error.type"))
    assert denied.attributes["error.type"] == "SOURCE_ACCESS_DENIED"
    assert denied.attributes["inventory.state"] == "archived"
    linked = [s for s in spans.all() if s.name.startswith("reconcile ")]
    assert linked
    assert spans.path(linked[0])[1:3] == ["run common:task:link", "enqueue common:task:link"]
