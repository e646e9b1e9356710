"""Verbs on runs, queues, workers and the schedule, as operators type them."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from inventory.catalog import Catalog
from inventory.cli.base import Settings
from inventory.cli.collect import show
from inventory.cli.collecting import Outcome, working
from inventory.cli.watch import Collected
from inventory.config import Config
from inventory.sources import common
from tests.cli.conftest import Inventory
from tests.test_layers import loaded_by

TASK = "common:task:delete-completed-tasks"
CATALOG = Catalog.of([common.source])


@pytest.fixture
def db(database: str) -> Iterator[psycopg.Connection[Any]]:
    """An empty ledger."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("TRUNCATE common_run, common_queue, common_worker, common_job")
        yield connection


@pytest.fixture
def runs(db: psycopg.Connection[Any]) -> Callable[..., list[str]]:
    """Record runs."""

    def record(count: int, state: str = "pending", **columns: Any) -> list[str]:
        given = {"task": TASK, "queue": "default", "state": state, **columns}
        names, marks = ", ".join(given), ", ".join(f"%({name})s" for name in given)
        insert = f"INSERT INTO common_run ({names}) VALUES ({marks}) RETURNING id"
        return [str(row[0]) for _ in range(count) for row in db.execute(insert, given)]

    return record


@pytest.fixture
def states(db: psycopg.Connection[Any]) -> Callable[[], dict[str, int]]:
    def read() -> dict[str, int]:
        return dict(db.execute("SELECT state, count(*) FROM common_run GROUP BY 1").fetchall())

    return read


Runs = Callable[..., list[str]]
States = Callable[[], dict[str, int]]


def test_runs_are_cancelled_retried_archived_and_deleted_by_id(
    placed: Inventory, runs: Runs, states: States
) -> None:
    (run,) = runs(1)

    told = [placed("task", verb, run).out for verb in ("cancel", "retry", "archive", "delete")]

    assert told == [f"1 run {done}\n" for done in ("cancelled", "retried", "archived", "deleted")]
    assert states() == {}


def test_what_was_not_done_is_told_with_the_reason(placed: Inventory, runs: Runs) -> None:
    (pending,), (done,) = runs(1), runs(1, "completed")
    gone = "00000000-0000-4000-8000-000000000000"

    result = placed("task", "cancel", pending, done, gone)

    assert (result.status, result.out) == (1, "1 run cancelled\n")
    assert f"{done} was not cancelled: it is completed" in result.err
    assert f"{gone} was not cancelled: no run has this id" in result.err
    again = placed("task", "cancel", pending, done, "--json")
    assert again.json["count"] == 0
    assert {each["id"] for each in again.json["not"]} == {pending, done}


def test_the_beginning_of_an_id_will_do(placed: Inventory, runs: Runs) -> None:
    (run,) = runs(1)

    assert placed("task", "inspect", run[:8], "--json").json["id"] == run
    assert placed("task", "archive", run[:13]).status == 0
    unknown = placed("task", "cancel", "ffffffff")
    assert (unknown.status, unknown.out) == (1, "")
    assert "no run has an id that begins with ffffffff" in unknown.err
    wrong = placed("task", "cancel", "nightly")
    assert wrong.status == 2
    assert "is no id of a run" in wrong.err


def test_an_ambiguous_beginning_is_told_with_the_ids(
    placed: Inventory, db: psycopg.Connection[Any]
) -> None:
    both = [f"abcd0000-0000-4000-8000-00000000000{n}" for n in (1, 2)]
    for each in both:
        db.execute("INSERT INTO common_run (id, task) VALUES (%s, %s)", (each, TASK))

    result = placed("task", "delete", "abcd")

    assert result.status == 1
    assert all(each in result.err for each in both)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--state", "archived"], 2),
        (["--task", "common:task:delete-*"], 6),
        (["--task", "common:task:delete_completed%"], 0),
        (["--queue", "slow"], 3),
        (["--queue", "slow", "--state", "pending"], 1),
        (["--job", "nightly"], 1),
        (["--error", "denied"], 2),
        (["--error", "source_access_denied"], 2),
        (["--since", "1h"], 5),
        (["--before", "1h"], 1),
        (["--all"], 6),
    ],
)
def test_a_filter_chooses_and_a_dry_run_touches_nothing(
    placed: Inventory, runs: Runs, states: States, options: list[str], count: int
) -> None:
    runs(2, "archived", queue="slow", error="Access denied", error_code="SOURCE_ACCESS_DENIED")
    runs(1, queue="slow")
    runs(2, "completed", job=None)
    runs(1, "retry", job="nightly", created_at="2026-01-01T00:00:00Z")
    before = states()

    result = placed("task", "delete", *options, "--dry-run", "--json")

    assert result.json["count"] == count
    assert states() == before
    shown = f"{count} run{'' if count == 1 else 's'} would be deleted"
    assert placed("task", "delete", *options, "--dry-run").out.endswith(f"{shown}\n")
    if "--all" not in options:
        listed = placed("task", "list", *options, "--json").json
        assert len(listed) == count


