"""With introspection off, nothing that the service says tells what else there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.web.serving import serving


@pytest.fixture(scope="module")
def client(database: str, redis_url: str) -> Iterator[httpx.Client]:
    with (
        serving(database, redis_url, introspection=False) as url,
        httpx.Client(base_url=url) as found,
    ):
        yield found


def error(client: httpx.Client, query: str, **variables: Any) -> dict[str, Any]:
    found = client.post("/graphql", json={"query": query, "variables": variables}).json()
    assert "data" not in found
    first: dict[str, Any] = found["errors"][0]
    return first


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "AwsVpc") { name } }',
        "{ ...F } fragment F on Query { __schema { queryType { name } } }",
        "{ a: __schema { queryType { name } } awsVpcs { totalCount } }",
    ],
)
def test_the_schema_cannot_be_asked_for(client: httpx.Client, query: str) -> None:
    found = error(client, query)

    assert found["extensions"]["code"] == "INTROSPECTION_DISABLED"
    assert "introspection is off" in found["message"]


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ awsVpc5 { totalCount } }", {}),
        ("{ awsVpcs { totalCoun } }", {}),
        ("{ awsVpcs(firs: 1) { totalCount } }", {}),
        ("{ awsVpcs(where: {nam: {eq: 1}}) { totalCount } }", {}),
        ("{ awsVpcs(where: {name: {equ: 1}}) { totalCount } }", {}),
        ("{ awsVpcs(orderBy: [{name: ASK}]) { totalCount } }", {}),
        ("{ awsVpcs { totalCount @inclube(if: true) } }", {}),
        ("{ ... on AwsVpk { name } }", {}),
        ("query ($w: AwsVpcWher) { awsVpcs(where: $w) { totalCount } }", {}),
        ("query ($w: AwsVpcWhere) { awsVpcs(where: $w) { totalCount } }", {"w": {"nam": {}}}),
        ("query ($o: [AwsVpcOrderBy!]) { awsVpcs(orderBy: $o) { totalCount } }", {"o": [{"name": "ASK"}]}),
    ],
)
def test_no_error_suggests_a_name(client: httpx.Client, query: str, variables: Any) -> None:
    assert "Did you mean" not in error(client, query, **variables)["message"]


def test_typename_and_everything_else_work(client: httpx.Client) -> None:
    answer = client.post("/graphql", json={"query": "{ __typename awsVpcs { totalCount } }"})

    assert answer.json() == {"data": {"__typename": "Query", "awsVpcs": {"totalCount": 0}}}


def test_the_page_and_the_printed_schema_follow(client: httpx.Client) -> None:
    assert client.get("/schema.graphql").status_code == 404
    assert '<meta name="graphql-introspection" content="off">' in client.get("/").text
