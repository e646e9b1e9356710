"""What there is in the toy source, and what goes wrong there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class World:
    """Accounts → regions → how many things; and troubles by `account` or `account/region`.

    A trouble is `denied`, `away`, `throttled`, `shape`, `partly` or `slow`.
    """

    home: Path
    accounts: dict[str, dict[str, int]] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)
    size: int = 1
    """The one attribute of every thing; change it to change every row."""
    delay: float = 0.0
    """Seconds that each hundred things take where the trouble is `slow`."""

    def write(self) -> World:
        """Make it so."""
        values = {k: v for k, v in vars(self).items() if k != "home"}
        fresh = self.home / "toy.json.new"
        fresh.write_text(json.dumps(values))
        fresh.replace(self.home / "toy.json")
        return self

    @classmethod
    def read(cls, home: Path) -> World:
        values: dict[str, Any] = json.loads((home / "toy.json").read_text())
        return cls(home, **values)
