"""What is too much, and what goes wrong below: refused or told with a code, quickly."""

from __future__ import annotations

import time
from typing import Any

import orjson
import psycopg
import pytest

from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.schema import Schema
from tests.graph.conftest import Ask, asking, create_zoo

BOMBS = {
    "a fragment of 13 that each spread the next three times": (
        "{ zooAnimals { nodes { ...F0 } } }"
        + "".join(
            f" fragment F{i} on ZooAnimal {{ a: parent {{ ...F{i + 1} }} b: parent {{ ...F{i + 1} }}"
            f" c: parent {{ ...F{i + 1} }} }}"
            for i in range(13)
        )
        + " fragment F13 on ZooAnimal { tag }"
    ),
    "rows multiplied through 20 fragments": (
        "{ zooAnimals { nodes { ...F0 } } }"
        + "".join(
            f" fragment F{i} on ZooAnimal {{ childs(first: 2) {{ nodes {{ ...F{i + 1} }} }} }}"
            for i in range(20)
        )
        + " fragment F20 on ZooAnimal { tag }"
    ),
    "fragments in a circle": (
        "{ zooAnimals { nodes { ...F0 } } }"
        + "".join(
            f" fragment F{i} on ZooAnimal {{ ...F{(i + 1) % 20} ...F{(i + 7) % 20} }}"
            for i in range(20)
        )
    ),
    "rows along a path": (
        "{ zooHouses(first: 100) { nodes { animals(first: 100) { nodes {"
        " keepers(first: 10) { nodes { badge } } } } } } }"
    ),
    "rows under aliases": (
        "{"
        + " ".join(f"a{i}: zooAnimals(first: 1000) {{ nodes {{ tag }} }}" for i in range(51))
        + "}"
    ),
    "depth": "{ zooAnimals(first: 1) { nodes {" + " parent {" * 15 + " tag" + " }" * 18,
    "fields": "{ zooAnimals { nodes {" + " tag" * 2001 + " } } }",
    "aliases": "{ zooAnimals { nodes {" + "".join(f" a{i}: tag" for i in range(501)) + " } } }",
    "tokens": "{ zooAnimals(where: {tag: {in: [" + '"a" ' * 5001 + "]}}) { totalCount } }",
    "nested conditions": "{ zooAnimals(where: "
    + "{not: " * 3000
    + "{}"
    + "}" * 3000
    + ") { totalCount } }",
    "nested lists": "{ zooAnimals(orderBy: " + "[" * 5000 + "]" * 5000 + ") { totalCount } }",
    "nested selections": "{ a" * 5000 + "}" * 5000,
    "the schema under aliases": (
        "{"
        + " ".join(f"a{i}: __schema {{ ...S }}" for i in range(100))
        + "} fragment S on __Schema { types { ...T ...T } } fragment T on __Type"
        " { name fields { name type { name kind ofType { name } } args { name } } }"
    ),
    "a long integer": "{ zooAnimals(first: " + "9" * 5000 + ") { totalCount } }",
    "a long integer in a filter": (
        "{ zooAnimals(where: {steps: {eq: " + "9" * 5000 + "}}) { totalCount } }"
    ),
    "a long integer in JSON": (
        "{ zooAnimals(where: {marks: {contains: {a: -" + "9" * 5000 + "}}}) { totalCount } }"
    ),
    "too many ids": "{ nodes(ids: [" + '"zoo_animal:x" ' * 101 + "]) { id } }",
}


@pytest.mark.parametrize("name", BOMBS)
async def test_what_is_too_much_is_refused_quickly_and_before_sql(ask: Ask, name: str) -> None:
    before = time.process_time()
    code, message = await ask.refused(BOMBS[name])

    assert time.process_time() - before < 1.5
    assert code in {
        "TOO_COSTLY",
        "GRAPHQL_VALIDATION_FAILED",
        "GRAPHQL_PARSE_FAILED",
        "BAD_USER_INPUT",
    }
    assert "set_int_max_str_digits" not in message
    assert len(message) < 1000


async def test_a_costly_query_is_told_its_cost_and_the_limit(ask: Ask) -> None:
    answer = await ask.answer(BOMBS["rows along a path"])

    error = orjson.loads(answer.body)["errors"][0]
    assert error["extensions"]["code"] == "TOO_COSTLY"
    assert error["extensions"]["limit"] == 50_000
    assert error["extensions"]["cost"] > 50_000
    assert "first:" in error["message"]


async def test_counting_many_rows_costs_none(ask: Ask) -> None:
    text = (
        "{" + " ".join(f"a{i}: zooAnimals(first: 1000) {{ totalCount }}" for i in range(60)) + "}"
    )

    found = await ask(text)

    assert {each["totalCount"] for each in found.values()} == {40}


async def test_deep_variables_are_refused_or_answered(ask: Ask) -> None:
    text = "query ($w: ZooAnimalWhere) { zooAnimals(where: $w) { totalCount } }"
    for depth in (30, 150, 900):
        where: dict[str, Any] = {}
        for _ in range(depth):
            where = {"not": where}
        found = await ask.full(text, {"w": where})
        if "errors" in found:
            assert found["errors"][0]["extensions"]["code"] in ("TOO_COSTLY", "BAD_USER_INPUT")
        else:
            assert found["data"]["zooAnimals"]["totalCount"] == 40


