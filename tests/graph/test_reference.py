"""The engine and the slow reference give the same answer to whatever hypothesis thinks up: the zoo, whose rows are as
awkward as rows can be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.graph.database import PooledDatabase
from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.schema import Schema
from tests.graph.conftest import Counting
from tests.graph.reference import Reference
from tests.graph.reference_types import World, world
from tests.graph.same import same
from tests.graph.strategies import Ground, documents
from tests.graph.zoo.rows import NAMES

TEXTS = [name for name in NAMES if name is not None] + ["a", "A", "%", "\\", "'", "🦁", "a00", "1"]
FUZZ = settings(
    derandomize=True,
    deadline=timedelta(seconds=20),
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def ordered(*values: Any) -> dict[str, list[Any]]:
    one = {op: list(values) for op in ("eq", "ne", "gt", "gte", "lt", "lte")}
    return one | {op: [[], list(values[:2]), [values[-1]]] for op in ("in", "notIn")}


WORDS: dict[str, list[Any]] = {
    **ordered(*TEXTS),
    **dict.fromkeys(("contains", "startsWith", "endsWith"), TEXTS),
    **dict.fromkeys(("iEq", "iContains", "iStartsWith", "iEndsWith"), TEXTS),
    **{op: [[], ["Ada", "ada"], TEXTS] for op in ("in", "notIn")},
}
NETS = ["10.0.0.1", "10.0.0.0/8", "10.0.0.1/8", "fd00::/8", "0.0.0.0/0", "::/0", "10.1.2.0/24"]
OPERANDS: dict[str, dict[str, list[Any]]] = {
    **dict.fromkeys(("tag", "nickname", "houseName", "name", "badge"), WORDS),
    "legs": ordered(4, 0, -1, 1),
    "storeys": ordered(2, 0, -1),
    "steps": ordered(str(2**53 + 1), "0", str(-(2**63))),
    "weight": ordered(0.1, 1e20, 0.0),
    "price": ordered("0.1234567890123456789", "1"),
    "tame": {"eq": [True, False], "ne": [True, False]},
    "bornAt": ordered("2026-11-24T12:30:00Z", "2026-11-24T13:30:00.000002+01:00"),
    "chip": {"eq": ["00000000-0000-0000-0000-000000000002"], "notIn": [[], ["0" * 32]]},
    "address": {
        **dict.fromkeys(("eq", "ne", "contains", "within", "overlaps"), NETS),
        "in": [NETS],
    },
    "network": dict.fromkeys(("contains", "within", "overlaps"), NETS),
    "marks": {
        "contains": [{}, {"team": "red"}],
        "hasKey": ["team", "odd'key\""],
        "hasAnyKey": [[], ["team", "x"]],
    },
    "badges": {"has": ["k0", "'"], "hasAny": [["k1", "k3"], []], "hasAll": [["k0", "k1"], []]},
}


def zoo_ground(schema: Schema, ids: dict[str, list[str]], *, clock: bool = True) -> Ground:
    """What documents on the zoo are made of."""
    known = world(schema.projection)
    zoo = {name: kind for name, kind in known.types.items() if name.startswith("Zoo")}
    return Ground(
        World(
            zoo,
            {root: of for root, of in known.many.items() if of[0] in zoo},
            {root: of for root, of in known.one.items() if of in zoo},
        ),
        schema.graphql,
        {(t, c): OPERANDS[c] for t, kind in zoo.items() for c in kind.columns if c in OPERANDS},
        ("badge", "namesake", "match"),
        ids,
        clock,
    )


@pytest.fixture(scope="module")
def both(zoo_dsn: str, zoo_schema: Schema) -> Iterator[Any]:
    """The engine on a loop of its own, the reference, and what documents are made of."""
    with asking_both(zoo_dsn, zoo_schema) as (ask, reference):
        ids = {
            name: [f"{kind.table}:{row['id']}" for row in reference.rows[name][:9]]
            for name, kind in reference.world.types.items()
            if name.startswith("Zoo")
        }
        yield ask, reference, zoo_ground(zoo_schema, ids)


@contextmanager
def asking_both(dsn: str, schema: Schema) -> Iterator[tuple[Any, Reference]]:
    """The engine on a loop of its own, which fails on a second statement, and the reference."""
    with asyncio.Runner() as runner, psycopg.connect(dsn, autocommit=True) as db:
        database = PooledDatabase(dsn, size=1, timeout_ms=20_000)
        runner.run(database.open())
        counting = Counting(database)
        engine = Engine(schema, counting, Limits(rows=10**9))

        def ask(document: str) -> Any:
            counting.statements.clear()
            found = orjson.loads(runner.run(engine.answer(document)).body)
            assert len(counting.statements) <= 1
            return found

        # A pool that is not closed keeps the loop from ending, whatever happened in between.
        try:
            yield ask, Reference(db, world(schema.projection))
        finally:
            runner.run(database.close())


@settings(FUZZ, max_examples=150)
@given(data=st.data())
def test_the_engine_answers_as_the_reference_does(both: Any, data: st.DataObject) -> None:
    ask, reference, ground = both
    document = data.draw(documents(ground))

    found = ask(document)

    errors = [each["message"] for each in found.get("errors", ())]
    if errors and all("conflict" in each or "`link` narrows" in each for each in errors):
        return
    expected = reference.answer(document)
    assert list(found) == ["data"], found
    assert same(found["data"], expected), (document, found["data"], expected)
