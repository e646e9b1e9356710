"""Limits per caller: how many requests a minute, and how many at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import psycopg
import pytest

from inventory.web.bodies import Malformed
from inventory.web.guards import REMEMBERED, Guards
from tests.web.serving import SERVICES, serving

ASK = {"query": "{ awsVpcs { totalCount } }"}
TOKENS = [
    {"name": name, "role": "operator", "sha256": hashlib.sha256(name.encode()).hexdigest()}
    for name in ("one", "two")
]


@pytest.fixture(scope="module")
def url(database: str, redis_url: str) -> Iterator[str]:
    limits = {"concurrency": 2, "requests_per_minute": 1_000}
    with serving(database, redis_url, auth={"tokens": TOKENS}, limits=limits) as found:
        yield found


def ask(url: str, token: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(f"{url}/graphql", json=ASK, headers=headers, timeout=20)


def test_one_caller_has_only_so_many_requests_at_a_time(url: str, database: str) -> None:
    guards = SERVICES[url].guards
    with psycopg.connect(database) as db, ThreadPoolExecutor(2) as pool:
        db.execute("LOCK TABLE aws_vpc")
        slow = [pool.submit(ask, url, "one") for _ in range(2)]
        while guards._running["one"] < 2:
            pass
        refused, other = ask(url, "one"), pool
        db.rollback()

    assert [each.result().status_code for each in slow] == [200, 200]
    assert other is pool
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    (error,) = refused.json()["errors"]
    assert error["extensions"] == {"code": "TOO_MANY_REQUESTS"}
    assert "try again in 1 s" in error["message"]
    assert guards._running == {}
    assert ask(url, "two").status_code == 200


def test_one_caller_has_only_so_many_requests_a_minute(url: str) -> None:
    guards = SERVICES[url].guards
    guards.requests_per_minute = 3
    try:
        statuses = [ask(url, "one").status_code for _ in range(3)]
        refused = ask(url, "one")
        table = httpx.get(f"{url}/api/v1/aws_vpc", headers={"authorization": "Bearer one"})
        other = ask(url, "two")
    finally:
        guards.requests_per_minute = 1_000

    assert statuses == [200, 200, 200]
    assert (refused.status_code, table.status_code, other.status_code) == (429, 429, 200)
    assert 0 < int(refused.headers["retry-after"]) <= 20


def test_a_minute_refills_evenly() -> None:
    now = [0.0]
    guards = Guards(requests_per_minute=6, clock=lambda: now[0])

    def let_in() -> int:
        count = 0
        while True:
            try:
                guards.spend("me")
            except Malformed as refused:
                assert refused.status == 429
                return count
            count += 1

    assert let_in() == 6
    now[0] = 10.0
    assert let_in() == 1
    now[0] = 1000.0
    assert let_in() == 6


def test_the_wait_that_is_told_is_long_enough() -> None:
    now = [0.0]
    guards = Guards(requests_per_minute=7, clock=lambda: now[0])
    for _ in range(7):
        guards.spend("me")
    with pytest.raises(Malformed) as caught:
        guards.spend("me")

    now[0] = float(caught.value.headers["Retry-After"])

    guards.spend("me")


def test_only_so_many_callers_are_remembered() -> None:
    guards = Guards(requests_per_minute=1)
    for number in range(REMEMBERED + 5):
        guards.spend(str(number))

    assert len(guards._buckets) == REMEMBERED


def test_nothing_is_counted_any_more_after_an_error() -> None:
    guards = Guards(concurrency=1, subscriptions=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), ExitStack() as stack:
            stack.enter_context(guards.request("me"))
            stack.enter_context(guards.subscription("me"))
            raise ZeroDivisionError

    assert (guards._running, guards.streaming) == ({}, 0)
