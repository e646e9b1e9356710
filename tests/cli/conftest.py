import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from inventory.cli.main import run


@dataclass(frozen=True)
class Result:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Inventory = Callable[..., Result]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[None]:
    """Nothing of the caller's configuration, and logging as it was afterwards."""
    for name in list(os.environ):
        if name.startswith("INVENTORY_") and not name.startswith("INVENTORY_TEST_"):
            monkeypatch.delenv(name)
    for name in ("DATABASE_URI", "REDIS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("INVENTORY_HOME", str(tmp_path / "home"))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    for name in ("inventory", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def inventory(capsys: pytest.CaptureFixture[str]) -> Inventory:
    """Run a command in this process."""

    def call(*args: str) -> Result:
        capsys.readouterr()
        status = run(args)
        out, err = capsys.readouterr()
        return Result(status, out, err)

    return call


@pytest.fixture
def placed(inventory: Inventory, database: str, redis_url: str) -> Inventory:
    """The same, with this module's database and this worker's Redis."""

    def call(*args: str) -> Result:
        return inventory("--database-uri", database, "--redis-endpoint", redis_url, *args)

    return call


@pytest.fixture
def process() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command in a process of its own; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*args: str, **options: Any) -> subprocess.Popen[str]:
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
        made = subprocess.Popen([sys.executable, "-m", "inventory", *args], **options)
        started.append(made)
        return made

    yield start
    for each in started:
        if each.poll() is None:
            each.kill()
        each.wait()
        for stream in (each.stdin, each.stdout, each.stderr):
            if stream is not None:
                stream.close()
