import json
import signal
from collections.abc import Callable
from subprocess import Popen
from typing import Any

import psycopg
import pytest

from tests.cli.conftest import Inventory
from tests.web.runs import Runs


def test_a_run_that_has_ended_is_told_and_its_outcome_is_the_status(
    placed: Inventory, database: str
) -> None:
    runs = Runs(database)
    completed = runs.completed()
    archived = runs.new()
    runs.set(archived, state="archived", error="aws: AccessDenied")

    good = placed("task", "watch", str(completed), "--json")
    bad = placed("task", "watch", f"common_run:{archived}")

    events = [json.loads(line) for line in good.out.splitlines()]
    assert [(event["sequence"], event["state"]) for event in events] == [
        (1, "pending"),
        (2, "active"),
        (3, "completed"),
    ]
    assert (good.status, bad.status) == (0, 1)
    first, last = bad.out.splitlines()
    assert first.split()[::2] == ["1", "pending", "in", "default"]
    assert last.endswith("archived    aws: AccessDenied")
    resumed = placed("task", "watch", str(completed), "--after", "2", "--json")
    assert [json.loads(line)["sequence"] for line in resumed.out.splitlines()] == [3]


@pytest.mark.parametrize(
    ("run", "status"), [("5b1a5e6a-8e0c-4d7a-9a53-0c9c1b2a7f10", 1), ("nobody", 2)]
)
def test_a_run_that_is_not_there_is_told(placed: Inventory, run: str, status: int) -> None:
    result = placed("task", "watch", run)

    assert (result.status, result.out) == (status, "")
    assert "see `inventory task list`" in result.err


def test_a_watcher_outlives_a_lost_connection_and_leaves_quietly(
    process: Callable[..., Popen[str]], database: str, redis_url: str
) -> None:
    runs = Runs(database)
    run_id = runs.new()
    places: Any = ("--database-uri", database, "--redis-endpoint", redis_url)
    first = process(*places, "task", "watch", str(run_id))
    second = process(*places, "task", "watch", str(run_id))
    assert first.stdout is not None
    assert second.stdout is not None
    assert first.stdout.readline().split()[0] == second.stdout.readline().split()[0] == "1"
    with psycopg.connect(database, autocommit=True) as db:
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'inventory-%'"
        )
    runs.start(run_id)

    assert first.stdout.readline().split()[0] == second.stdout.readline().split()[0] == "2"
    second.send_signal(signal.SIGINT)
    runs.complete(run_id)
    assert "Traceback" not in second.communicate(timeout=20)[1]
    assert second.returncode == 130
    rest, errors = first.communicate(timeout=20)
    assert [line.split()[2] for line in rest.splitlines()] == ["completed"]
    assert errors.count("events not heard") == 1
    assert first.returncode == 0
