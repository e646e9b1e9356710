"""`/metrics` of the API: what the database says, and who may read it."""

from __future__ import annotations

import asyncio
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Route

from inventory.config import AuthConfig
from inventory.core.scope import Scope
from inventory.db.store import store
from inventory.sources.aws.models.vpc import Vpc
from inventory.sources.aws.scopes import RegionScope
from inventory.sources.gardener.models.machine import Machine
from inventory.sources.gardener.scopes import SeedScope
from inventory.telemetry.meters import Meters
from inventory.telemetry.monitor import Monitor
from inventory.telemetry.state import State
from inventory.web.access import Gate
from inventory.web.metrics import endpoint
from tests import services
from tests.make import make
from tests.web.serving import serving

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|vpc-[0-9a-f]{8}|/tmp")


def scraped(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by its name and labels; a sample that comes twice is an error."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found, key
            found[key] = sample.value
    return found


def value(samples: dict[Any, float], name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


@pytest.fixture(scope="module")
def filled(database: str) -> str:
    """Two regions and a seed, runs in every state, findings, a run of the housekeeper."""
    with psycopg.connect(database, autocommit=True) as db:
        for region, count in (("eu-central-1", 3), ("us-east-1", 2)):
            scope: Scope = RegionScope("111122223333", region)
            store(db, [Vpc], scope, [make(Vpc, region_name=region) for _ in range(count)])
        store(db, [Machine], SeedScope("seed-1"), [make(Machine, seed_name="seed-1")])
        db.execute(
            "UPDATE common_scope SET status = 'suspicious', last_complete_at = now() - interval '2 h'"
            " WHERE region = 'us-east-1'"
        )
        db.execute(
            "INSERT INTO common_run (task, queue, state, enqueued_at)"
            " SELECT 'aws:task:collect-vpcs', 'slow', state, now() - interval '90 s'"
            " FROM unnest('{pending,pending,active,archived,completed,cancelled}'::text[]) AS state"
        )
        db.execute("INSERT INTO common_queue (name, paused_at) VALUES ('slow', now())")
        db.execute(
            "INSERT INTO common_leak_rule (name, model, reason, confidence, status, evaluated_at)"
            " VALUES ('aws-vpc-without-shoot', 'aws:model:vpc', 'why', 0.9, 'partial', now()),"
            "        ('aws-unknown-image', 'aws:model:instance', 'why', 0.9, 'withheld', now())"
        )
        db.execute(
            "INSERT INTO common_leak (rule, resource_id, resource_table, reason, confidence,"
            " first_detected_at, resolved_at, is_withheld)"
            " SELECT 'aws-vpc-without-shoot', gen_random_uuid(), 'aws_vpc', 'why', 0.9, now(),"
            " CASE WHEN n = 1 THEN now() END, n = 2 FROM generate_series(1, 5) AS n"
        )
        db.execute(
            "INSERT INTO common_housekeeper_run (model_name, retention, started_at, count, spared)"
            " VALUES ('aws:model:vpc', 60, now() - interval '1 h', 9, 9),"
            "        ('aws:model:vpc', 60, now(), 4, 2)"
        )
        db.execute(
            "INSERT INTO common_job (name, task, spec, last_tick, next_tick, seen_at) VALUES"
            " ('a', 't', '@every 1h', now(), now() - interval '100 s', now() - interval '100 s'),"
            " ('gone', 't', '@every 1h', now(), now() - interval '9 d', now() - interval '9 d')"
        )
        db.execute(
            "INSERT INTO common_worker (name, host, pid, concurrency, status, started_at, seen_at)"
            " VALUES ('w', 'h', 1, 4, 'active', now(), now()),"
            "        ('old', 'h', 1, 4, 'active', now(), now() - interval '5 min')"
        )
    return database


@pytest.fixture(scope="module")
def samples(filled: str, redis_url: str) -> dict[Any, float]:
    with serving(filled, redis_url) as url:
        httpx.post(f"{url}/graphql", json={"query": "query Named { awsVpcs { totalCount } }"})
        httpx.post(f"{url}/graphql", json={"query": "{ nothing }"})
        httpx.get(f"{url}/no/such/8f14e45f-ceea-467f-a2a3-f9b1d2c3a4b5")
        httpx.get(f"{url}/api/v1/aws_vpc")
        answer = httpx.get(f"{url}/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return scraped(answer.text)


def test_resources_stay_and_are_told_by_account_and_under_the_names_of_the_original(
    samples: dict[Any, float],
) -> None:
    account = {"account": "111122223333", "source": "aws", "model": "aws:model:vpc"}

    assert value(samples, "inventory_resources", **account, region="eu-central-1") == 3
    assert value(samples, "inventory_resources", **account, region="us-east-1") == 2
    assert (
        value(samples, "inventory_aws_vpcs", account_id="111122223333", region="eu-central-1") == 3
    )
    assert value(samples, "inventory_g_machines", seed="seed-1") == 1
    assert value(samples, "inventory_housekeeper_deleted_records", model_name="aws:model:vpc") == 4
    assert value(samples, "inventory_housekeeper_spared_records", model_name="aws:model:vpc") == 2


def test_queues_tell_sizes_latency_and_pauses(samples: dict[Any, float]) -> None:
    states = {
        state: value(samples, "asynq_tasks_enqueued_total", queue="slow", state=state)
        for state in ("pending", "active", "scheduled", "retry", "archived", "completed")
    }

    assert states == {
        "pending": 2,
        "active": 1,
        "scheduled": 0,
        "retry": 0,
        "archived": 1,
        "completed": 1,
    }
    assert value(samples, "asynq_queue_size", queue="slow") == 4
    assert value(samples, "asynq_queue_latency_seconds", queue="slow") >= 90
    assert value(samples, "asynq_queue_paused_total", queue="slow") == 1
    assert value(samples, "asynq_queue_paused_total", queue="default") == 0
    assert value(samples, "inventory_workers", status="active") == 1


def test_a_job_that_nobody_enqueues_is_overdue_and_one_that_is_gone_is_not(
    samples: dict[Any, float],
) -> None:
    assert 100 <= value(samples, "inventory_schedule_overdue_seconds") < 3600
    assert value(samples, "inventory_schedule_jobs") == 1


def test_every_scope_tells_how_fresh_it_is(samples: dict[Any, float]) -> None:
    here = {"source": "aws", "model": "aws:model:vpc", "scope": "111122223333/us-east-1"}

    assert value(samples, "inventory_scope_age_seconds", **here) >= 7200
    assert value(samples, "inventory_scope_status", **here, status="suspicious") == 1
    del here["scope"]
    assert value(samples, "inventory_scopes", **here, status="suspicious") == 1
    assert value(samples, "inventory_scopes", **here, status="complete") == 1


def test_leaks_are_counted_by_rule_and_status(samples: dict[Any, float]) -> None:
    found = {
        (rule, status): value(samples, "inventory_leaks", rule=rule, status=status)
        for rule in ("aws-vpc-without-shoot", "aws-unknown-image")
        for status in ("open", "withheld", "resolved")
    }

    assert list(found.values()) == [3, 1, 1, 0, 0, 0]
    assert (
        value(samples, "inventory_leak_rule_status", rule="aws-vpc-without-shoot", status="partial")
        == 1
    )


def test_requests_and_operations_are_counted_and_timed(samples: dict[Any, float]) -> None:
    def counted(name: str, **labels: str) -> float:
        return value(samples, name, **labels)

    asked = {"path": "/graphql", "method": "POST"}
    assert counted("inventory_http_requests_total", **asked, status="200") >= 1
    rest = {"path": "/api/v1/{path:path}", "method": "GET", "status": "200"}
    assert counted("inventory_http_requests_total", **rest) == 1
    lost = {"path": "other", "method": "GET", "status": "404"}
    assert counted("inventory_http_requests_total", **lost) == 1
    assert counted("inventory_graphql_operations_total", kind="query", outcome="ok") == 1
    assert counted("inventory_graphql_operations_total", kind="none", outcome="refused") == 1
    assert counted("inventory_graphql_errors_total", code="GRAPHQL_VALIDATION_FAILED") == 1
    assert counted("inventory_graphql_operation_seconds_count", kind="query") == 1
    assert counted("inventory_sql_seconds_count", use="api") >= 1
    assert counted("inventory_pool_connections", pool="api", state="max") == 16
    assert counted("inventory_database_up") == counted("inventory_queue_up") == 1
    assert abs(counted("inventory_clock_skew_seconds")) < 5
    assert ("process_cpu_seconds_total", frozenset()) in samples


def test_no_label_holds_an_id(samples: dict[Any, float]) -> None:
    values = {label for _, labels in samples for _, label in labels}

    assert [label for label in values if ID.search(label)] == []


def test_a_storm_of_scrapes_costs_one_statement() -> None:
    asked = 0

    async def fetch(statement: str) -> list[Any]:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.01)
        return [({"runs": [["default", "pending", 1, 5.0]]},)]

    async def queue() -> None:
        pass

    async def storm() -> set[bytes]:
        state = State(fetch, queue)
        return {*await asyncio.gather(*(state.text() for _ in range(100))), await state.text()}

    (text,) = asyncio.run(storm())

    assert asked == 1
    assert b'asynq_queue_size{queue="default"} 1.0' in text


def test_a_scrape_never_fails_because_a_server_is_away(
    postgres_dsn: str, template: str, redis_url: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nowhere = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
    with (
        services.fresh_database(postgres_dsn, template) as dsn,
        psycopg.connect(postgres_dsn, autocommit=True) as db,
        serving(dsn, nowhere) as url,
    ):
        name = str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])
        db.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false".encode())
        db.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = %s AND usename = current_user",
            [name],
        )
        answer = httpx.get(f"{url}/metrics", timeout=20)

    assert answer.status_code == 200
    samples = scraped(answer.text)
    assert value(samples, "inventory_database_up") == 0
    assert value(samples, "inventory_queue_up") == 0
    assert not [key for key in samples if key[0] == "asynq_queue_size"]
    assert ("process_cpu_seconds_total", frozenset()) in samples


