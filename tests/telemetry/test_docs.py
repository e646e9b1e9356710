"""docs/operations.md says what there is."""

from __future__ import annotations

import re

from inventory.config import Config
from scripts.metrics import FILE, render

TEXT = FILE.read_text()


def test_the_tables_are_current() -> None:
    assert render(TEXT) == TEXT, "`make docs` writes them"


def test_addresses_are_those_of_the_configuration() -> None:
    config = Config()

    for metrics in (config.worker.metrics, config.scheduler.metrics):
        assert f"`{metrics.address}{metrics.path}`" in TEXT


def test_commands_and_files_exist() -> None:
    root = FILE.parents[1]
    named = set(re.findall(r"`?(deployment/[\w./-]+)", TEXT))

    assert named
    assert [path for path in named if not (root / path.rstrip(".")).exists()] == []
