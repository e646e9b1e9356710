"""What it costs to see a part: the same questions by an operator and by restricted viewers."""

from __future__ import annotations

import asyncio
import os
import statistics
import time

from benchmarks import table
from benchmarks.ground import Ground
from benchmarks.queries import keys_of
from benchmarks.questions import QUESTIONS, Question
from inventory.core.access import Caller, Restriction
from inventory.db import engine
from inventory.graph.databases import Databases
from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.schema import build_schema

PER_BLOCK_S = 0.02


def run(ground: Ground, rounds: int) -> None:
    """Ask each question in turns; print milliseconds, and the ratio to the operator's."""
    with engine.connect(ground.dsn) as db:
        keys = {q.name: keys_of(db, q)[:50] for q in QUESTIONS}
        regions = db.execute(
            "SELECT DISTINCT region FROM common_scope WHERE region IS NOT NULL ORDER BY 1"
        ).fetchall()
        (total,) = db.execute("SELECT count(*) FROM common_scope").fetchone() or (0,)
    one = regions[0][0]
    callers = {
        "operator": Caller("operator", "operator"),
        "viewer": Caller("viewer", "viewer"),
        "sees all": Caller("all", "viewer", Restriction(sources=("aws", "g"))),
        "one region": Caller(
            "part", "viewer", Restriction(sources=("g",), scopes=(f"aws/*/{one}",))
        ),
    }
    asyncio.run(_measure(ground, rounds, callers, keys, total))


async def _measure(
    ground: Ground,
    rounds: int,
    callers: dict[str, Caller],
    keys: dict[str, list[dict[str, str]]],
    total: int,
) -> None:
    databases = Databases(ground.dsn, ground.catalog, size=2, timeout_ms=60_000)
    await databases.open()
    whole = Engine(build_schema(ground.catalog), databases.whole, Limits(rows=10**9))
    engines = {name: whole.on(databases.of(caller)) for name, caller in callers.items()}
    found = []
    for question in QUESTIONS:
        times = await _in_turns(rounds, engines, question, keys[question.name])
        base = times["operator"]
        found.append(
            [
                question.name,
                f"{base:.2f}",
                *(f"{times[name] / base:.2f}" for name in callers if name != "operator"),
            ]
        )
    await databases.close()
    others = [name for name in callers if name != "operator"]
    load = f"load {os.getloadavg()[0]:.1f}"
    table.show(
        f"restricted callers, {total} scopes, in process ({load})",
        ["question", "operator, ms", *(f"{name} ÷" for name in others)],
        found,
    )


async def _in_turns(
    rounds: int, engines: dict[str, Engine], question: Question, keys: list[dict[str, str]]
) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in engines}
    for each in engines.values():
        for place in range(12):
            await each.answer(question.graphql, keys[place % len(keys)])
    for _ in range(rounds):
        for name, each in engines.items():
            # The connection was another caller's: being told what to show is not counted.
            await each.answer(question.graphql, keys[0])
            until = time.perf_counter() + PER_BLOCK_S
            place = 0
            while time.perf_counter() < until:
                began = time.perf_counter()
                answer = await each.answer(question.graphql, keys[place % len(keys)])
                times[name].append((time.perf_counter() - began) * 1000)
                assert answer.code is None, answer.body[:300]
                place += 1
    return {name: statistics.quantiles(took, n=4)[0] for name, took in times.items()}
