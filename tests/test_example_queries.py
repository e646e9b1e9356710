"""Every example query answers its question: the answer is what plain SQL says of a landscape."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from inventory.catalog import Catalog
from inventory.graph.schema import Schema, build_schema
from inventory.web.pages import EXAMPLES, Example, load_examples
from tests import example_answers, example_graph, example_traversals
from tests.example_answers import Case
from tests.graph.conftest import asking
from tests.leaks import landscape

CASES = [*example_answers.CASES, *example_graph.CASES, *example_traversals.CASES]
FILES = [path.stem for path in sorted(Path(EXAMPLES).glob("*.graphql"))]
RECORDS = {"60-recent-runs", "70-freshness", "10-vpc-shoot-project", "20-region-to-machine"}
"""Examples that need no answer of their own: they show records, or what others ask in parts."""
OTHERS = {"40-shoots-per-project", "50-collect-again"}


@pytest.fixture(scope="module")
def examples() -> dict[str, Example]:
    return dict(zip(FILES, load_examples(), strict=True))


@pytest.fixture(scope="module")
def schema() -> Schema:
    return build_schema(Catalog.load())


@pytest.fixture(scope="module")
def collected(postgres_dsn: str, template: str) -> Iterator[str]:
    with landscape.clone(postgres_dsn, template) as dsn:
        yield dsn


@pytest.fixture
def db(collected: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(collected, autocommit=True) as connection:
        yield connection


def answer(dsn: str, schema: Schema, example: Example, variables: dict[str, Any]) -> Any:
    """What the example answers, asked within the limits that a server has."""

    async def once() -> Any:
        async with asking(dsn, schema) as ask:
            data = await ask(example.query, **{**(example.variables or {}), **variables})
            assert len(ask.database.statements) == 1
            return data

    return asyncio.run(once())


def test_every_example_has_an_answer() -> None:
    assert {case.example for case in CASES} | RECORDS | OTHERS == set(FILES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.example)
def test_an_example_answers_what_plain_sql_says(
    db: psycopg.Connection[Any],
    collected: str,
    schema: Schema,
    examples: dict[str, Example],
    case: Case,
) -> None:
    variables: dict[str, Any] = {}
    if case.variables:
        cursor = db.cursor(row_factory=dict_row)
        variables = cursor.execute(case.variables.encode()).fetchall()[0]
    expected = [tuple(row) for row in db.execute(case.query.encode()).fetchall()]

    found = list(case.part(answer(collected, schema, examples[case.example], variables)))

    assert expected
    assert sorted(found, key=repr) == sorted(expected, key=repr)


@pytest.mark.parametrize("name", [name for name in FILES if name != "50-collect-again"])
def test_an_example_can_be_asked_as_it_stands(
    collected: str, schema: Schema, examples: dict[str, Example], name: str
) -> None:
    assert answer(collected, schema, examples[name], {})


def test_the_largest_group_comes_first(
    collected: str, schema: Schema, examples: dict[str, Example]
) -> None:
    found = answer(collected, schema, examples["71-vpcs-per-region"], {})["awsVpcs"]["groups"]

    counts = [group["count"] for group in found]
    assert counts == sorted(counts, reverse=True)


def test_the_largest_projects_come_in_order(
    collected: str, schema: Schema, examples: dict[str, Example]
) -> None:
    found = answer(collected, schema, examples["82-largest-projects"], {})

    sizes = [each["shoots"]["totalCount"] for each in found["gardenerProjects"]["nodes"]]
    assert sizes == sorted(sizes, reverse=True)
