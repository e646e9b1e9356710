"""PostgreSQL is restarted under the engine: it says so while it lasts, and goes on after."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inventory.embedded import services
from inventory.graph.schema import Schema
from tests.graph.conftest import asking, create_zoo


@pytest.fixture
def home() -> Iterator[Path]:
    """A short path that the servers' account may enter, for servers of this test alone."""
    with tempfile.TemporaryDirectory(prefix="inv-restart-") as folder:
        path = Path(folder)
        path.chmod(0o711)
        yield path


def stop(home: Path) -> None:
    """Shut the home's PostgreSQL down as its administrator would, and wait for the end."""
    (file,) = home.rglob("postmaster.pid")
    os.kill(int(file.read_text().splitlines()[0]), signal.SIGINT)
    deadline = time.monotonic() + 20
    while file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


async def test_a_restart_is_told_and_survived(
    home: Path, zoo_schema: Schema, caplog: pytest.LogCaptureFixture
) -> None:
    text = "{ zooHouses { totalCount } }"
    with services(home, redis=False, durable=False) as first:
        assert first.dsn
        create_zoo(first.dsn)
        async with asking(first.dsn, zoo_schema) as ask:
            before = await ask(text)

            stop(home)
            meanwhile = await ask.full(text)
            with services(home, redis=False, durable=False):
                after = await ask(text)

    assert before == after == {"zooHouses": {"totalCount": 0}}
    assert meanwhile["data"] is None
    assert meanwhile["errors"][0]["extensions"]["code"] == "DATABASE_UNAVAILABLE"
    assert str(home) not in meanwhile["errors"][0]["message"]
    (record,) = [each for each in caplog.records if each.message == "database unavailable"]
    assert record.exc_info is None
    assert record.__dict__["reason"]