async def read(path: str, gate: Gate, *, only_here: bool = False, **headers: str) -> int:
    async def metrics() -> bytes:
        return b"up 1"

    app = Starlette(routes=[Route("/metrics", endpoint(metrics, gate, only_here=only_here))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return (await client.get(f"http://localhost{path}", headers=headers)).status_code


async def test_metrics_need_a_token_where_there_are_tokens() -> None:
    token = {"name": "prometheus", "role": "viewer", "token": "correct-horse"}
    gate = Gate.of(AuthConfig.model_validate({"tokens": [token]}))

    assert await read("/metrics", gate) == 401
    assert await read("/metrics", gate, authorization="Bearer battery-staple") == 401
    assert await read("/metrics", gate, authorization="Bearer correct-horse") == 200


async def test_who_may_see_a_part_may_not_read_figures_of_all() -> None:
    token = {"name": "team", "token": "correct-horse", "restrict": {"accounts": ["111122223333"]}}
    gate = Gate.of(AuthConfig.model_validate({"tokens": [token]}), ["aws"])

    assert await read("/metrics", gate, authorization="Bearer correct-horse") == 403


async def test_a_page_of_elsewhere_cannot_read_them() -> None:
    gate = Gate.of(AuthConfig())

    assert await read("/metrics", gate, only_here=True, host="evil.example") == 403
    assert await read("/metrics", gate, only_here=True, host="localhost:8080") == 200


def test_metrics_with_an_address_of_their_own_need_no_token(database: str, redis_url: str) -> None:
    tokens = [{"name": "prometheus", "role": "viewer", "token": "correct-horse"}]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        own = f"http://127.0.0.1:{listener.getsockname()[1]}"
        monitor = Monitor(Meters("api"), listener, "/figures")
        with serving(database, redis_url, monitor=monitor, auth={"tokens": tokens}) as url:
            with ThreadPoolExecutor() as pool:
                answers = list(pool.map(httpx.get, [f"{own}/figures"] * 8))
            ready, missing = httpx.get(f"{own}/readyz"), httpx.get(f"{own}/metrics")
            there = httpx.get(f"{url}/metrics", headers={"authorization": "Bearer correct-horse"})

    assert {answer.status_code for answer in answers} == {200}
    assert "inventory_database_up 1.0" in answers[0].text
    assert ready.json()["status"] == "ok"
    assert set(ready.json()["checks"]) == {"database", "migrations", "schema", "queue"}
    assert missing.status_code == 404
    assert "/figures" in missing.text
    assert there.status_code == 404
