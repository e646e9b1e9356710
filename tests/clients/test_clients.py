"""The example clients: generated from schema.graphql, checked strictly, and run against the service."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from inventory.cli.demo import own_environment
from inventory.simulator.hosting import running
from tests.clients.environments import (
    EXAMPLES,
    copied,
    made,
    node_environment,
    python_environment,
    run,
    unavailable,
)
from tests.leaks import landscape
from tests.services import flushed

# Downloads, generators and compilers, on machines that do other things meanwhile.
pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Service:
    url: str
    facts: dict[str, int]


@pytest.fixture(scope="module")
def service(
    postgres_dsn: str, template: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """API and worker over a collected landscape, whose clouds still answer."""
    folder = tmp_path_factory.mktemp("service")
    log = folder / "log"
    with (
        landscape.clone(postgres_dsn, template) as dsn,
        running(landscape.SHOOTS, landscape.SEED) as sim,
        flushed(redis_url),
    ):
        config = folder / "sim.yaml"
        sim.config(config, unmanaged="kubeconfig")
        command = [
            *(sys.executable, "-m", "inventory", "--config", str(config)),
            *("--database-uri", dsn, "--redis-endpoint", redis_url, "up", "--port", "0"),
        ]
        with log.open("w") as said:
            environment = own_environment(os.environ) | {"INVENTORY_HOME": str(folder / "home")}
            process = subprocess.Popen(command, stderr=said, stdout=said, env=environment)
            try:
                yield Service(_address(process, log) + "/graphql", _facts(dsn))
            finally:
                process.terminate()
                process.wait(30)


def _address(process: subprocess.Popen[Any], log: Path) -> str:
    while process.poll() is None:
        said = log.read_text()
        if found := re.search(r"API +(http://127\.0\.0\.1:\d+)", said):
            return found[1]
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(log.read_text())


def _facts(dsn: str) -> dict[str, int]:
    """What plain SQL says of the questions that all clients ask."""
    queries = {
        "running": "select count(*) from aws_instance where state = 'running'",
        "shoots": "select count(*) from g_shoot",
        "leaks": "select count(*) from common_leak where resolved_at is null and not is_withheld",
    }
    with psycopg.connect(dsn) as db:
        found = {}
        for name, query in queries.items():
            (count,) = db.execute(query.encode()).fetchone() or (0,)
            found[name] = int(count)
    return found


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def checked(said: list[str], facts: dict[str, int]) -> None:
    """What both typed clients print, by the first word of each line."""
    by_kind: dict[str, list[str]] = {}
    for line in said:
        kind, _, rest = line.partition(": ")
        by_kind.setdefault(kind, []).append(rest)
    assert len(by_kind["owner"]) >= 3
    assert all("owned by" in each and " = " in each for each in by_kind["owner"])
    assert facts["running"] > 100, "more than one page"
    assert by_kind["paged"] == [f"{facts['running']} of {facts['running']} running instances"]
    assert 1 < len(by_kind["type"]) <= 5
    assert by_kind["leaks"] == [str(facts["leaks"])]
    assert len(by_kind["leak"]) == 3
    assert by_kind["node"] in (["AwsInstance True"], ["AwsInstance true"])
    assert by_kind["run"] == ["completed"]
    assert "refused" not in by_kind


def test_a_generated_python_client_is_strictly_typed_and_works(
    service: Service, tmp_path: Path
) -> None:
    lock = EXAMPLES / "python" / "requirements.lock"
    with made("python", lock, make=python_environment) as environment:
        tools = environment / "venv" / "bin"
        folder = copied("python", tmp_path)

        lines(run([tools / "ariadne-codegen"], folder, seconds=150))
        assert "Success" in lines(run([tools / "mypy", "."], folder, seconds=150))[-1]
        said = lines(run([tools / "python", "example.py", service.url], folder, seconds=150))

    checked(said, service.facts)


def test_a_generated_typescript_client_is_strictly_typed_and_works(
    service: Service, tmp_path: Path
) -> None:
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("Node.js is not installed")
    lock = EXAMPLES / "typescript" / "package-lock.json"
    with made("typescript", lock, make=node_environment) as environment:
        folder = copied("typescript", tmp_path)
        (folder / "node_modules").symlink_to(environment / "node_modules")

        lines(run(["npm", "run", "-s", "generate"], folder, seconds=150))
        assert lines(run(["npm", "run", "-s", "build"], folder, seconds=150)) == []
        said = lines(run(["node", "build/example.js", service.url], folder, seconds=150))

    checked(said, service.facts)


def test_curl_alone_is_a_client(service: Service) -> None:
    if not shutil.which("curl"):
        unavailable("curl is not installed")

    said = lines(run(["sh", "ask.sh", service.url], EXAMPLES / "curl", seconds=150))

    text = "\n".join(said)
    assert text.count('"rule":"') > 3
    assert f'"totalCount":{service.facts["shoots"]}' in text
    assert f'"leaks":{{"totalCount":{service.facts["leaks"]}' in text
    assert '"errors":' not in text
    assert said[-1] == "completed"


def test_locks_name_no_registry() -> None:
    for lock in (
        EXAMPLES / "python" / "requirements.lock",
        EXAMPLES / "typescript" / "package-lock.json",
    ):
        text = lock.read_text()
        assert "resolved" not in text
        assert not re.search(r"--(extra-)?index|--find-links|pypi|npmjs", text)
