"""Durations as people write them: `90s`, `30m`, `1h30m`, `7d`."""

from __future__ import annotations

import re
from datetime import timedelta

from inventory.errors import ConfigError

SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h|d|w)")


def parse(text: str) -> timedelta:
    """Read `1h30m` and its like. Raises ConfigError for anything else, a bare number included."""
    compact = text.strip().replace(" ", "")
    parts = PART.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise ConfigError(
            f"{text!r} is not a duration; write a number and a unit, such as 30s, 15m, 1h30m or 7d"
        )
    try:
        return timedelta(seconds=sum(float(number) * SECONDS[unit] for number, unit in parts))
    except OverflowError:
        raise ConfigError(f"{text!r} is longer than any duration; write such as 1h30m") from None


def spell(duration: timedelta) -> str:
    """Write a duration so that `parse` reads it back: `1h30m`, `0s`."""
    milliseconds = round(duration.total_seconds() * 1000)
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        size = round(SECONDS[unit] * 1000)
        count, milliseconds = divmod(milliseconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
