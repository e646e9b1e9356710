"""All audits of the npm package graphql-http, by the package itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.web.serving import serving

HERE = Path(__file__).parent / "audit"


@pytest.fixture(scope="module")
def auditor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, installed as locked, outside of the repository."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("Node.js is not installed")
    folder = tmp_path_factory.mktemp("audit")
    for file in HERE.iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    done = subprocess.run(
        [*command, "--fetch-retries=1", "--fetch-timeout=20000"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"npm cannot install graphql-http: {done.stderr.strip().splitlines()[-1:]}")
    return folder


def test_every_audit_passes(auditor: Path, database: str, redis_url: str) -> None:
    with serving(database, redis_url) as url:
        done = subprocess.run(
            ["node", "audit.mjs", f"{url}/graphql"],
            cwd=auditor,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env={"PATH": os.environ["PATH"]},
        )

    outcomes: list[dict[str, Any]] = json.loads(done.stdout)
    assert [each for each in outcomes if each["status"] != "ok"] == []
    assert len(outcomes) >= 61
