"""The services as processes: they say where they are, answer, and leave nothing behind."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from inventory.cli import up
from inventory.cli.demo import own_environment
from inventory.config import Config, DatabaseConfig, Dsn
from inventory.errors import DatabaseError

Process = Callable[..., "subprocess.Popen[str]"]


class Log:
    """What a process says, line by line."""

    def __init__(self, stream: Any) -> None:
        self.text = ""
        self.thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self.thread.start()

    def _read(self, stream: Any) -> None:
        with contextlib.suppress(ValueError):
            # It is closed when the test is over.
            for line in stream:
                self.text += line

    def wait(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ended = not self.thread.is_alive()
            if found := re.search(pattern, self.text):
                return found
            if ended:
                break
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in {self.text!r}")


def asked(url: str, query: str) -> Any:
    request = urllib.request.Request(
        f"{url}/graphql",
        json.dumps({"query": query}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


@pytest.fixture
def given(database: str, redis_url: str) -> list[str]:
    return ["--database-uri", database, "--redis-endpoint", redis_url]


def test_up_serves_works_and_stops(process: Process, given: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = process(*given, "up", "--port", str(port))
        log = Log(running.stderr)
        log.wait(r"ready .*\n")
        url = log.wait(r"API +(http://127\.0\.0\.1:\d+)")[1]
        moved = log.wait(rf"port {port} is taken, so (\d+) it is")[1]

        enqueued = asked(
            url, "mutation { commonLinkAll(input: {}) { run { id } errors { message } } }"
        )
        run_id = enqueued["data"]["commonLinkAll"]["run"]["id"]
        end = time.monotonic() + 20
        state = ""
        while state != "COMPLETED" and time.monotonic() < end:
            state = asked(url, f'{{ commonRun(id: "{run_id}") {{ state }} }}')["data"]["commonRun"][
                "state"
            ].upper()
            time.sleep(0.1)

    running.send_signal(signal.SIGINT)
    running.wait(timeout=20)

    assert url.endswith(moved)
    assert state == "COMPLETED"
    assert running.returncode == 0
    log.wait("stopped +everything")
    assert "Traceback" not in log.text


def test_up_brings_servers_of_its_own_and_takes_them_along(
    process: Process, tmp_path: Path
) -> None:
    running = process("up", "--port", "0")
    log = Log(running.stderr)
    log.wait(r"ready .*\n")
    url = log.wait(r"API +(http://\S+)")[1]

    answer = asked(url, "{ awsVpcs { totalCount } }")
    running.send_signal(signal.SIGTERM)
    running.wait(timeout=20)

    assert answer == {"data": {"awsVpcs": {"totalCount": 0}}}
    assert "migrations " in log.text
    assert re.search("sources +none is enabled.*`inventory init`.*`inventory demo`", log.text)
    assert running.returncode == 0
    assert log.text.rstrip().endswith("everything that was started")
    listed = subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    ).stdout
    assert str(tmp_path) not in listed


def test_a_home_of_another_version_is_refused_with_a_way_out(database: str, tmp_path: Path) -> None:
    given = Config.model_validate({"home": str(tmp_path)})
    running = given.model_copy(update={"database": DatabaseConfig(dsn=Dsn(database))})
    with psycopg.connect(database, autocommit=True) as db:
        before = db.execute("SELECT version_num FROM alembic_version").fetchone()
        db.execute("UPDATE alembic_version SET version_num = 'f00'")
        try:
            with pytest.raises(DatabaseError, match=f"f00.* move {tmp_path} away"):
                up._migrate(given, running, up.say)
        finally:
            db.execute("UPDATE alembic_version SET version_num = %s", before)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["worker", "start", "--concurrency", "2", "--queue", "a=2"],
            r"worker +2 runs at a time from a\n",
        ),
        (["scheduler", "start"], r"scheduler +2 jobs\n"),
        (["serve", "--port", "0"], r"API +http://127\.0\.0\.1:\d+\n"),
    ],
)
def test_a_service_says_that_it_is_ready_and_stops_when_told(
    process: Process, given: list[str], words: list[str], said: str
) -> None:
    running = process(*given, *words)
    log = Log(running.stderr)
    log.wait(said)

    running.send_signal(signal.SIGTERM)
    running.wait(timeout=20)

    assert running.returncode == 0
    assert "Traceback" not in log.text


def test_a_simulator_writes_a_configuration_and_ends_with_its_starter(
    process: Process, tmp_path: Path
) -> None:
    file = tmp_path / "sim.yaml"
    running = process(
        *("simulate", "--shoots", "3", "--port", "0", "--write-config", str(file), "--until-eof"),
        stdin=subprocess.PIPE,
    )
    log = Log(running.stdout)
    url = log.wait(r"(http://127\.0\.0\.1:\d+)")[1]
    log.wait("configuration: ")

    with urllib.request.urlopen(f"{url}/_truth", timeout=10) as response:
        truth = json.load(response)
    assert running.stdin is not None
    running.stdin.close()
    running.wait(timeout=10)

    assert truth
    assert url in file.read_text()
    assert running.returncode == 0


@pytest.mark.slow
def test_collecting_needs_no_migration_of_a_database_of_our_own(
    process: Process, tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "version: v1alpha1\n"
        "gardener: {is_enabled: true, authentication: kubeconfig, kubeconfig: /nowhere}\n"
    )

    running = process("--config", str(file), "collect", "--task", "g:task:collect-shoots")
    out, _ = running.communicate(timeout=60)

    assert running.returncode == 1
    assert "/nowhere" in out
    assert "0 rows in 1 scope (1 failed)" in out


def test_the_demo_finds_what_was_left_behind(process: Process) -> None:
    first = _demo(process)
    again = _demo(process)

    assert first == again
    assert int(first[1]) > 0
    assert int(first[4]) > 0


def _demo(process: Process) -> tuple[str | Any, ...]:
    running = process("demo", "--shoots", "10", "--port", "0", "--exit", stdin=subprocess.DEVNULL)
    log = Log(running.stdout)
    errors = Log(running.stderr)
    running.wait(timeout=240)
    assert running.returncode == 0, log.text + errors.text
    assert "curl -s http://127.0.0.1:" in log.text
    found = log.wait(
        r"Found (\d+) VPCs, (\d+) shoots and ([\d ]+) edges in \S+(?: s)?; (\d+) VPCs? without a shoot"
    )
    return (found[0].split(" in ")[0], *found.groups())


def test_the_demo_keeps_away_from_real_servers_and_clouds() -> None:
    environ = {
        "PATH": "/bin",
        "INVENTORY_HOME": "/data",
        "INVENTORY_API_PORT": "1",
        "INVENTORY_CONFIG": "real.yaml",
        "INVENTORY_DATABASE_DSN": "postgresql://real",
        "INVENTORY_AWS_IS_ENABLED": "true",
        "DATABASE_URI": "postgresql://real",
        "REDIS_ENDPOINT": "real:1",
    }

    kept = own_environment(environ)

    assert kept == {"PATH": "/bin", "INVENTORY_HOME": "/data", "INVENTORY_API_PORT": "1"}
