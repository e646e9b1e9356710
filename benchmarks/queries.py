"""Queries over HTTP, beside hand-written SQL that gives the same answer."""

from __future__ import annotations

import base64
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from benchmarks import table
from benchmarks.ground import Ground, cpu_seconds
from benchmarks.questions import QUESTIONS, Question
from benchmarks.servers import BARE, ROOT, Server, all_servers
from benchmarks.wire import Connection, request
from inventory.db import engine

LARGE, SMALL, THROUGHPUT = 1.0, 1.8, 0.3
GOALS = {"small": SMALL, "point3": SMALL, "flat1k": LARGE, "vsp1k": LARGE, "deep10": LARGE}
CROWD = 16
CROWDED = ("small", "point3", "flat100", "vsp1k")
SLOW = ("vsp1k",)
"""Questions that only limits are asked by a crowd."""
BLOCK_S = 0.015
STRETCHES = 5
CROWD_S = 0.5


@dataclass
class Case:
    """One question to one server."""

    question: Question
    server: Server
    requests: list[bytes]
    connection: Connection
    per_block: int = 1
    blocks: list[list[float]] = field(default_factory=list)

    def block(self) -> None:
        """Ask some times in a row, and keep the milliseconds of each answer."""
        took = []
        for sent in self._following(self.per_block):
            began = time.perf_counter()
            self.connection.ask(sent)
            took.append((time.perf_counter() - began) * 1000)
        self.blocks.append(took)

    def stretches(self) -> list[float]:
        """The lower quartile of each fifth of the time: slower answers tell of other processes."""
        size = max(1, len(self.blocks) // STRETCHES)
        parts = [self.blocks[at : at + size] for at in range(0, len(self.blocks), size)]
        return [_low(took for block in part for took in block) for part in parts]

    def warm_up(self) -> None:
        """Let PostgreSQL settle on a plan, and find how many answers make a block."""
        for sent in self._following(12):
            self.connection.ask(sent)
        began = time.perf_counter()
        self.connection.ask(self.requests[0])
        self.per_block = max(1, min(60, int(BLOCK_S / (time.perf_counter() - began))))

    def _following(self, count: int) -> list[bytes]:
        found = self.requests[:count] * (count // len(self.requests[:count]) + 1)
        self.requests = self.requests[count:] + self.requests[:count]
        return found[:count]


def run(ground: Ground, rounds: int) -> None:
    """Compare the answers, then measure one connection, then many."""
    with engine.connect(ground.dsn) as db:
        keys = {q.name: keys_of(db, q) for q in QUESTIONS}
    with all_servers(ground) as servers:
        cases = [[_case(q, s, keys[q.name]) for s in servers] for q in QUESTIONS]
        sizes = [_compared(each) for each in cases]
        for each in cases:
            for case in each:
                case.warm_up()
        for _ in range(rounds):
            for each in cases:
                for case in each:
                    case.block()
        _show_latency(ground, cases, sizes)
        crowded = [each for each in cases if each[0].question.name in CROWDED]
        _crowds(ground, crowded, rounds=max(3, rounds // 3))


def keys_of(db: engine.Connection, question: Question) -> list[dict[str, str]]:
    if question.keys is None:
        return [{}]
    return [{"id": value} for (value,) in db.execute(question.keys).fetchall()]


def _case(question: Question, server: Server, keys: list[dict[str, str]]) -> Case:
    path = server.path.format(question.name)
    requests = [request(path, question.graphql, variables) for variables in keys]
    return Case(question, server, requests, Connection(server.port))


def _compared(cases: list[Case]) -> int:
    """The size of our answer. Ends the benchmark if any server answers something else."""
    ours, *others = cases
    for place in range(min(20, len(ours.requests))):
        body = bytes(ours.connection.ask(ours.requests[place]))
        wanted = orjson.loads(body)
        for other in others:
            found = orjson.loads(other.connection.ask(other.requests[place]))
            if found != wanted:
                raise SystemExit(
                    f"{ours.question.name}: {other.server.name} answers differently:\n"
                    f"{str(found)[:1000]}\n{str(wanted)[:1000]}"
                )
    return len(body)


def _show_latency(ground: Ground, cases: list[list[Case]], sizes: list[int]) -> None:
    rows = []
    for (ours, *bare), size in zip(cases, sizes, strict=True):
        ratios = [
            [a / b for a, b in zip(ours.stretches(), other.stretches(), strict=True)]
            for other in bare
        ]
        worst = max(statistics.median(ratios[place]) for place in _limits(bare))
        goal = GOALS.get(ours.question.name)
        rows.append(
            [
                f"{ours.question.name}: {ours.question.doc}",
                f"{size / 1000:.1f}",
                *(f"{statistics.median(case.stretches()):.2f}" for case in (ours, *bare)),
                *(table.spread(each) for each in ratios),
                table.verdict(worst, goal) if goal else "",
            ]
        )
    names = [case.server.name for case in cases[0]]
    columns = [
        "question",
        "KB",
        *(f"{n} ms" for n in names),
        *(f"÷ {n}" for n in names[1:]),
        "goal",
    ]
    table.show(f"Latency over HTTP, one connection, {ground.shoots} shoots", columns, rows)


def _crowds(ground: Ground, cases: list[list[Case]], rounds: int) -> None:
    rows = []
    width = len(cases[0])
    for every in cases:
        # A second of CPU for an answer, sixteen times: nothing to learn, and minutes to wait.
        slow = every[0].question.name in SLOW
        each = [every[0], *(case for case in every[1:] if not slow or _is_limit(case))]
        rest = [""] * (width - len(each))
        for case in each:
            # Pools grow to their size, and each connection settles on a plan.
            crowd(case)
        found: list[list[dict[str, float]]] = [[] for _ in each]
        for _ in range(rounds):
            for place, case in enumerate(each):
                found[place].append(crowd(case))
        shown = [middle(runs) for runs in found]
        ratios = [
            [a["rate"] / b["rate"] for a, b in zip(found[0], other, strict=True)]
            for other in found[1:]
        ]
        least = min(statistics.median(ratios[place]) for place in _limits(each[1:]))
        goal = THROUGHPUT if each[0].question.name == "small" else None
        rows.append(
            [
                each[0].question.name,
                *(f"{one['rate']:.0f}" for one in shown),
                *rest,
                *(table.spread(each) for each in ratios),
                *rest,
                *(f"{one['cpu']:.3f}" for one in shown),
                *rest,
                *(f"{one['p99'] * 1000:.0f}" for one in shown),
                *rest,
                table.verdict(least, goal, at_least=True) if goal else "",
            ]
        )
    names = [case.server.name for case in cases[0]]
    columns = [
        "question",
        *(f"{n} req/s" for n in names),
        *(f"÷ {n}" for n in names[1:]),
        *(f"{n} CPU ms" for n in names),
        *(f"{n} p99 ms" for n in names),
        "goal",
    ]
    table.show(f"Requests per second, {CROWD} connections, {ground.shoots} shoots", columns, rows)


def crowd(case: Case) -> dict[str, float]:
    job: dict[str, Any] = {
        "port": case.server.port,
        "requests": [base64.b64encode(each).decode() for each in case.requests],
        "connections": CROWD,
        "seconds": CROWD_S,
    }
    before = cpu_seconds(case.server.pid)
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(job).encode(),
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    spent = cpu_seconds(case.server.pid) - before
    found: dict[str, float] = json.loads(ended.stdout)
    rate = found["answers"] / found["seconds"]
    return {"rate": rate, "cpu": spent * 1000 / found["answers"], "p99": found["p99"]}


def _limits(others: list[Case]) -> list[int]:
    """The places of those that are a limit, not just another server."""
    return [place for place, case in enumerate(others) if _is_limit(case)]


def _is_limit(case: Case) -> bool:
    return case.server.name.startswith(BARE)


def _low(values: Iterable[float]) -> float:
    found = sorted(values)
    return found[len(found) // 4]


def middle(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}
