from pathlib import Path
from uuid import UUID

import pytest

from tests.cli.conftest import Inventory


def test_a_run_is_enqueued_listed_and_inspected(placed: Inventory) -> None:
    enqueued = placed(
        *(
            "task",
            "enqueue",
            "aws:task:collect-vpcs",
            "--payload",
            '{"account_id": "111122223333"}',
        ),
        *(
            "--queue",
            "slow",
            "--timeout",
            "1h30m",
            "--max-retry",
            "2",
            "--in",
            "5m",
            "--priority",
            "3",
        ),
    )

    run_id = enqueued.out.strip()
    assert str(UUID(run_id)) == run_id
    (listed,) = placed("task", "list", "--state", "scheduled", "--queue", "slow", "--json").json
    assert listed["id"] == run_id
    assert listed["payload"] == {"account_id": "111122223333"}
    assert (listed["queue"], listed["timeout"], listed["max_retry"], listed["priority"]) == (
        "slow",
        5400,
        2,
        3,
    )
    table = placed("task", "list", "--task", "aws:task:collect-v%").out
    assert table.startswith("ID ")
    assert run_id in table
    shown = placed("task", "inspect", run_id).out
    assert "aws:task:collect-vpcs" in shown
    assert '"account_id": "111122223333"' in shown
    assert placed("task", "inspect", run_id, "--json").json["state"] == "scheduled"


def test_a_payload_may_come_from_a_file(placed: Inventory, tmp_path: Path) -> None:
    file = tmp_path / "payload.yaml"
    file.write_text("region: eu-west-1\n")

    run_id = placed(
        "task", "enqueue", "aws:task:collect-vpcs", "--payload-file", str(file)
    ).out.strip()

    assert placed("task", "inspect", run_id, "--json").json["payload"] == {"region": "eu-west-1"}


def test_a_unique_key_returns_the_run_that_is_there(placed: Inventory) -> None:
    first = placed(
        "task", "enqueue", "common:task:link-all", "--unique-key", "nightly", "--json"
    ).json
    second = placed("task", "enqueue", "common:task:link-all", "--unique-key", "nightly")

    assert first["created"] is True
    assert second.out.strip() == first["id"]
    assert "was there already" in second.err


def test_names_of_the_original_are_understood(placed: Inventory) -> None:
    run_id = placed("task", "enqueue", "aux:task:housekeeper").out.strip()

    assert placed("task", "inspect", run_id, "--json").json["task"] == "common:task:housekeeper"


def test_registered_tasks_say_what_they_take(placed: Inventory) -> None:
    every = placed("task", "registered", "--json").json
    names = [task["name"] for task in every]

    assert names == sorted(names)
    assert {"aws:task:collect-all", "g:task:collect-shoots", "common:task:link-all"} <= set(names)
    vpcs = next(task for task in every if task["name"] == "aws:task:collect-vpcs")
    assert vpcs["payload"] == "account_id,region,confirm_delete"
    assert "DescribeVpcs" in vpcs["does"]
    assert "g:task" not in placed("task", "registered", "--source", "aws").out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--state", "archived"], "no run is archived\n"),
        (["--queue", "none"], "no run is like that; `inventory task list` shows all\n"),
    ],
)
def test_no_run_is_said_in_a_sentence(placed: Inventory, words: list[str], sentence: str) -> None:
    assert placed("task", "list", *words).out == sentence


def test_a_run_that_is_not_there_is_a_failure(placed: Inventory) -> None:
    result = placed("task", "inspect", "5b1a5e6a-8e0c-4d7a-9a53-0c9c1b2a7f10")

    assert (result.status, result.out) == (1, "")
    assert "see `inventory task list`" in result.err
