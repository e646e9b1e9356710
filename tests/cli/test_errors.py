import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Inventory

Process = Callable[..., subprocess.Popen[str]]


def refused(result: Any, status: int) -> str:
    """The one line that an error is."""
    assert result.status == status, result
    assert result.out == ""
    assert result.err.startswith("Error: ")
    assert result.err.count("\n") == 1
    return str(result.err).removeprefix("Error: ").rstrip("\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dbb"], "no command is named 'dbb'; did you mean db?"),
        (["task", "enque", "x"], "no command is named 'enque'; did you mean enqueue?"),
        (["db", "rollback", "--step", "1"], "--steps"),
        (["db", "rollback", "--steps", "0"], "x>=1"),
        (["task", "enqueue"], "Missing argument 'NAME'. See `inventory task enqueue --help`."),
        (
            ["task", "enqueue", "aws:task:collect-vpc"],
            "no task is named 'aws:task:collect-vpc'; did you mean aws:task:collect-vpcs",
        ),
        (
            ["task", "enqueue", "aws:task:collect-vpcs", "--payload", "[1]"],
            "aws:task:collect-vpcs: payload: a mapping is expected",
        ),
        (
            ["task", "enqueue", "aws:task:collect-vpcs", "--payload", '{"accountid": "1"}'],
            "payload.accountid: no such key; known are account_id, region",
        ),
        (
            [
                "task",
                "enqueue",
                "aws:task:collect-vpcs",
                "--payload",
                "a: b",
                "--payload-file",
                "x",
            ],
            "give --payload or --payload-file, not both",
        ),
        (
            ["task", "enqueue", "aws:task:collect-vpcs", "--payload-file", "/nowhere"],
            "--payload-file: /nowhere: no such file or directory",
        ),
        (["task", "enqueue", "aws:task:collect-vpcs", "--in", "5"], "'5' is not a duration"),
        (["task", "inspect", "seven"], "'seven' is no id of a run; see `inventory task list`"),
        (["model", "query", "aws_vpcs"], "no model is named 'aws_vpcs'"),
        (
            ["model", "query", "aws_vpc", "--columns", "naem"],
            "no column of aws_vpc is named 'naem'; did you mean name",
        ),
        (["model", "query", "aws_vpc", "--where", "{"], "--where is not JSON"),
        (["model", "query", "aws_vpc", "--where", '{"name": {"like_": "x"}}'], "did you mean like"),
        (["model", "list", "--source", "asw"], "no source is named 'asw'; did you mean aws?"),
        (["collect"], "nothing to collect: any source is not enabled"),
        (["collect", "--source", "aws"], "nothing to collect: aws is not enabled"),
        (["collect", "--task", "common:task:link-all"], "common:task:link-all is no collector"),
        (["simulate", "--fault", "latency"], "--fault: NAME=VALUE is expected, not 'latency'"),
        (["simulate", "--fault", "lateny_ms=3"], "no fault is named 'lateny_ms'"),
        (["worker", "start", "--queue", "a=x"], "--queue: NAME or NAME=WEIGHT is expected"),
        (["serve", "--host", "0.0.0.0"], "api.host is 0.0.0.0, which other machines reach"),
        (["up", "--host", "0.0.0.0"], "configure api.auth, or say --insecure"),
        (["--config", "/nowhere.yaml", "db", "status"], "/nowhere.yaml: there is no such file"),
        (
            ["--database-uri", "mysql://a", "db", "status"],
            "database.dsn: a PostgreSQL address is expected",
        ),
        (
            ["--redis-endpoint", "a:b", "task", "enqueue", "common:task:link-all"],
            "redis.endpoint: host:port",
        ),
    ],
)
def test_what_is_misused_exits_with_2_and_says_what_is_right(
    inventory: Inventory, words: list[str], message: str
) -> None:
    assert message in refused(inventory(*words), 2)


def test_an_unknown_key_is_named_with_its_place(inventory: Inventory, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("version: v1alpha1\naws: {servcies: {}}\n")

    message = refused(inventory("--config", str(file), "model", "list"), 2)

    assert message == f"{file}:2: aws.servcies: unknown key; did you mean aws.services?"


def test_a_database_that_is_away_is_named_without_its_password(inventory: Inventory) -> None:
    uri = "postgresql://me:geheim@127.0.0.1:1/inventory"

    for words in (["db", "status"], ["model", "list"], ["task", "list"]):
        message = refused(inventory("--database-uri", uri, *words), 1)
        assert "PostgreSQL at 127.0.0.1:1/inventory cannot be reached" in message
        assert "database.dsn" in message
        assert "geheim" not in message


def test_a_pending_migration_is_named_with_its_remedy(
    inventory: Inventory, empty_database: str, redis_url: str, tmp_path: Path
) -> None:
    given = ["--database-uri", empty_database, "--redis-endpoint", redis_url]
    file = tmp_path / "config.yaml"
    file.write_text(
        "version: v1alpha1\ngardener: {is_enabled: true, authentication: kubeconfig, kubeconfig: /nowhere}\n"
    )

    for words in (
        ["model", "list"],
        ["task", "list"],
        ["task", "enqueue", "common:task:link-all"],
        ["worker", "start"],
        ["scheduler", "start"],
        ["serve"],
        ["--config", str(file), "collect"],
    ):
        assert "run `inventory db migrate`" in refused(inventory(*given, *words), 1)


def test_a_run_is_recorded_though_redis_is_away(inventory: Inventory, database: str) -> None:
    result = inventory(
        "--database-uri",
        database,
        "--redis-endpoint",
        "127.0.0.1:1",
        "task",
        "enqueue",
        "common:task:link-all",
    )

    assert result.status == 0
    assert len(result.out.strip()) == 36
    assert "Redis is away" in result.err


def test_a_port_that_is_taken_is_said(inventory: Inventory, database: str, redis_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused(
            inventory(
                "--database-uri",
                database,
                "--redis-endpoint",
                redis_url,
                "serve",
                "--port",
                str(port),
            ),
            1,
        )

    assert message.startswith(
        f"cannot listen at 127.0.0.1:{port}: address already in use; stop what listens there"
    )


def test_a_stack_trace_is_shown_only_to_those_who_ask(inventory: Inventory) -> None:
    words = ["--database-uri", "postgresql://127.0.0.1:1/x", "db", "status"]

    assert "Traceback" not in inventory(*words).err
    assert "Traceback" in inventory("--debug", *words).err


def test_a_home_that_cannot_be_written_to_is_named(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVENTORY_HOME", "/proc/nowhere")

    for words in (["db", "status"], ["demo", "--exit"]):
        message = refused(inventory(*words), 2)
        assert "/proc/nowhere" in message
        assert "INVENTORY_HOME" in message


def test_an_interrupt_is_quiet_and_exits_with_130(process: Process) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        running = process("--database-uri", f"postgresql://127.0.0.1:{port}/x", "db", "status")
        connection, _ = server.accept()
        with connection:
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=20)

    assert (running.returncode, out, err) == (130, "", "")


def test_a_reader_that_leaves_is_no_error(process: Process) -> None:
    running = process("task", "registered", "--json")
    assert running.stdout is not None
    running.stdout.close()

    running.wait(timeout=20)

    assert running.returncode == 0
    assert running.stderr is not None
    assert running.stderr.read() == ""
