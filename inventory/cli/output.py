"""A table for people, JSON for programs."""

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from inventory.cli.base import Settings

Row = Mapping[str, Any]
_WIDEST = 80


def show(settings: Settings, rows: Iterable[Row], columns: Sequence[str], *, empty: str) -> None:
    """Print rows; of each, the columns that are named. Without a row, `empty` says so."""
    every = list(rows)
    if settings.json:
        print_json([{column: row.get(column) for column in columns} for row in every])
    elif not every:
        print(empty)
    else:
        print_table(every, columns)


def show_one(settings: Settings, row: Row, *, blocks: Sequence[str] = ()) -> None:
    """Print one thing, a line for each value; `blocks` below the others, as they are long."""
    if settings.json:
        print_json(row)
        return
    short = {key: value for key, value in row.items() if key not in blocks}
    widest = max(map(len, short), default=0)
    for key, value in short.items():
        print(f"{key.replace('_', ' '):<{widest}}  {text(value)}")
    for key in blocks:
        if row.get(key) not in (None, "", {}, []):
            value = row[key]
            print(f"\n{key.replace('_', ' ')}:")
            print(value if isinstance(value, str) else as_json(value))


def print_table(rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Columns that are aligned, without borders; numbers at the right."""
    numeric = {
        column
        for column in columns
        if all(isinstance(row.get(column), int | float | None) for row in rows)
        and not any(isinstance(row.get(column), bool) for row in rows)
    }
    heads = [column.replace("_", " ").upper() for column in columns]
    cells = [[_cut(text(row.get(column))) for column in columns] for row in rows]
    widths = [max(map(_width, column)) for column in zip(heads, *cells, strict=True)]
    for number, line in enumerate([heads, *cells]):
        parts = [
            _padded(cell, width, right=column in numeric)
            for cell, width, column in zip(line, widths, columns, strict=True)
        ]
        joined = "  ".join(parts).rstrip()
        print(_bold(joined) if number == 0 else joined)


def print_json(value: object) -> None:
    print(as_json(value))


def as_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def text(value: object) -> str:
    """A value in one cell: `-` for what is not there."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=_plain) if value else "-"
    return " ".join(str(value).split())


def ago(moment: datetime | None, now: datetime | None = None) -> str | None:
    """`5m ago`."""
    if moment is None:
        return None
    seconds = int(((now or datetime.now(UTC)) - moment).total_seconds())
    if seconds < 0:
        return f"in {_rough(-seconds)}"
    return f"{_rough(seconds)} ago"


def took(duration: timedelta | float) -> str:
    """`1.3 s`, `4m12s`."""
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds) // 60}m{int(seconds) % 60:02}s"


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """`1 row`, `2 rows`."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}".replace(",", " ")


def _cut(cell: str) -> str:
    return cell if len(cell) <= _WIDEST else cell[: _WIDEST - 1] + "…"


def _rough(seconds: int) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)


def _width(cell: str) -> int:
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in cell
    )


def _padded(cell: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(cell))
    return space + cell if right else cell + space


def coloured() -> bool:
    """Whether the one who reads can see colours, and wants to."""
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


def _bold(line: str) -> str:
    return f"\x1b[1m{line}\x1b[0m" if coloured() else line
