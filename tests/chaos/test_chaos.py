"""A minute of injuries; `make chaos` is an hour of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.chaos.plan import KINDS, plan

SEED = os.environ.get("CHAOS_SEED", "1")
SECONDS = "50"
"""What is left is the minute's other ten seconds, in which everything comes to its end."""


def test_injuries_follow_from_the_seed() -> None:
    assert plan(7, 600) == plan(7, 600)
    assert plan(7, 600) != plan(8, 600)
    assert {injury.kind for injury in plan(7, 600)} == set(KINDS)
    assert all(0 < injury.at <= injury.at + injury.lasts < 600 for injury in plan(7, 600))


def test_no_run_is_lost_doubled_or_done_by_two_at_once() -> None:
    """To see it again: `CHAOS_SEED=… make test k=doubled`, or `make chaos seed=…`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--seconds", SECONDS, "--seed", SEED],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("conserved\n")
