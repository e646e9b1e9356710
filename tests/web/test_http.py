"""GraphQL over HTTP, spoken by clients that err."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import zstandard

from inventory.web import bodies
from tests.web.serving import serving

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
ASK = {"query": "{ __typename }"}


@pytest.fixture(scope="module")
def url(database: str, redis_url: str) -> Iterator[str]:
    with serving(database, redis_url, limits={"body_bytes": 300_000}) as found:
        yield found


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url) as found:
        yield found


def error(answer: httpx.Response) -> dict[str, Any]:
    """The one error of an answer without data, after checks that all answers pass."""
    found = answer.json()
    assert set(found) == {"errors"}, found
    assert answer.headers["content-type"] in (f"{JSON}; charset=utf-8", f"{GRAPHQL}; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    first: dict[str, Any] = found["errors"][0]
    assert first["extensions"]["code"]
    assert "Traceback" not in answer.text
    return first


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/*",
        JSON,
        "text/html, */*;q=0.1",
        "application/json;q=0.9, application/graphql-response+json;q=0.1",
        "APPLICATION/JSON",
    ],
)
def test_json_is_for_those_who_ask_for_it_or_for_anything(
    client: httpx.Client, accept: str | None
) -> None:
    answer = client.post(
        "/graphql", json=ASK, headers={"accept": accept} if accept is not None else {}
    )

    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{JSON}; charset=utf-8"
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "accept",
    [
        GRAPHQL,
        f"{JSON}, {GRAPHQL}",
        f"{GRAPHQL}, {JSON};q=0.9",
        f"{JSON};q=0, */*",
        f"{GRAPHQL};charset=utf-8, */*;q=0.5",
    ],
)
def test_the_newer_media_type_is_for_those_who_name_it(client: httpx.Client, accept: str) -> None:
    answer = client.post("/graphql", json=ASK, headers={"accept": accept})

    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        f"{GRAPHQL}; charset=utf-8",
    )


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("text/html", None),
        ("*/*;q=0", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=x", None),
        (f"{JSON};q=-1", None),
        (f"{GRAPHQL};q=0, {JSON}", JSON),
        (f"*/*;q=0.1, {GRAPHQL};q=0.2", GRAPHQL),
        (f"{GRAPHQL};q=0.2, application/*;q=0.3", JSON),
        (",,;;=,", None),
    ],
)
def test_quality_decides(accept: str, chosen: str | None) -> None:
    assert bodies.media_type(accept) == chosen


def test_what_we_do_not_write_is_not_acceptable(client: httpx.Client) -> None:
    answer = client.post("/graphql", json=ASK, headers={"accept": "text/html"})

    assert (answer.status_code, error(answer)["extensions"]["code"]) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_told_which_there_are(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/graphql")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert error(answer)["extensions"]["code"] == "METHOD_NOT_ALLOWED"


def test_pages_of_other_origins_may_read_nothing(client: httpx.Client) -> None:
    origin = {"origin": "https://elsewhere.example"}
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    answers = [
        client.options("/graphql", headers={**origin, **asked}),
        client.post("/graphql", json=ASK, headers=origin),
        client.get("/graphql", params=ASK, headers=origin),
    ]

    assert [answer.status_code for answer in answers] == [405, 403, 200]
    found = {name for answer in answers for name in answer.headers}
    assert [name for name in found if name.startswith("access-control-")] == []


def test_head_has_no_body(client: httpx.Client) -> None:
    answer = client.head("/graphql", params=ASK)

    assert answer.status_code == 405
    assert answer.content == b""


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=utf-16",
        "",
        None,
    ],
)
def test_only_json_in_utf_8_is_read(client: httpx.Client, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type is not None else {}
    answer = client.post("/graphql", content=json.dumps(ASK), headers=headers)

    assert answer.status_code == 415
    assert error(answer)["extensions"]["code"] == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'"{ __typename }"',
        b"null",
        b"5",
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": {"a": 1}}',
        b'{"query": ["{ __typename }"]}',
        b'{"query": "{ __typename }", "variables": "x"}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "operationName": 5}',
        b'{"query": "{ __typename }", "extensions": "x"}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b'\xff\xfe{"query": "{ __typename }"}',
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b'{"query": "{ __typename }", "variables": {"a": '
        + b"[" * 100_000
        + b"]" * 100_000
        + b"}}",
        b"[" * 100_000,
        b'{"a":' * 30_000,
    ],
)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
def test_a_body_that_is_no_request_is_a_bad_request(
    client: httpx.Client, body: bytes, accept: str
) -> None:
    headers = {"content-type": JSON, "accept": accept}
    answer = client.post("/graphql", content=body, headers=headers)

    assert answer.status_code == 400
    assert error(answer)["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("number", ["9" * 400, "9" * 5000, "-1" + "0" * 30, str(2**63), "1e999"])
def test_huge_numbers_are_the_callers_error(client: httpx.Client, number: str) -> None:
    text = "query ($n: Int) { awsVpcs(first: $n) { totalCount } }"
    body = f'{{"query": "{text}", "variables": {{"n": {number}}}}}'
    answer = client.post(
        "/graphql", content=body, headers={"content-type": JSON, "accept": GRAPHQL}
    )

    assert answer.status_code == 400
    assert error(answer)["extensions"]["code"] in ("BAD_REQUEST", "BAD_USER_INPUT")


def test_a_body_that_is_too_large_is_refused_whether_or_not_it_says_so(
    client: httpx.Client,
) -> None:
    large = json.dumps({"query": "#" * 300_001})
    headers = {"content-type": JSON}

    told = client.post("/graphql", content=large, headers=headers)
    streamed = client.post(
        "/graphql",
        content=(large[i : i + 5000].encode() for i in range(0, len(large), 5000)),
        headers=headers,
    )

    for answer in (told, streamed):
        assert (answer.status_code, error(answer)["extensions"]["code"]) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("query={__typename}", 200),
        ("query={__typename}&variables=&operationName=&extensions=", 200),
        ("query={__typename}&variables={}&extensions={}", 200),
        ("query=query+A{__typename}query+B{__typename}&operationName=B", 200),
        ("", 400),
        ("query=", 400),
        ("query={__typename}&variables=x", 400),
        ("query={__typename}&variables=[]", 400),
        ("query={__typename}&variables=%22x%22", 400),
        ("query=%ff%fe", 400),
        ("query={__typename}&" + "a=1&" * 100, 400),
        ("query=query+A{__typename}query+B{__typename}", 400),
        ("query={nothing}", 400),
    ],
)
def test_get_reads_the_query_string(client: httpx.Client, query: str, status: int) -> None:
    answer = client.get(f"/graphql?{query}", headers={"accept": GRAPHQL})

    assert answer.status_code == status
    if status == 200:
        assert answer.json() == {"data": {"__typename": "Query"}}
    else:
        error(answer)


def raw(url: str, head: bytes) -> bytes:
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), 5) as connection:
        connection.sendall(head + b"\r\nConnection: close\r\n\r\n")
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /graphql?query={__typename}&x=\xff\xfe HTTP/1.1\r\nHost: localhost",
        b"GET /graphql?query={__typename} HTTP/1.1\r\nHost: [",
        b"GET /graphql?query=\xc3\xa4 HTTP/1.1\r\nHost: localhost",
        b"GET /graphql?query={__typename} HTTP/1.1\r\nHost: localhost\r\nAccept: \xff\xfe",
        b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; charset=\xff\r\nContent-Length: 0",
        b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: \xff",
    ],
)
def test_bytes_that_no_client_library_sends_are_no_errors_of_ours(url: str, head: bytes) -> None:
    status = int(raw(url, head).split(b" ", 2)[1])

    assert status in (200, 400, 403, 406, 415)


def test_a_mutation_needs_post(client: httpx.Client) -> None:
    text = 'mutation { enqueueTask(input: {task: "common:task:link"}) { run { id } } }'
    answer = client.get("/graphql", params={"query": text})

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert error(answer)["extensions"]["code"] == "METHOD_NOT_ALLOWED"
    both = f"query Q {{ commonRuns {{ totalCount }} }} {text.replace('mutation', 'mutation M')}"
    read = client.get("/graphql", params={"query": both, "operationName": "Q"})
    assert read.json() == {"data": {"commonRuns": {"totalCount": 0}}}
    assert client.get("/graphql", params={"query": both, "operationName": "M"}).status_code == 405


def test_refusals_are_200_in_the_older_media_type_and_400_in_the_newer(
    client: httpx.Client,
) -> None:
    for query in ("{", "{ nothing }", "query A { __typename } query B { __typename }"):
        for accept, status in ((JSON, 200), (GRAPHQL, 400)):
            answer = client.post("/graphql", json={"query": query}, headers={"accept": accept})
            assert answer.status_code == status
            error(answer)


@pytest.mark.parametrize(
    ("encodings", "used"),
    [
        ("gzip, zstd", "zstd"),
        ("gzip", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("gzip;q=0", None),
        ("br", None),
        ("", None),
    ],
)
def test_large_answers_are_compressed_as_asked(
    client: httpx.Client, encodings: str, used: str | None
) -> None:
    text = "{ __schema { types { name description fields { name description } } } }"
    with client.stream(
        "POST", "/graphql", json={"query": text}, headers={"accept-encoding": encodings}
    ) as answer:
        body = b"".join(answer.iter_raw())

    assert answer.headers.get("content-encoding") == used
    assert "Accept-Encoding" in answer.headers["vary"]
    assert int(answer.headers["content-length"]) == len(body)
    if used == "gzip":
        body = gzip.decompress(body)
    if used == "zstd":
        body = zstandard.decompress(body)
    assert json.loads(body)["data"]["__schema"]


def test_small_answers_are_not_compressed(client: httpx.Client) -> None:
    answer = client.post("/graphql", json=ASK, headers={"accept-encoding": "gzip, zstd"})

    assert "content-encoding" not in answer.headers


def test_the_schema_is_served_as_text(client: httpx.Client) -> None:
    from graphql import build_schema

    answer = client.get("/schema.graphql")

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert build_schema(answer.text).query_type is not None


def test_health_says_that_all_is_well(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200,
        {
            "status": "ok",
            "checks": {"database": "ok", "migrations": "ok", "schema": "ok", "queue": "ok"},
        },
    )


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8080", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8080", 200),
        ("rebound.example", 403),
        ("localhost.example:80", 403),
        ("127.0.0.1.example", 403),
        ("", 403),
    ],
)
def test_a_name_of_elsewhere_that_leads_here_is_refused(
    client: httpx.Client, host: str, status: int
) -> None:
    answer = client.get("/graphql?query={__typename}", headers={"host": host})

    assert answer.status_code == status
    if status == 403:
        assert error(answer)["extensions"]["code"] == "FORBIDDEN"
