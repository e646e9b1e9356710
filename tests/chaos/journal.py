"""What processes did, one line of JSON each. An append is one write, so a kill leaves whole lines."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inventory.runtime.context import now


class Journal:
    """The journal of this process."""

    def __init__(self, home: Path) -> None:
        folder = home / "journal"
        folder.mkdir(exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._file = os.open(folder / f"{os.getpid()}-{now()}", flags, 0o600)

    def write(self, event: str, at: float | None = None, **values: Any) -> None:
        """Note an event. `at` is when its writer knew that it might do it."""
        line = {"event": event, "at": now() if at is None else at, "pid": os.getpid(), **values}
        os.write(self._file, json.dumps(line).encode() + b"\n")


def read(home: Path) -> Iterator[dict[str, Any]]:
    """All that was noted, by time."""
    lines = [
        json.loads(line)
        for file in (home / "journal").glob("*")
        for line in file.read_text().splitlines()
    ]
    yield from sorted(lines, key=lambda line: float(line["at"]))