def test_a_filter_is_not_followed_before_someone_agreed(
    placed: Inventory, runs: Runs, states: States
) -> None:
    runs(3, "archived")

    unasked = placed("task", "retry", "--state", "archived")

    assert unasked.status == 2
    assert "3 runs would be retried; add --yes" in unasked.err
    assert states() == {"archived": 3}
    assert placed("task", "retry", "--state", "archived", "--yes").out == "3 runs retried\n"
    assert states() == {"pending": 3}
    assert placed("task", "retry", "--state", "archived", "--yes").out == "0 runs retried\n"


def test_children_are_chosen_by_their_parent(placed: Inventory, runs: Runs) -> None:
    (parent,) = runs(1, "completed")
    children = runs(2, parent_id=parent)

    cancelled = placed("task", "cancel", "--parent", parent[:8], "--yes", "--json").json
    shown = placed("task", "inspect", parent)
    below = placed("task", "inspect", children[0])

    assert sorted(cancelled["runs"]) == sorted(children)
    assert "fanned out 2 runs: 2 cancelled" in shown.out
    assert all(child in shown.out for child in children)
    assert f"{parent} ({TASK}, completed)" in below.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["task", "cancel"], "which runs?"),
        (["task", "delete", "abcd", "--all"], "not both"),
        (["task", "retry", "--state", "gone"], "archived"),
        (["task", "list", "--since", "yesterday"], "such as 2h"),
        (["queue", "pause", "defualt"], "did you mean default?"),
        (["queue", "inspect", "defualt"], "did you mean default?"),
        (["queue", "drain", "nowhere", "--state", "pending"], "there are default"),
        (["queue", "drain", "default"], "--state"),
        (["scheduler", "run-now", "common:task:delete-completed"], "did you mean common:task"),
        (["task", "registered", "--source", "asw"], "did you mean aws?"),
    ],
)
def test_what_cannot_work_is_refused_with_what_can(
    placed: Inventory, db: Any, words: list[str], sentence: str
) -> None:
    result = placed(*words)

    assert (result.status, result.out) == (2, "")
    assert sentence in result.err


def test_queues_are_listed_paused_resumed_and_drained(
    placed: Inventory, runs: Runs, states: States
) -> None:
    runs(2, queue="slow")
    runs(1, "archived", queue="slow")

    listed = {row["name"]: row for row in placed("queue", "list", "--json").json}
    table = placed("queue", "list")
    paused = [placed("queue", "pause", "slow").out for _ in range(2)]
    inspected = placed("queue", "inspect", "slow")
    dry = placed("queue", "drain", "slow", "--state", "archived", "--dry-run").out
    unasked = placed("queue", "drain", "slow", "--state", "archived")
    drained = placed("queue", "drain", "slow", "--state", "archived", "--state", "retry", "--yes")
    resumed = [placed("queue", "resume", "slow").out for _ in range(2)]

    assert (listed["slow"]["size"], listed["slow"]["archived"]) == (2, 1)
    assert listed["default"]["size"] == 0
    assert re.search(r"^slow +2 +0 ", table.out, re.MULTILINE)
    assert "no worker runs" in table.err
    assert paused == ["queue slow is paused\n", "queue slow was paused already\n"]
    assert re.search(r"^paused +yes$", inspected.out, re.MULTILINE)
    assert dry == "1 run would be deleted\n"
    assert (unasked.status, "add --yes" in unasked.err) == (2, True)
    assert drained.out == "1 run deleted\n"
    assert resumed == ["queue slow is open again\n", "queue slow was not paused\n"]
    assert states() == {"pending": 2}


def test_nobody_to_ping_is_a_failure(placed: Inventory, db: Any) -> None:
    result = placed("worker", "ping", "--timeout", "100ms")

    assert result.status == 1
    assert result.out.startswith("nobody answers; no worker runs; `inventory worker start`")
    assert placed("worker", "list").out.startswith("no worker runs")


