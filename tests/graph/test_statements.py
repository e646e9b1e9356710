"""One statement for each operation, whatever its width and depth. Counted at PostgreSQL."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.schema import Schema
from tests import services
from tests.graph.conftest import Ask, asking, create_zoo, fill_zoo

DEEP = """
query ($first: Int) {
  zooAnimals(first: $first) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node {
      tag displayName lastSeenAt
      house { name animals(first: 2) { nodes { tag } totalCount } }
      houseEdge { rule confirmedAt matchedOn { column value } }
      keepers(first: 2) { edges { rule node { nickname animals(first: 1) { nodes { tag } } } } }
      childs(first: 1) { nodes { tag } }
    } }
  }
}
"""


@pytest.fixture
async def counted(zoo_dsn: str) -> Any:
    """Counts what PostgreSQL was sent over one connection: queries, prepares and executions."""

    class Database:
        sent = 0

        async def fetch(self, sql: str, parameters: list[Any]) -> tuple[bytes, ...]:
            async with pool.connection() as connection:
                before = await _calls(connection)
                cursor = psycopg.AsyncRawCursor(connection)
                await cursor.execute(sql, parameters)
                row = await cursor.fetchone()
                assert row is not None
                Database.sent += await _calls(connection) - before
            return tuple(str(each).encode() for each in row)

    async def _calls(connection: Any) -> int:
        # xact_commit counts transactions, each statement in autocommit mode being one.
        await connection.execute("SELECT pg_stat_force_next_flush()")
        cursor = await connection.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        )
        return int((await cursor.fetchone())[0])

    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        zoo_dsn, min_size=1, max_size=1, open=False, kwargs={"autocommit": True}
    )
    await pool.open()
    yield Database()
    await pool.close()


@pytest.mark.parametrize("parents", [1, 10, 40])
async def test_an_operation_is_one_statement_for_any_number_of_parents(
    ask: Ask, parents: int
) -> None:
    found = await ask(DEEP, first=parents)

    assert len(found["zooAnimals"]["edges"]) == parents
    assert len(ask.database.statements) == 1


async def test_a_thousand_parents_are_one_statement(postgres_dsn: str, zoo_schema: Schema) -> None:
    with services.fresh_database(postgres_dsn) as dsn:
        create_zoo(dsn)
        fill_zoo(dsn, animals=1000)
        async with asking(dsn, zoo_schema) as ask:
            found = await ask(DEEP, first=1000)
            statements = len(ask.database.statements)

    assert len(found["zooAnimals"]["edges"]) == found["zooAnimals"]["totalCount"] == 1000
    assert statements == 1


async def test_postgresql_itself_counts_one_statement_for_four_roots(
    counted: Any, zoo_schema: Any
) -> None:
    engine = Engine(zoo_schema, counted, Limits())
    await counted.fetch("SELECT 1", [])
    overhead = counted.sent

    counted.__class__.sent = 0
    answer = await engine.answer(
        """{ a: zooAnimals { totalCount nodes { keepers { nodes { badge } } } }
             b: zooHouses { nodes { animals { nodes { tag } } } }
             node(id: "zoo_house:x") { id } nodes(ids: ["zoo_house:y"]) { id } __typename }"""
    )

    assert answer.code is None
    assert counted.sent == overhead


async def test_what_needs_no_row_is_not_asked(ask: Ask) -> None:
    found = await ask("{ __schema { queryType { name } } } ")

    assert found == {"__schema": {"queryType": {"name": "Query"}}}
    assert ask.database.statements == []


async def test_introspection_stands_beside_data_in_the_order_of_the_operation(ask: Ask) -> None:
    answer = await ask.answer(
        """{ z: __typename s: __schema { queryType { name } } a: zooHouses(first: 1) { totalCount }
             t: __type(name: "ZooHouse") { name } }"""
    )

    assert answer.body == (
        b'{"data":{"z":"Query","s":{"queryType":{"name":"Query"}},"a":{"totalCount":5},'
        b'"t":{"name":"ZooHouse"}}}'
    )
    assert len(ask.database.statements) == 1
