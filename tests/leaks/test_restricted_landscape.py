"""On a collected landscape, a restricted caller's answers to all examples are those of a database without the rest."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from fnmatch import fnmatchcase
from typing import Any

import orjson
import psycopg
import pytest

from inventory.catalog import Catalog
from inventory.core.access import Caller, Restriction
from inventory.core.model import Resource
from inventory.db import visible
from inventory.graph.database import PooledDatabase
from inventory.graph.databases import Databases
from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.schema import build_schema
from inventory.web.pages import load_examples
from tests.leaks import landscape

pytestmark = pytest.mark.timeout(400)
CATALOG = Catalog.load()
# A part of each source: what links inside sources and between them can lose an end.
PART = Restriction(sources=("g",), projects=("*",), scopes=("aws/*/eu-*", "g/garden"))
LEAKS = """{ leaks(first: 500, orderBy: [{rule: ASC}, {resourceId: ASC}]) {
    totalCount nodes { rule resourceName account resource { id __typename } } }
  commonLeaks { totalCount aggregate { count } } commonLeakRules { totalCount } }"""


def is_part(source: str, scope: str) -> bool:
    """The same restriction, said once more."""
    if source == "aws":
        return fnmatchcase(scope, "*/eu-*")
    return source == "gcp" or scope == "garden"


def without_the_rest(dsn: str) -> int:
    """Delete what is invisible, and return how many findings and links that cost."""
    with psycopg.connect(dsn, autocommit=True) as db:
        visible.drop(db)
        tables = [*CATALOG.links, "common_leak"]
        count = " + ".join(f"(SELECT count(*) FROM {table})" for table in tables)
        (before,) = db.execute(f"SELECT {count}".encode()).fetchone() or (0,)
        rows = db.execute("SELECT id, source, scope FROM common_scope").fetchall()
        seen = [row_id for row_id, source, scope in rows if is_part(source, scope)]
        left: list[Any] = []
        for model in CATALOG:
            if issubclass(model, Resource):
                table = str(model.__tablename__)
                db.execute(f"DELETE FROM {table} WHERE scope_id <> ALL (%s)".encode(), (seen,))
                left += [row[0] for row in db.execute(f"SELECT id FROM {table}".encode())]
        db.execute("DELETE FROM common_leak WHERE resource_id <> ALL (%s)", (left,))
        db.execute("DELETE FROM common_scope WHERE id <> ALL (%s)", (seen,))
        db.execute("DELETE FROM common_leak_rule")
        db.execute(
            "UPDATE common_link SET found = NULL, added = NULL, removed = NULL, run_id = NULL,"
            " requested_at = NULL, error = NULL"
        )
        (after,) = db.execute(f"SELECT {count}".encode()).fetchone() or (0,)
        return int(before - after)


def test_examples_and_findings_know_of_nothing_else(postgres_dsn: str, template: str) -> None:
    schema = build_schema(CATALOG)
    examples = [
        (each.query, dict(each.variables)) for each in load_examples() if each.kind == "query"
    ]
    with asyncio.Runner() as runner, ExitStack() as stack:
        dsn = stack.enter_context(landscape.clone(postgres_dsn, template))
        clone = stack.enter_context(landscape.clone(postgres_dsn, template))
        assert without_the_rest(clone) > 100
        databases = Databases(dsn, CATALOG, size=1, timeout_ms=60_000)
        small = PooledDatabase(clone, size=1, timeout_ms=60_000)
        runner.run(databases.open())
        runner.run(small.open())
        stack.callback(lambda: runner.run(small.close()))
        stack.callback(lambda: runner.run(databases.close()))
        engine = Engine(schema, small, Limits(rows=10**9))
        restricted = engine.on(databases.of(Caller("eve", "viewer", PART)))

        differing = []
        for text, variables in [(LEAKS, {}), *examples]:
            seen, wanted = (
                orjson.loads(runner.run(each.answer(text, variables)).body)
                for each in (restricted, engine)
            )
            assert "errors" not in wanted, (text, wanted)
            if seen != wanted:
                differing.append(text)

        assert differing == []
