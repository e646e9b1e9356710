"""Fail if schema.graphql breaks clients without a word in CHANGELOG.md: `python -m scripts.compatibility`.

It is compared with the schema of the newest release, which is the newest tag `v*` that the working
tree descends from.  Before the first release it is compared with the last commit, so that nobody
breaks what others build on without noticing.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from inventory.graph import changes

SCHEMA, CHANGELOG = Path("schema.graphql"), Path("CHANGELOG.md")


def main() -> int:
    baseline = _git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*") or "HEAD"
    released = _git("show", f"{baseline.strip()}:{SCHEMA}")
    if released is None:
        print("There is no earlier schema to compare with: this is no clone with a commit of one.")
        return 0
    current = SCHEMA.read_text()
    if current == released:
        return 0
    names = changes.declared(CHANGELOG.read_text())
    broken = [
        change
        for change in changes.changes(released, current)
        if change.level == "breaking" and not changes.is_declared(change, names)
    ]
    for change in broken:
        print(f"{change.coordinate}: {change}")
    if broken:
        print(
            f"{len(broken)} of the changes of {SCHEMA} since {baseline.strip()} would break clients. Name each in"
            f" backticks under `### Breaking` in the newest section of {CHANGELOG}, or undo it."
        )
    return 1 if broken else 0


def _git(*arguments: str) -> str | None:
    """What git answers; nothing where it has no answer, or where there is no git."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main())
