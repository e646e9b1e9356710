"""The client of graphql-transport-ws that browsers use, from its package."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.runs import Runs
from tests.web.serving import serving
from tests.web.test_sockets import TOKENS

PACKAGES = Path(__file__).parents[2] / "web" / "node_modules"


@pytest.fixture(scope="module")
def guarded(database: str, redis_url: str) -> Iterator[str]:
    with serving(database, redis_url, auth={"tokens": TOKENS}) as found:
        yield found


@pytest.fixture
def runs(database: str) -> Runs:
    return Runs(database)


@pytest.mark.skipif(
    not (PACKAGES / "graphql-ws").is_dir() or not shutil.which("node"),
    reason="graphql-ws is not installed; run `make web`",
)
def test_the_client_that_browsers_use_watches_a_run(guarded: str, runs: Runs) -> None:
    run_id = runs.completed()
    script = Path(__file__).with_name("graphql_ws.mjs")
    url = f"ws{guarded.removeprefix('http')}/graphql"
    done = subprocess.run(
        ["node", "--experimental-websocket", "--no-warnings", str(script), str(PACKAGES.parent), url, str(run_id), "read"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.stderr == ""
    assert json.loads(done.stdout) == {
        "seen": [
            {"sequence": 1, "state": "pending"},
            {"sequence": 2, "state": "active"},
            {"sequence": 3, "state": "completed"},
        ],
        "refused": "GRAPHQL_VALIDATION_FAILED",
    }
