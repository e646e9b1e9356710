"""Tables for people, and quartiles."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table, aligned."""
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
    print(f"\n### {title}\n")
    for place, row in enumerate([columns, *rows]):
        first, *others = [text.rjust(width) for text, width in zip(row, widths, strict=True)]
        print(f"| {' | '.join([first.strip().ljust(widths[0]), *others])} |")
        if place == 0:
            marks = ["-" * w if i == 0 else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
            print(f"| {' | '.join(marks)} |", flush=True)
    print(flush=True)


def spread(values: Sequence[float]) -> str:
    """`1.25 (1.20–1.31)`: the median and the quartiles."""
    if len(values) < 3:
        return f"{statistics.median(values):.2f}"
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"


def verdict(value: float, limit: float, *, at_least: bool = False) -> str:
    """Whether a goal was met in this run; noise is for the reader to judge."""
    met = value >= limit if at_least else value <= limit
    sign = "≥" if at_least else "≤"
    return f"{sign} {limit:g} {'met' if met else 'missed'}"
