"""What the service says of itself to generators of clients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from tests.web.serving import serving

TOKENS = [{"name": "eve", "token": "v" * 32}]


@pytest.fixture(scope="module")
def url(database: str, redis_url: str) -> Iterator[str]:
    with serving(database, redis_url, auth={"tokens": TOKENS}) as found:
        yield found


@pytest.fixture(scope="module")
def document(url: str) -> Any:
    answer = httpx.get(f"{url}/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def test_the_document_is_valid(document: Any) -> None:
    jsonschema.Draft202012Validator(OPENAPI_31).validate(document)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def test_every_reference_leads_somewhere_and_every_schema_is_referred_to(document: Any) -> None:
    asked = set(references(document))

    components = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "parameters", "responses")
        for name in document["components"][kind]
    }
    assert asked - components == set()
    assert components - asked == set()


def test_every_table_is_described_and_every_operation_has_a_name(document: Any) -> None:
    paths, operations = document["paths"], Counter[str]()
    for methods in paths.values():
        for operation in methods.values():
            operations[operation["operationId"]] += 1
            assert operation["operationId"].isidentifier()

    assert operations.most_common(1)[0][1] == 1
    assert operations.keys() >= {"listAwsVpcs", "getAwsVpc", "listAwsRegionToVpcLinks", "alive"}
    assert "/api/v1/l_aws_region_to_vpc/{id}" not in paths


def test_rows_and_refusals_are_as_described(url: str, document: Any) -> None:
    headers = {"authorization": f"Bearer {'v' * 32}"}
    schemas = {"components": document["components"]}

    page = httpx.get(f"{url}/api/v1/common_scope", headers=headers)
    refused = httpx.get(f"{url}/api/v1/common_scope?first=x", headers=headers)
    unknown = httpx.get(f"{url}/api/v1/common_scope")

    for answer, name in ((page, "CommonScopePage"), (refused, "Problem"), (unknown, "Problem")):
        schema = schemas | {"$ref": f"#/components/schemas/{name}"}
        jsonschema.Draft202012Validator(schema).validate(answer.json())
    assert (page.status_code, refused.status_code, unknown.status_code) == (200, 400, 401)
    assert unknown.headers["www-authenticate"] == "Bearer"


def test_who_must_send_a_token_is_told_so(document: Any) -> None:
    assert document["paths"]["/api/v1/aws_vpc"]["get"]["security"] == [{"bearer": []}]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_nothing_is_described_that_is_not_there(url: str, document: Any) -> None:
    headers = {"authorization": f"Bearer {'v' * 32}"}
    listed = httpx.get(f"{url}/api/v1", headers=headers).json()["tables"]

    described = {path.split("/")[3] for path in document["paths"] if path.count("/") == 3}
    assert described == {each["table"] for each in listed}
