"""What has to happen before the first answer: processes, the schema, a document that was never seen."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import parse, validate

from benchmarks import table
from benchmarks.ground import Ground, cpu_seconds
from benchmarks.servers import ours
from inventory.catalog import Catalog
from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.schema import build_schema

FIRST_SIGHT_MS, START_S, COMMAND_S = 8.0, 3.0, 0.5
HOPS = """query Number%d($state: String!) {
  awsVpcs(first: 50, where: {state: {eq: $state}}, orderBy: [{name: ASC}]) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { id vpcId name tags region { name }
      gardenerShoots(first: 10, where: {status: {ne: "healthy"}}) { edges { rule createdAt node {
        name technicalId status k8sVersion project { name owner
          members(first: 5) { nodes { name kind role } } } } } } } } } }"""
SCHEMA = (
    "from time import process_time as now; a = now(); from inventory.catalog import Catalog;"
    "catalog = Catalog.load(); b = now();"
    "from inventory.graph.schema import build_schema; c = now();"
    "build_schema(catalog); d = now(); print(b - a, c - b, d - c)"
)
INVENTORY = ["-m", "inventory"]
COMMANDS: tuple[tuple[str, list[str]], ...] = (
    ("python -c pass", ["-c", "pass"]),
    ("inventory --help", [*INVENTORY, "--help"]),
    ("inventory collect --help", [*INVENTORY, "collect", "--help"]),
    ("inventory task list --help", [*INVENTORY, "task", "list", "--help"]),
    ("inventory db status", [*INVENTORY, "db", "status"]),
    ("inventory task list", [*INVENTORY, "task", "list"]),
)


@dataclass(frozen=True)
class Used:
    """Seconds of CPU, and of waiting where that was measured."""

    cpu: float
    wall: float | None


class NoDatabase:
    """Answers at once, so that only what happens before is measured."""

    async def fetch(self, sql: str, parameters: list[Any]) -> tuple[bytes, ...]:
        return (b"null",)


def run(ground: Ground, rounds: int) -> None:
    """Documents, the schema, and processes."""
    asyncio.run(_first_sight())
    _processes(ground, rounds)


async def _first_sight() -> None:
    schema = build_schema(Catalog.load())
    engine = Engine(schema, NoDatabase(), Limits())
    given = {"state": "available"}
    alone: list[float] = []
    first: list[float] = []
    again: list[float] = []
    for number in range(40):
        text = HOPS % number
        alone.append(_timed(lambda text=text: validate(schema.graphql, parse(text))))  # type: ignore[misc]
        for found in (first, again):
            began = time.process_time()
            answer = await engine.answer(text, given)
            found.append(time.process_time() - began)
            assert not answer.refused, answer.body
    middle = statistics.median(first) * 1000
    rows = [
        ["graphql-core alone: parse and validate", _ms(alone), ""],
        [
            "first sight: parse, validate, plan, compile",
            _ms(first),
            table.verdict(middle, FIRST_SIGHT_MS),
        ],
        ["seen before: all but the database", _ms(again), ""],
    ]
    table.show("A document of three hops", ["step", "CPU ms", "goal"], rows)


def _timed(step: Callable[[], object]) -> float:
    began = time.process_time()
    step()
    return time.process_time() - began


def _ms(seconds: list[float]) -> str:
    return table.spread([each * 1000 for each in seconds])


def _processes(ground: Ground, rounds: int) -> None:
    """CPU seconds, since a machine that others use as well stretches the others."""
    took: dict[str, list[Used]] = {}
    for _ in range(rounds):
        for name, arguments in COMMANDS:
            took.setdefault(name, []).append(_python(ground, *arguments)[0])
        laps = _python(ground, "-c", SCHEMA)[1].split()
        for name, lap in zip(("the catalog", "graph's imports", "the schema"), laps, strict=True):
            took.setdefault(name, []).append(Used(float(lap), None))
        with ours(ground) as server:
            used = Used(cpu_seconds(server.pid), server.started_s)
            took.setdefault("API, until it answers", []).append(used)
    limit = statistics.median(each.cpu for each in next(iter(took.values())))
    rows = []
    for name, found in took.items():
        middle = statistics.median(each.cpu for each in found)
        waited = [each.wall for each in found if each.wall is not None]
        goal = START_S if name.startswith("API") else COMMAND_S
        rows.append(
            [
                name,
                table.spread([each.cpu for each in found]),
                f"{statistics.median(waited):.2f}" if waited else "",
                f"{middle / limit:.0f}",
                table.verdict(middle, goal) if "inventory" in name or "API" in name else "",
            ]
        )
    table.show("Processes", ["start of", "CPU s", "wall s", "÷ python", "goal"], rows)


def _python(ground: Ground, *arguments: str) -> tuple[Used, str]:
    """Run Python to its end. Returns what it used, its children's part included, and printed."""
    began, before = time.perf_counter(), os.times()
    ended = subprocess.run(
        [sys.executable, *arguments],
        env=ground.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    after = os.times()
    if ended.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed: {ended.stderr[-500:]}")
    cpu = sum(after[2:4]) - sum(before[2:4])
    return Used(cpu, time.perf_counter() - began), ended.stdout
