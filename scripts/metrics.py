"""`python -m scripts.metrics`: write the tables of docs/operations.md from the metrics and alerts.

With `--check`, write nothing and fail if the file is not current.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

from inventory.telemetry.listing import described

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "operations.md"


def metrics() -> str:
    """The table of metrics."""
    lines = ["| metric | type | labels | what it is |", "|:--|:--|:--|:--|"]
    for each in described():
        labels = ", ".join(each.labels) or "–"
        kind = f"{each.kind}, state" if each.is_state else each.kind
        lines.append(f"| `{each.name}` | {kind} | {labels} | {each.doc} |")
    return "\n".join(lines)


def alerts() -> str:
    """The rows of the table of alerts."""
    rules = yaml.safe_load((ROOT / "deployment/prometheus/alerts.yaml").read_text())["groups"][0]
    return "\n".join(
        f"| {each['alert']} ({each['labels']['severity']}) | `{each['expr'].replace('|', '')}` |"
        for each in rules["rules"]
    )


def render(text: str) -> str:
    """The page with its tables as they should be."""
    text = re.sub(
        r"(<!-- metrics:[^\n]*-->\n).*?(\n<!-- end of metrics -->)",
        lambda found: f"{found[1]}{metrics()}{found[2]}",
        text,
        flags=re.DOTALL,
    )
    return re.sub(
        r"(\| alert \| when \|\n\|:--\|:--\|\n).*?(\n\n## )",
        lambda found: f"{found[1]}{alerts()}{found[2]}",
        text,
        count=1,
        flags=re.DOTALL,
    )


def main() -> None:
    text = FILE.read_text("utf-8")
    wanted = render(text)
    if text != wanted and "--check" in sys.argv[1:]:
        sys.exit("docs/operations.md: its tables are not current; `make docs` writes them")
    FILE.write_text(wanted, "utf-8")


if __name__ == "__main__":
    main()
