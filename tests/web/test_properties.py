"""Whatever a client makes of the OpenAPI document or of the GraphQL schema, the service keeps to it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from graphql import GraphQLSchema, build_schema
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import Mode, nodes, queries
from schemathesis import Case, GenerationMode, Response, checks

from tests.leaks import landscape
from tests.web.serving import serving
from tests.web.test_openapi import references

TABLES = ("g_shoot", "gcp_forwarding_rule", "common_run", "l_aws_region_to_vpc")
"""Every type of a column, and a link."""
EXAMPLES = 12
ROOTS = ("awsVpcs", "gardenerShoot", "nodes", "paths")
GRAPHQL = "application/graphql-response+json"
VALUES: dict[str, list[Any]] = {
    "DateTime": [nodes.String("2026-01-01T00:00:00Z"), nodes.String("9999-12-31T23:59:59-23:59")],
    "UUID": [nodes.String("00000000-0000-0000-0000-000000000001"), nodes.String("")],
    "BigInt": [nodes.String("-9223372036854775808"), nodes.Int(7), nodes.String("1e3")],
    "Inet": [
        nodes.String("10.0.0.0/8"),
        nodes.String("::ffff:1.2.3.4"),
        nodes.String("10.0.0.1/33"),
    ],
    "JSON": [nodes.String("\\u0000"), nodes.Object([]), nodes.List([nodes.Null])],
    "Decimal": [nodes.String("1.5"), nodes.Float(1e300)],
}
"""Values of our scalars, good and bad."""
NO_REQUEST = "Invalid HTTP request received."
"""What uvicorn says of a request whose first line is longer than 64 KB; the application never sees it."""
FOREIGN = re.compile(r"Traceback|psycopg|sqlalchemy|LINE \d|pydantic|graphql\.|File \"|NoneType")
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_headers_conformance", "response_schema_conformance"),
)


bounded = settings(
    max_examples=EXAMPLES,
    database=None,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def url(postgres_dsn: str, template: str, redis_url: str) -> Iterator[str]:
    with landscape.clone(postgres_dsn, template) as dsn, serving(dsn, redis_url) as found:
        yield found


@pytest.fixture(scope="module")
def schema(url: str) -> Any:
    return schemathesis.openapi.from_dict(narrowed(httpx.get(f"{url}/openapi.json").json()))


def narrowed(document: Any) -> Any:
    """The document of some tables, without conditions through edges: with them each condition leads
    to each other, which no generator comes to the end of.
    """
    found = copy.deepcopy(document)
    found["paths"] = {
        path: operations
        for path, operations in found["paths"].items()
        if path == "/api/v1" or (path.split("/")[3:4] and path.split("/")[3] in TABLES)
    }
    components = found["components"]
    for name, schema in components["schemas"].items():
        if name.endswith("Where"):
            schema["properties"] = {
                key: value
                for key, value in schema["properties"].items()
                if key == "not" or not str(value.get("$ref", "")).endswith("Where")
            }
    seen: set[str] = set()
    waiting = list(references(found["paths"]))
    while waiting:
        reference = waiting.pop()
        if reference not in seen:
            seen.add(reference)
            kind, name = reference.split("/")[-2:]
            waiting += references(components[kind][name])
    for kind in ("schemas", "parameters", "responses"):
        components[kind] = {
            name: value
            for name, value in components[kind].items()
            if f"#/components/{kind}/{name}" in seen
        }
    return found


def operations(schema: Any) -> Iterator[Any]:
    for each in schema.get_all_operations():
        yield each.ok()


def plain(response: Response) -> None:
    """Refusals have a code, and are in our words."""
    if response.status_code >= 400:
        assert response.headers["content-type"] == ["application/problem+json"], response.text
        found = response.json()
        assert re.fullmatch("[A-Z_]+", found["code"]), found
        assert not FOREIGN.search(response.text), response.text


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("table", [*TABLES, None])
def test_answers_are_as_described(
    schema: Any, url: str, table: str | None, mode: GenerationMode
) -> None:
    refusing = ("negative_data_rejection",) if mode is GenerationMode.NEGATIVE else ()
    wanted: Any = checks.CHECKS.get_by_names([*CHECKS, *refusing])
    tried = 0
    for operation in operations(schema):
        if operation.path.split("/")[3:4] != ([table] if table else []):
            continue
        if table is None and mode is GenerationMode.NEGATIVE:
            continue

        @bounded
        @given(operation.as_strategy(generation_mode=mode))
        def holds(case: Case[Any]) -> None:
            nonlocal tried
            tried += 1
            response = case.call(base_url=url)
            assume(response.text != NO_REQUEST)
            case.validate_response(response, checks=wanted)
            plain(response)

        holds()

    assert tried or table is None


@pytest.fixture(scope="module")
def graph(url: str) -> GraphQLSchema:
    return build_schema(httpx.get(f"{url}/schema.graphql").text, assume_valid=True)


@pytest.mark.parametrize("mode", [Mode.POSITIVE, Mode.NEGATIVE])
@pytest.mark.parametrize("root", ROOTS)
def test_queries_are_answered_or_refused_in_our_words(
    graph: GraphQLSchema, url: str, root: str, mode: Mode
) -> None:
    scalars = {name: st.sampled_from(values) for name, values in VALUES.items()}
    refused = answered = 0
    with httpx.Client(base_url=url, timeout=60, headers={"accept": GRAPHQL}) as client:

        @bounded
        @given(queries(graph, fields=[root], custom_scalars=scalars, mode=mode))
        def holds(text: object) -> None:
            nonlocal refused, answered
            response = client.post("/graphql", json={"query": text})
            assert response.status_code in (200, 400), response.text
            assert response.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
            found = response.json()
            assert ("data" in found) == (response.status_code == 200)
            for error in found.get("errors", []):
                assert re.fullmatch("[A-Z_]+", error["extensions"]["code"]), error
                assert error["extensions"]["code"] != "INTERNAL", (text, error)
                assert not FOREIGN.search(error["message"]), (text, error)
            refused += "errors" in found
            answered += "errors" not in found

        holds()

    assert refused if mode is Mode.NEGATIVE else refused + answered
