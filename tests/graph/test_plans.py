"""Statements of the questions that people ask most can be answered by indexes alone, whatever the size of the tables.

PostgreSQL is told to avoid sequential scans; one that is left says that no index serves.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import RawCursor

from benchmarks.questions import QUESTIONS
from inventory.catalog import Catalog
from inventory.graph.schema import Schema, build_schema
from tests.graph.conftest import asking
from tests.leaks import landscape

BY_INDEX = {
    "by id": '{ node(id: "aws_vpc:00000000-0000-0000-0000-000000000000") { ... on AwsVpc { name } } }',
    "a page in the order of names": """{ awsInstances(first: 50, orderBy: [{name: ASC}]) {
        nodes { name } pageInfo { hasNextPage endCursor } } }""",
    "backwards": "{ awsInstances(last: 50, orderBy: [{name: ASC}]) { nodes { name } } }",
    "the other way round": "{ gardenerShoots(first: 50, orderBy: [{name: DESC}]) { nodes { name } } }",
    "by name": '{ awsVpcs(where: {name: {eq: "x"}}) { nodes { name } } }',
    "by one of several names": '{ gcpInstances(where: {name: {in: ["x", "y"]}}) { nodes { name } } }',
    "by provider's id": '{ awsInstances(where: {instanceId: {eq: "i-1"}}) { nodes { name } } }',
    "by address": '{ awsNetworkInterfaces(where: {privateIpAddress: {eq: "10.0.0.1"}}) { nodes { id } } }',
    "through edges": """{ awsInstances(first: 5, where: {gardenerShoot: {project: {name: {eq: "x"}}}}) {
        nodes { name } } }""",
    "without an edge": "{ awsVpcs(first: 5, where: {gardenerShoots: {none: {}}}) { nodes { name } } }",
    "along edges": """{ gardenerProjects(first: 5) { nodes { shoots(first: 5) { totalCount nodes {
        awsVpcs { nodes { subnets { totalCount } instances(first: 5) { nodes { id } } } } } } } } }""",
    "the leaks of rows": "{ awsVpcs(first: 5) { nodes { leaks { totalCount nodes { rule } } } } }",
}


@pytest.fixture(scope="module")
def collected(postgres_dsn: str, template: str) -> Iterator[str]:
    with landscape.clone(postgres_dsn, template) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def schema() -> Schema:
    return build_schema(Catalog.load())


def plan_of(dsn: str, schema: Schema, document: str, **variables: Any) -> list[dict[str, Any]]:
    """Every node of the plan of the document's one statement."""

    async def statement() -> tuple[str, list[Any]]:
        async with asking(dsn, schema) as ask:
            await ask(document, **variables)
            ((sql, parameters),) = zip(
                ask.database.statements, ask.database.parameters, strict=True
            )
            return sql, parameters

    sql, parameters = asyncio.run(statement())
    with psycopg.connect(dsn) as db:
        db.execute("SET enable_seqscan TO off")
        cursor = RawCursor(db)
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}".encode(), parameters)
        ((found,),) = cursor.fetchall()
    whole = found if isinstance(found, list) else json.loads(found)
    return list(nodes(whole[0]["Plan"]))


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def scanned(plan: list[dict[str, Any]]) -> set[str]:
    return {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"}


@pytest.mark.parametrize("name", BY_INDEX)
def test_what_is_asked_often_is_found_by_an_index(
    collected: str, schema: Schema, name: str
) -> None:
    assert scanned(plan_of(collected, schema, BY_INDEX[name])) == set()


@pytest.mark.parametrize(
    "question", [each for each in QUESTIONS if each.name != "page"], ids=lambda each: each.name
)
def test_what_the_benchmark_asks_is_found_by_an_index(
    collected: str, schema: Schema, question: Any
) -> None:
    variables = {}
    if question.keys:
        with psycopg.connect(collected) as db:
            (first,) = db.execute(question.keys.encode()).fetchone() or ("",)
            variables = {"id": first}

    assert scanned(plan_of(collected, schema, question.graphql, **variables)) == set()


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_a_page_in_the_order_of_names_sorts_nothing(
    collected: str, schema: Schema, direction: str
) -> None:
    page = f"""query ($c: String) {{ gardenerShoots(first: 5, after: $c, orderBy: [{{name: {direction}}}])
        {{ pageInfo {{ endCursor }} nodes {{ name }} }} }}"""

    async def cursor() -> str:
        async with asking(collected, schema) as ask:
            return str((await ask(page))["gardenerShoots"]["pageInfo"]["endCursor"])

    for variables in ({}, {"c": asyncio.run(cursor())}):
        plan = plan_of(collected, schema, page, **variables)

        by_name = [node for node in plan if node.get("Index Name") == "ix_g_shoot_name"]
        assert [node["Node Type"] for node in by_name] in (["Index Scan"], ["Index Only Scan"])
