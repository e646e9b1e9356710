"""Trusted documents: asked for by id, kept by clients, and where it is said the only ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from inventory.catalog import Catalog
from inventory.config import Config
from inventory.errors import ConfigError
from inventory.web.app import create_app
from tests.web.serving import serving

GRAPHQL = "application/graphql-response+json"
COUNT = "query Count {\n  awsVpcs {\n    totalCount\n  }\n}"
NAMED = "query Named($first: Int) { awsVpcs(first: $first) { nodes { name } } }"
RUN = 'mutation Run { enqueueTask(input: {task: "common:task:link-all"}) { run { state } } }'


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """As graphql-codegen, Relay and Apollo write them, and a folder of documents."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "persisted-documents.json").write_text(json.dumps({sha256(COUNT): COUNT}))
    (folder / "relay.json").write_text(json.dumps({"5f3c0bd1a2": NAMED}))
    operations = [{"id": "apollo-1", "name": "Run", "type": "mutation", "body": RUN}]
    apollo = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations}
    (folder / "apollo.json").write_text(json.dumps(apollo))
    (folder / "queries").mkdir()
    (folder / "queries" / "type.graphql").write_text("{ __typename }")
    return [str(folder)]


@pytest.fixture(scope="module")
def client(database: str, redis_url: str, manifests: list[str]) -> Iterator[httpx.Client]:
    with (
        serving(database, redis_url, trusted_documents={"files": manifests}) as url,
        httpx.Client(base_url=url, headers={"accept": GRAPHQL}) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def strict(database: str, redis_url: str, manifests: list[str]) -> Iterator[httpx.Client]:
    with (
        serving(database, redis_url, trusted_documents={"files": manifests, "only": True}) as url,
        httpx.Client(base_url=url, headers={"accept": GRAPHQL}) as found,
    ):
        yield found


@pytest.mark.parametrize(
    ("asked", "data"),
    [
        ({"documentId": f"sha256:{sha256(COUNT)}"}, {"awsVpcs": {"totalCount": 0}}),
        ({"documentId": sha256(COUNT)}, {"awsVpcs": {"totalCount": 0}}),
        ({"documentId": "5f3c0bd1a2", "variables": {"first": 1}}, {"awsVpcs": {"nodes": []}}),
        ({"documentId": f"sha256:{sha256(NAMED)}"}, {"awsVpcs": {"nodes": []}}),
        ({"documentId": "apollo-1"}, {"enqueueTask": {"run": {"state": "pending"}}}),
        ({"documentId": f"sha256:{sha256('{ __typename }')}"}, {"__typename": "Query"}),
        (
            {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256(COUNT)}}},
            {"awsVpcs": {"totalCount": 0}},
        ),
    ],
)
def test_a_document_is_asked_for_by_its_id(
    client: httpx.Client, strict: httpx.Client, asked: Any, data: Any
) -> None:
    for each in (client, strict):
        assert each.post("/graphql", json=asked).json() == {"data": data}


def test_an_answer_to_a_trusted_document_may_be_kept(client: httpx.Client) -> None:
    known = {"documentId": f"sha256:{sha256(COUNT)}"}
    kept = client.get("/graphql", params=known)
    posted = client.post("/graphql", json=known)
    told = client.get("/graphql", params={"query": COUNT})
    failed = client.get("/graphql", params={"documentId": "5f3c0bd1a2", "variables": '{"first":-1}'})

    assert kept.json() == {"data": {"awsVpcs": {"totalCount": 0}}}
    assert kept.headers["cache-control"] == "private, max-age=60"
    assert "etag" not in kept.headers
    assert {"Authorization", "Accept"} <= set(kept.headers["vary"].split(", "))
    assert {each.headers["cache-control"] for each in (posted, told, failed)} == {"no-store"}
    assert client.get("/graphql", params={"documentId": "apollo-1"}).status_code == 405


@pytest.mark.parametrize("accept", [GRAPHQL, "application/json"])
def test_an_id_that_is_not_known_is_a_bad_request(client: httpx.Client, accept: str) -> None:
    asked = {"documentId": f"sha256:{sha256('{ x }')}"}
    answer = client.post("/graphql", json=asked, headers={"accept": accept})

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (400, "PERSISTED_QUERY_NOT_FOUND")


@pytest.mark.parametrize(
    "asked", [{"documentId": 5}, {"documentId": "apollo-1", "query": "{ __typename }"}]
)
def test_an_id_is_text_and_the_only_one(client: httpx.Client, asked: Any) -> None:
    answer = client.post("/graphql", json=asked)

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
        400,
        "BAD_REQUEST",
    )


def test_where_only_trusted_documents_are_answered_texts_are_refused(strict: httpx.Client) -> None:
    for query in ("{ __typename }", "{ __schema { types { name } } }", COUNT):
        answer = strict.post("/graphql", json={"query": query})
        (error,) = answer.json()["errors"]
        assert answer.status_code == 400
        assert error["extensions"]["code"] == "TRUSTED_DOCUMENT_REQUIRED"
        assert "documentId" in error["message"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.graphql", "query Broken { awsVpcs { nodez } }", "query Broken: Cannot query field"),
        ("a.graphql", "query {", "Syntax Error"),
        ("a.json", "{", "not JSON"),
        ("a.json", "[]", "persisted-documents.json"),
        ("a.json", '{"x": 5}', "a.json: x: an id and the text"),
        ("a.json", '{"x": "query Q { nothing }"}', "a.json: x: query Q: Cannot query field"),
        ("a.txt", None, "no such file"),
        ("folder", None, "no .graphql and no .json file"),
    ],
)
def test_what_cannot_be_trusted_stops_the_start_and_is_named(
    database: str, redis_url: str, tmp_path: Path, name: str, content: str | None, told: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    elif name == "folder":
        path.mkdir()
    api = {"trusted_documents": {"files": [str(path)]}}
    config = Config.model_validate(
        {"database": {"dsn": database}, "redis": {"endpoint": redis_url}, "api": api}
    )

    with pytest.raises(ConfigError) as caught:
        create_app(config, Catalog.load())
    assert "api.trusted_documents" in str(caught.value)
    assert str(path) in str(caught.value)
    assert told in str(caught.value)


def test_only_trusted_documents_need_some() -> None:
    with pytest.raises(ValueError, match="nothing would be answered"):
        Config.model_validate({"api": {"trusted_documents": {"only": True}}})
