"""What an answer's `extensions` tell of its cost and its freshness, when asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from tests.web.serving import serving

VPCS = "{ awsVpcs(first: 7) { nodes { name region { name } } } }"


@pytest.fixture(scope="module")
def client(database: str, redis_url: str) -> Iterator[httpx.Client]:
    with serving(database, redis_url) as url, httpx.Client(base_url=url) as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def scopes(database: str) -> None:
    """Of VPCs one scope is fresh, one old and one failed; regions were never listed."""
    with psycopg.connect(database, autocommit=True) as db:
        for scope, status, age in (
            ("1/a", "complete", "1 hour"),
            ("1/b", "complete", "3 days"),
            ("1/c", "failed", None),
        ):
            db.execute(
                "INSERT INTO common_scope (source, model, scope, status, last_complete_at)"
                " VALUES ('aws', 'aws:model:vpc', %s, %s, date_trunc('day', now()) - %s::interval)",
                (scope, status, age),
            )


def ask(client: httpx.Client, body: dict[str, Any], **headers: str) -> Any:
    return client.post("/graphql", json=body, headers=headers).json()


def test_the_cost_comes_with_the_answer_when_asked(client: httpx.Client) -> None:
    plain = client.post("/graphql", json={"query": VPCS})
    asked = ask(client, {"query": VPCS, "extensions": {"cost": True}})
    by_header = ask(client, {"query": VPCS}, **{"GraphQL-Extensions": "cost, other"})

    cost = asked["extensions"]["cost"]
    assert cost.pop("milliseconds") > 0
    assert cost == {"rows": 14, "limit": 50_000, "statements": 1}
    assert by_header["extensions"].keys() == {"cost"}
    assert plain.json() == {"data": asked["data"]}


@pytest.mark.parametrize("asked", [{"cost": False}, {"cost": "yes"}, {"freshness": None}, {"x": 1}])
def test_nothing_else_adds_extensions(client: httpx.Client, asked: dict[str, Any]) -> None:
    assert "extensions" not in ask(client, {"query": VPCS, "extensions": asked})


def test_freshness_tells_of_every_model_that_was_read(client: httpx.Client) -> None:
    found = ask(client, {"query": VPCS, "extensions": {"freshness": True}})["extensions"]

    region, vpc = found["freshness"]
    assert region == {
        "type": "AwsRegion",
        "source": "aws",
        "model": "aws:model:region",
        "scopes": 0,
        "stale": 0,
        "failed": 0,
        "oldestCompleteAt": None,
        "newestCompleteAt": None,
    }
    assert vpc["oldestCompleteAt"] < vpc["newestCompleteAt"]
    assert {key: vpc[key] for key in ("type", "scopes", "stale", "failed")} == {
        "type": "AwsVpc",
        "scopes": 3,
        "stale": 2,
        "failed": 1,
    }


def test_what_is_only_filtered_by_counts_too(client: httpx.Client) -> None:
    query = "{ awsVpcs(where: {subnets: {some: {}}}) { totalCount } }"
    found = ask(client, {"query": query, "extensions": {"freshness": True}})["extensions"]

    assert {each["type"] for each in found["freshness"]} == {"AwsVpc", "AwsSubnet"}


def test_queries_of_nothing_collected_are_of_no_age(client: httpx.Client) -> None:
    both = {"cost": True, "freshness": True}
    found = ask(client, {"query": "{ __schema { queryType { name } } }", "extensions": both})

    assert found["extensions"]["freshness"] == []
    assert found["extensions"]["cost"]["statements"] == 0


@pytest.mark.parametrize(
    ("query", "limit", "cost"),
    [
        ("{ awsVpcs(first: 1000) { nodes { subnets(first: 100) { nodes { id } } } } }", 50_000, 101_000),
        ("{ awsVpcs(first: 5000) { nodes { id } } }", 1_000, 5_000),
        ("{" + " __typename" * 2_001 + "}", 2_000, 2_001),
        ("{" + " a: __typename" * 2_000 + "}", 5_000, 5_001),
    ],
)
def test_a_refusal_carries_the_price_and_the_limit(
    client: httpx.Client, query: str, limit: int, cost: int
) -> None:
    (error,) = ask(client, {"query": query})["errors"]

    assert error["extensions"] == {"code": "TOO_COSTLY", "limit": limit, "cost": cost}