def test_a_worker_answers_through_redis(
    placed: Inventory, db: psycopg.Connection[Any], database: str, redis_url: str, tmp_path: Path
) -> None:
    config = Config.model_validate(
        {"home": str(tmp_path), "database": {"dsn": database}, "redis": {"endpoint": redis_url}}
    )
    db.execute(
        "INSERT INTO common_worker (name, host, pid, concurrency, status, started_at, seen_at)"
        " VALUES ('dead/1/x', 'dead', 1, 1, 'active', now(), now())"
    )

    with working(config, CATALOG, "here"):
        found = placed("worker", "ping", "--timeout", "3s", "--json")
        local = placed("worker", "ping", "--local", "--timeout", "10s")
        named = placed("worker", "ping", "dead", "--timeout", "200ms")
        listed = placed("worker", "list", "--json").json
        waited = placed("task", "enqueue", TASK, "--queue", "here", "--wait")
        failed = placed(
            *("task", "enqueue", "common:task:link", "--payload", "links: [l_none]"),
            *("--queue", "here", "--wait", "--json"),
        )

    answers = {row["worker"]: row["answer"] for row in found.json}
    alive = next(row["name"] for row in listed if row["queues"] == {"here": 1})
    assert answers == {alive: "OK", "dead/1/x": "none"}
    assert found.status == 0
    assert (local.status, local.out.count("OK")) == (0, 1)
    assert named.status == 1
    assert (waited.status, waited.out.splitlines()[-1]) == (0, "1 run completed, 0 did not")
    assert (failed.status, failed.json["complete"]) == (1, False)
    assert "no link is named l_none" in failed.json["runs"][0]["error"]


CONFIG = """
version: v1alpha1
scheduler:
  jobs:
    - name: common:task:link-all
      spec: "@every 6h"
      desc: Relate everything again
      queue: slow
    - {name: common:task:housekeeper, spec: "0 3 * * *", is_enabled: false}
"""


def test_the_schedule_is_shown_before_and_after_a_scheduler_knows_it(
    placed: Inventory, db: psycopg.Connection[Any], tmp_path: Path, states: States
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG)
    empty = placed("scheduler", "jobs")

    before = placed("--config", str(file), "scheduler", "jobs", "--json").json
    run = placed("--config", str(file), "scheduler", "run-now", "common:task:link-all").out.strip()
    db.execute(
        "INSERT INTO common_job (name, task, spec, queue, description, last_tick, next_tick, seen_at)"
        " VALUES ('common:task:link-all', 'common:task:link-all', '@every 6h', 'slow', 'Again',"
        " now() - interval '1 hour', now() + interval '5 hours 1 minute', now())"
    )
    db.execute("UPDATE common_run SET state = 'archived', error = 'broken', finished_at = now()")
    after = placed("--config", str(file), "scheduler", "jobs")

    assert empty.out.startswith("no job is configured; `scheduler.jobs` in config.yaml")
    assert "no scheduler runs" in empty.err
    (job,) = before
    assert (job["queue"], job["description"], job["is_known"]) == (
        "slow",
        "Relate everything again",
        None,
    )
    shown = placed("task", "inspect", run, "--json").json
    assert (shown["job"], shown["queue"], shown["tick"]) == ("common:task:link-all", "slow", None)
    line = after.out.splitlines()[1]
    assert re.search(r"1h ago +in 5h +archived 0s ago: broken +Again", line), line
    assert after.err == ""


@pytest.mark.parametrize("given", ["-", "file", "text"])
def test_a_payload_is_text_a_file_or_standard_input(
    placed: Inventory, db: Any, given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    text = "older_than: 2h\n"
    (tmp_path / "payload.yaml").write_text(text)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    words = {"-": "-", "file": str(tmp_path / "payload.yaml"), "text": "older_than: 2h"}

    run = placed("task", "enqueue", TASK, "--payload", words[given]).out.strip()

    assert placed("task", "inspect", run, "--json").json["payload"] == {"older_than": "2h"}
    missing = placed("task", "enqueue", TASK, "--payload", "none.yaml")
    assert missing.status == 2
    assert "--payload: none.yaml: no such file" in missing.err


@pytest.mark.parametrize(
    "words",
    [["task", "list"], ["task", "inspect", "abcd"], ["queue", "list"], ["db", "status"]],
    ids=" ".join,
)
def test_looking_loads_little_and_so_is_quick(words: list[str]) -> None:
    call = [*words, "--database-uri", "postgresql://x@127.0.0.1:1/x"]
    code = f"from inventory.cli.main import run; assert run({call}) == 1"

    loaded = loaded_by(code)

    assert "psycopg" in loaded
    assert loaded & {"alembic", "graphql", "redis", "sqlalchemy", "sqlmodel", "taskiq"} == set()


def test_a_reason_that_many_share_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    away = [(f"111122223333/region-{number}", "PostgreSQL is away") for number in range(12)]
    vpcs = Collected("aws:task:collect-vpcs", 13, failed=13, failures=[*away, ("x", "Other")])

    show(Settings(), Outcome([vpcs]), 1.0)

    told = capsys.readouterr().out
    assert told.count("PostgreSQL is away") == 1
    assert (
        "failed 12 times: PostgreSQL is away\n  aws:task:collect-vpcs 111122223333/region-0\n"
        in told
    )
    assert "  and 2 more; `--json` lists them all\n" in told
    assert "failed: aws:task:collect-vpcs x: Other\n" in told
