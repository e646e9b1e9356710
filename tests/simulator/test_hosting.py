"""Starting and stopping, and the configuration that is written."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import orjson
import pytest
import yaml

from inventory.simulator import Landscape, Running, configuration, running, write_configuration


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body


def test_the_answer_key_over_http_is_the_one_in_process(quiet: Running) -> None:
    assert orjson.loads(fetch(f"{quiet.url}/_truth")) == quiet.truth()
    narrowed = fetch(f"{quiet.url}/_truth?ids=0&unmanaged=reachable&excluded_regions=eu-west-1")
    assert orjson.loads(narrowed) == quiet.truth(
        ids=False, unmanaged_reachable=True, excluded_regions=["eu-west-1"]
    )


def test_time_passes_over_http() -> None:
    with running(50) as simulator:
        request = urllib.request.Request(f"{simulator.url}/_tick", method="POST")
        with urllib.request.urlopen(request) as answer:
            ticked = orjson.loads(answer.read())

        assert ticked["generation"] == simulator.landscape.generation == 1
        assert simulator.truth()["landscape"]["generation"] == 1


def test_people_find_the_pages(quiet: Running) -> None:
    assert b"/_truth" in fetch(quiet.url)


def test_connections_are_kept(quiet: Running) -> None:
    host, port = quiet.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        for _ in range(3):
            connection.sendall(b"GET /_requests HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"Connection: keep-alive" in answer


@pytest.mark.parametrize(
    "wrong",
    [
        b"hello\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n\xff\xfe\xfd\xfc",
        b"GET /seeds HTTP/1.1\r\n\r\n",
        b"GET /garden HTTP/1.1\r\n\r\n",
        b"GET /gardens HTTP/1.1\r\n\r\n",
        b"GET //x HTTP/1.1\r\n\r\n",
    ],
)
def test_what_makes_no_sense_is_refused(quiet: Running, wrong: bytes) -> None:
    host, port = quiet.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(wrong)

        assert connection.recv(65536).startswith(b"HTTP/1.1 4")


def test_the_configuration_is_complete(tmp_path: Path) -> None:
    written = write_configuration(tmp_path / "sim.yaml", "http://127.0.0.1:1", Landscape(20))

    assert yaml.safe_load((tmp_path / "sim.yaml").read_text()) == written
    assert written == configuration(
        "http://127.0.0.1:1",
        Landscape(20).accounts,
        tmp_path / "sim-garden.kubeconfig",
        projects=Landscape(20).projects,
        key_file=tmp_path / "sim-google.json",
    )
    assert written["aws"]["credentials"]["account-111122223333"] == {
        "token_retriever": "static",
        "access_key_id": "AKIA111122223333",
        "secret_access_key": "simulated-not-a-secret",
    }
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("unmanaged", "key"), [("kubeconfig", "seed_kubeconfigs"), ("excluded", "excluded_seeds")]
)
def test_the_unmanaged_seed_is_named_as_asked(
    quiet: Running, tmp_path: Path, unmanaged: str, key: str
) -> None:
    assert list(quiet.config(tmp_path, unmanaged=unmanaged)["gardener"][key]) == ["soil"]
    assert key not in quiet.config(tmp_path)["gardener"]


def test_the_unmanaged_seed_is_a_cluster_of_google_if_asked(quiet: Running, tmp_path: Path) -> None:
    config = quiet.config(tmp_path, unmanaged="soil")

    assert config["gardener"]["soil_clusters"] == {"gcp": "soil"}
    assert config["gcp"]["soil_cluster"] == {
        "cluster_name": "soil",
        "use_credentials": "project-sim-prod-1",
    }


def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        target = tmp_path / "sim.yaml"
        command = [sys.executable, "-m", "inventory.simulator", "--shoots", "30"]
        process = subprocess.Popen(
            [*command, "--port", str(port), "--write-config", str(target)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        with process:
            assert process.stdout is not None
            said = process.stdout.readline()
            process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)", said)
            assert found
            truth = orjson.loads(fetch(f"{found[0]}/_truth"))
            process.send_signal(signal.SIGTERM)
            started = time.monotonic()
            code = process.wait(timeout=10)

    assert int(found[1]) != port
    assert truth["landscape"]["shoots"] == 30
    assert yaml.safe_load(target.read_text())["aws"]["endpoint"] == found[0]
    assert code == 0
    assert time.monotonic() - started < 10


def test_the_command_explains_itself() -> None:
    help_text = subprocess.run(
        [sys.executable, "-m", "inventory.simulator", "--help"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    for word in ("--shoots", "--write-config", "/_truth", "/_tick", "/_faults"):
        assert word in help_text


def test_the_package_needs_no_other_part_of_inventory() -> None:
    script = (
        "import sys, inventory.simulator, inventory.simulator.__main__\n"
        "print([m for m in sys.modules if m.startswith('inventory.')"
        " and not m.startswith('inventory.simulator')])"
    )

    answer = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout

    assert answer.strip() == "[]"