async def test_wide_variables_are_refused_quickly(ask: Ask) -> None:
    conditions = {"or": [{"nickname": {"eq": str(n)}} for n in range(12_000)]}
    keys = [{"tag": "ASC"}] * 17
    before = time.process_time()

    for text, variables in (
        ("query ($v: ZooAnimalWhere) { zooAnimals(where: $v) { totalCount } }", conditions),
        ("query ($v: [ZooAnimalOrderBy!]) { zooAnimals(orderBy: $v) { totalCount } }", keys),
    ):
        assert (await ask.refused(text, {"v": variables}))[0] == "TOO_COSTLY"
    assert time.process_time() - before < 2


async def test_a_thousand_conditions_are_answered(ask: Ask) -> None:
    where = {"or": [{"nickname": {"eq": str(n)}} for n in range(1000)]}
    text = "query ($w: ZooAnimalWhere) { zooAnimals(where: $w) { totalCount } }"

    assert await ask(text, w=where) == {"zooAnimals": {"totalCount": 0}}


async def test_a_statement_that_takes_too_long_is_stopped(
    ask: Ask, zoo_dsn: str, zoo_schema: Schema
) -> None:
    far = '{every: {animals: {every: {parent: {childs: {some: {nickname: {iContains: "a"}}}}}}}}'
    slow = " ".join(
        f"a{i}: zooAnimals(where: {{not: {{keepers: {far}}}}}) {{ totalCount }}" for i in range(60)
    )
    async with asking(zoo_dsn, zoo_schema, timeout_ms=2) as hasty:
        found = await hasty.full("{" + slow + "}")

    assert found["data"] is None
    assert found["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert "5s" in found["errors"][0]["message"]
    assert (await ask("{ zooHouses { totalCount } }"))["zooHouses"]["totalCount"] == 5


async def test_a_database_without_the_tables_is_told_to_operators_and_clients(
    empty_database: str, zoo_schema: Schema, caplog: pytest.LogCaptureFixture
) -> None:
    async with asking(empty_database, zoo_schema) as ask:
        found = await ask.full("{ zooHouses { totalCount } }")

    (error,) = found["errors"]
    assert error["extensions"]["code"] == "DATABASE_UNAVAILABLE"
    assert "inventory db migrate" in error["message"]
    assert "zoo_house" not in error["message"]
    (record,) = [each for each in caplog.records if each.message == "schema differs"]
    assert "zoo_house" in record.__dict__["reason"]


async def test_connections_that_were_cut_are_replaced(
    empty_database: str, zoo_schema: Schema
) -> None:
    create_zoo(empty_database)
    async with asking(empty_database, zoo_schema) as ask:
        await ask("{ zooHouses { totalCount } }")
        with psycopg.connect(empty_database, autocommit=True) as db:
            gone = db.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND application_name = 'inventory-api'"
            ).fetchall()

        assert len(gone) >= 1
        assert await ask("{ zooHouses { totalCount } }") == {"zooHouses": {"totalCount": 0}}


@pytest.mark.parametrize(
    "trouble",
    [KeyError("secret"), RuntimeError("secret"), ValueError("secret")],
)
async def test_what_is_not_ours_is_masked_and_logged(
    zoo_schema: Schema, caplog: pytest.LogCaptureFixture, trouble: Exception
) -> None:
    class Broken:
        async def fetch(self, sql: str, parameters: list[Any]) -> tuple[bytes, ...]:
            raise trouble

    answer = await Engine(zoo_schema, Broken(), Limits()).answer("{ zooHouses { totalCount } }")

    (error,) = orjson.loads(answer.body)["errors"]
    assert "secret" not in error["message"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["trace"] in error["message"]
    assert "secret" in caplog.text


@pytest.mark.parametrize(
    ("text", "variables", "operation", "code"),
    [
        ("{", {}, None, "GRAPHQL_PARSE_FAILED"),
        ("", {}, None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", {}, None, "GRAPHQL_VALIDATION_FAILED"),
        ("fragment F on ZooHouse { name }", {}, None, "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", {}, None, "OPERATION_RESOLUTION_FAILURE"),
        ("query A { __typename }", {}, "B", "OPERATION_RESOLUTION_FAILURE"),
        ("subscription { x }", {}, None, "GRAPHQL_VALIDATION_FAILED"),
        ("query ($x: Int!) { zooHouses(first: $x) { totalCount } }", {}, None, "BAD_USER_INPUT"),
        (
            "query ($x: Int) { zooHouses(first: $x) { totalCount } }",
            {"x": "1"},
            None,
            "BAD_USER_INPUT",
        ),
        ("{ zooHouses(where: {name: {eq: null}}) { totalCount } }", {}, None, "BAD_USER_INPUT"),
        ("{ zooHouses(where: {animals: {link: {}}}) { totalCount } }", {}, None, "BAD_USER_INPUT"),
        ("{ zooHouses(orderBy: [{}]) { totalCount } }", {}, None, "GRAPHQL_VALIDATION_FAILED"),
        (
            "{ zooHouses(orderBy: [{name: ASC, storeys: ASC}]) { totalCount } }",
            {},
            None,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "{ zooHouses(orderBy: [{name: null}]) { totalCount } }",
            {},
            None,
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ],
)
async def test_a_refused_request_has_a_code_and_no_data(
    ask: Ask, text: str, variables: dict[str, Any], operation: str | None, code: str
) -> None:
    answer = await ask.answer(text, variables, operation_name=operation)

    found = orjson.loads(answer.body)
    assert answer.refused
    assert "data" not in found
    assert {error["extensions"]["code"] for error in found["errors"]} == {code}
    assert ask.database.statements == []
