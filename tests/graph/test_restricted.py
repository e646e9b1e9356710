"""A restricted caller's answer is that of a database which holds nothing but what they may see."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import conninfo

from inventory.core.access import Caller, Restriction
from inventory.core.model import Resource
from inventory.core.scope import Scope
from inventory.db import engine, visible
from inventory.db.reconcile import analyze, reconcile
from inventory.db.store import store
from inventory.graph.database import PooledDatabase
from inventory.graph.databases import Databases
from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.schema import Schema
from tests import services
from tests.graph.conftest import CATALOG, create_zoo
from tests.graph.strategies import documents
from tests.graph.test_reference import zoo_ground
from tests.graph.zoo import rows
from tests.graph.zoo.models.animal import Animal
from tests.graph.zoo.models.house import House
from tests.graph.zoo.models.keeper import Keeper


@dataclass(frozen=True)
class Place(Scope):
    account_id: str
    region: str


PLACES = [Place(account, region) for account in ("north", "south_1") for region in ("a", "b")]
RESTRICTIONS: dict[str, Restriction] = {
    "nothing": Restriction(scopes=("zoo/nowhere",)),
    "another source": Restriction(sources=("aws",)),
    "everything": Restriction(sources=("zoo",)),
    "an account": Restriction(scopes=("zoo/north/*",)),
    "a region": Restriction(scopes=("zoo/*/b",)),
    "two places": Restriction(scopes=("zoo/north/a", "zoo/south_1/b")),
    "one place, by question marks": Restriction(scopes=("zoo/?????/a",)),
    "an underscore is no wildcard": Restriction(scopes=("zoo/south__/a", "zoo/s%",)),
    "a source narrowed by its part": Restriction(sources=("zoo", "aws"), scopes=("zoo/*/a",)),
}  # fmt: skip
AGGREGATES = [
    "{ zooAnimals { totalCount aggregate { count min { weight tag } max { steps } sum { legs } "
    "avg { legs } countDistinct { houseName } } "
    "groups(by: [HOUSE_NAME, TAME]) { key { houseName tame } aggregate { count max { tag } } } } }",
    "{ zooHouses { nodes { name animals { totalCount aggregate { count } } } } }",
    "{ commonScopes(orderBy: [{scope: ASC}, {model: ASC}]) { totalCount nodes "
    "{ scope model account status rowsSeen lastCompleteAt } } }",
    "{ commonRuns { totalCount } commonWorkers { totalCount } commonLeaks { totalCount } }",
    "{ commonLinks(orderBy: [{name: ASC}]) { nodes { name found added removed reconciledAt } } }",
    "{ zooAnimals(first: 3) { edges { cursor node { id firstSeenAt lastSeenAt "
    "houseEdge { rule confirmedAt createdAt matchedOn { column value } } } } } }",
]
AGGREGATES += [
    "{ resources(first: 100) { totalCount nodes { id displayName lastSeenAt } "
    "groups(by: [KIND, ACCOUNT]) { count key { kind account } } } }",
    '{ search(text: "a0", first: 100) { truncated hits { match kind value node { id } } } }',
    "{ zooAnimals { nodes { edges { totalCount edges { relation direction rule node { id } "
    "matchedOn { column value } } } } } }",
]
CASES = [path.read_text() for path in sorted((Path(__file__).parent / "cases").glob("*.graphql"))]


@dataclass
class Pair:
    """One question, asked by the restricted caller and of the small database."""

    restricted: Callable[..., Any]
    small: Callable[..., Any]

    def both(self, document: str, **variables: Any) -> tuple[Any, Any]:
        return self.restricted(document, **variables), self.small(document, **variables)


@pytest.fixture(scope="module")
def zoo_dsn(postgres_dsn: str) -> Iterator[str]:
    """The zoo, spread over places."""
    with services.fresh_database(postgres_dsn) as dsn:
        create_zoo(dsn)
        with engine.connect(dsn) as db:
            for model, listed in (
                (Keeper, [*rows.keepers()]),
                (House, [*rows.houses()]),
                (Animal, [*rows.animals()]),
            ):
                for number, place in enumerate(PLACES):
                    store(db, [model], place, listed[number :: len(PLACES)])
            for link in CATALOG.links.values():
                reconcile(db, link)
            db.execute("INSERT INTO common_run (task) VALUES ('zoo:task:feed')")
            analyze(db, list(CATALOG.tables))
        yield dsn


@pytest.fixture(scope="module")
def pairs(zoo_dsn: str, zoo_schema: Schema) -> Iterator[dict[str, Pair]]:
    with asyncio.Runner() as runner, ExitStack() as stack:

        def asking(database: Any) -> Callable[..., Any]:
            asked = Engine(zoo_schema, database, Limits(rows=10**9))

            def ask(document: str, **variables: Any) -> Any:
                return orjson.loads(runner.run(asked.answer(document, variables)).body)

            return ask

        name = str(conninfo.conninfo_to_dict(zoo_dsn)["dbname"])
        # A database is cloned while nobody is connected to it.
        clones = [stack.enter_context(services.fresh_database(zoo_dsn, name)) for _ in RESTRICTIONS]
        whole = Databases(zoo_dsn, CATALOG, size=1, timeout_ms=10_000)
        runner.run(whole.open())
        stack.callback(lambda: runner.run(whole.close()))
        found = {}
        for clone, (title, restriction) in zip(clones, RESTRICTIONS.items(), strict=True):
            delete_what_is_invisible(clone, restriction)
            small = PooledDatabase(clone, size=1, timeout_ms=10_000)
            runner.run(small.open())
            stack.callback(lambda db: runner.run(db.close()), small)
            seen = whole.of(Caller("eve", "viewer", restriction))
            found[title] = Pair(asking(seen), asking(small))
        yield found


def delete_what_is_invisible(dsn: str, restriction: Restriction) -> None:
    """Without the views: what no entry of the restriction names is deleted, links by cascade."""
    with psycopg.connect(dsn, autocommit=True) as db:
        visible.drop(db)
        named = {scope.partition("/")[2] for scope in restriction.scopes if scope[:4] == "zoo/"}
        whole = "zoo" in restriction.sources and not named
        seen = [
            row_id
            for row_id, scope in db.execute("SELECT id, scope FROM common_scope").fetchall()
            if whole or any(fnmatchcase(scope, glob) for glob in named)
        ]
        for model in CATALOG:
            if issubclass(model, Resource):
                db.execute(f"DELETE FROM {model.__tablename__} WHERE scope_id <> ALL (%s)", (seen,))
        db.execute("DELETE FROM common_scope WHERE id <> ALL (%s)", (seen,))
        db.execute(
            "UPDATE common_link SET found = NULL, added = NULL, removed = NULL, run_id = NULL,"
            " requested_at = NULL, error = NULL"
        )
        db.execute("DELETE FROM common_run")


def test_the_restrictions_differ_in_what_they_show(pairs: dict[str, Pair]) -> None:
    counts = {
        title: pair.restricted("{ zooAnimals { totalCount } }")["data"]["zooAnimals"]["totalCount"]
        for title, pair in pairs.items()
    }

    assert [*counts.values()] == [0, 0, 40, 20, 20, 20, 10, 0, 20]


@settings(
    max_examples=100,
    derandomize=True,
    deadline=timedelta(seconds=10),
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data(), title=st.sampled_from(sorted(RESTRICTIONS)))
def test_whatever_is_asked_nothing_else_exists(
    pairs: dict[str, Pair], zoo_schema: Schema, data: st.DataObject, title: str
) -> None:
    document = data.draw(documents(zoo_ground(zoo_schema, {}, clock=False)))

    restricted, small = pairs[title].both(document)

    assert restricted == small


@pytest.mark.parametrize("title", RESTRICTIONS)
@pytest.mark.parametrize("document", [*AGGREGATES, *CASES])
def test_counts_groups_and_evidence_know_of_nothing_else(
    pairs: dict[str, Pair], document: str, title: str
) -> None:
    restricted, small = pairs[title].both(document)

    assert "data" in small
    assert restricted == small


GRAPH = """query($from: ID!, $to: ID!) {
  paths(from: $from, to: $to, maxLength: 4, avoid: [], first: 20) {
    truncated truncatedBy paths { length steps { relation direction node { id } } }
  }
  reachable(from: $from, maxDepth: 3, avoid: []) {
    totalCount looked counts { kind count } nodes { distance node { id } }
  }
  explainLink(from: $from, to: $to) {
    linked rules { rule holds state storedRule createdAt run { id } compared { from { value } to { value } } }
  }
  node(id: $from) { ... on Resource { edges(first: 20) {
    totalCount edges { relation direction rule node { id } } pageInfo { hasNextPage }
  } } }
}"""


@pytest.mark.parametrize("title", RESTRICTIONS)
def test_ways_through_the_graph_lead_over_visible_ground(
    pairs: dict[str, Pair], title: str
) -> None:
    everything = "{ zooAnimals(first: 9) { nodes { id } } zooHouses { nodes { id } } zooKeepers { nodes { id } } }"
    found = pairs["everything"].restricted(everything)["data"]
    animals, houses, keepers = ([n["id"] for n in kind["nodes"]] for kind in found.values())

    for start, end in [
        *zip(animals, houses, strict=False),
        *zip(houses, keepers, strict=False),
        *itertools.pairwise(animals),
    ]:
        restricted, small = pairs[title].both(GRAPH, **{"from": start, "to": end})
        assert "errors" not in small, small
        assert restricted == small


@pytest.mark.parametrize("title", RESTRICTIONS)
def test_an_id_that_is_invisible_is_as_good_as_none(pairs: dict[str, Pair], title: str) -> None:
    everything = "{ zooAnimals(first: 100) { edges { cursor node { id } } } }"
    edges = pairs["everything"].restricted(everything)["data"]["zooAnimals"]["edges"]
    ids = [edge["node"]["id"] for edge in edges]
    pair = pairs[title]

    nodes = "query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }"
    restricted, small = pair.both(
        nodes, ids=[*ids, "zoo_animal:" + "0" * 8 + "-0000" * 3 + "-" + "0" * 12]
    )
    assert restricted == small

    for edge in edges[::8]:
        one = "query ($id: ID!) { node(id: $id) { id } zooAnimal(id: $id) { tag } }"
        restricted, small = pair.both(one, id=edge["node"]["id"])
        assert restricted == small
        page = (
            "query ($c: String!) { zooAnimals(first: 3, after: $c) "
            "{ nodes { tag } pageInfo { hasNextPage hasPreviousPage startCursor } } }"
        )
        restricted, small = pair.both(page, c=edge["cursor"])
        assert restricted == small


def test_callers_who_take_turns_on_one_connection_see_their_own(pairs: dict[str, Pair]) -> None:
    document = "{ zooHouses { nodes { name animals { totalCount nodes { tag keepers { totalCount } } } } } }"
    expected = {title: pair.small(document) for title, pair in pairs.items()}

    for _ in range(8):  # past the five executions after which a plan may be shared
        assert {title: pair.restricted(document) for title, pair in pairs.items()} == expected
