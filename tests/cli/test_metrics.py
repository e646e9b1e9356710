"""Services as processes: where they say that their metrics are, they are."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest

Process = Callable[..., "subprocess.Popen[str]"]


@pytest.mark.parametrize(
    ("service", "address", "is_open"),
    [("worker", "127.0.0.1:0", False), ("scheduler", ":0", True)],
)
def test_a_service_tells_where_its_metrics_are_and_who_may_read_them(
    process: Process,
    database: str,
    redis_url: str,
    service: str,
    address: str,
    is_open: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(f"INVENTORY_{service.upper()}_METRICS_ADDRESS", address)
    monkeypatch.setenv("INVENTORY_DATABASE_DSN", database)
    monkeypatch.setenv("INVENTORY_REDIS_ENDPOINT", redis_url)
    started: Any = process(service, "start")
    said = ""
    for line in started.stderr:
        said += line
        if line.startswith(service):
            break

    found = re.search(r"^metrics  (http://127\.0\.0\.1:\d+)/metrics(.*)$", said, re.MULTILINE)
    assert found, said
    ready = httpx.get(f"{found[1]}/readyz", timeout=30)
    metrics = httpx.get(f"{found[1]}/metrics", timeout=30)
    started.send_signal(signal.SIGTERM)

    assert ("nobody is asked for a token" in found[2]) is is_open
    assert ready.json()["status"] == "ok"
    assert f'inventory_build_info{{service="{service}"' in metrics.text
    assert started.wait(30) == 0
