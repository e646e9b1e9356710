"""All that is known of one run."""

from typing import Any
from uuid import UUID

from inventory.cli.base import Settings
from inventory.cli.ledger import Reading
from inventory.cli.output import ago, plural, print_json, print_table, show_one
from inventory.runtime.choice import Choice

CHILDREN = 20
STATES = "SELECT state, count(*) AS runs FROM common_run WHERE parent_id = %(id)s GROUP BY state"
BELOW = """
SELECT id, task, scope, state, attempt, error FROM common_run WHERE parent_id = %(id)s
ORDER BY state = 'completed', state, created_at, id LIMIT %(limit)s
"""
LONG = ("payload", "error", "result")


def run(read: Reading, run_id: UUID) -> dict[str, Any] | None:
    """A run, with the run that it comes from and those that it fanned out."""
    found = read.runs(Choice(ids=[run_id]), 1)
    if not found:
        return None
    (row,) = found
    parent = read.runs(Choice(ids=[row["parent_id"]]), 1) if row["parent_id"] else []
    states = {each["state"]: each["runs"] for each in read(STATES, {"id": run_id})}
    below = read(BELOW, {"id": run_id, "limit": CHILDREN}) if states else []
    return {
        **row,
        "parent": {key: parent[0][key] for key in ("id", "task", "state")} if parent else None,
        "children": {"states": states, "runs": below},
    }


def tell(settings: Settings, found: dict[str, Any]) -> None:
    """Print it."""
    if settings.json:
        print_json(found)
        return
    row = dict(found)
    children, parent = row.pop("children"), row.pop("parent")
    attempts = row.pop("max_retry") + 1
    row["attempt"] = f"{row['attempt']} of {attempts}"
    progress, total = row.pop("progress"), row.pop("total")
    if progress is not None:
        row["progress"] = f"{progress} of {total}" if total is not None else progress
    if row["run_at"] is not None:
        row["run_at"] = f"{row['run_at']:%Y-%m-%d %H:%M:%SZ} ({ago(row['run_at'])})"
    if parent is not None:
        row["parent_id"] = f"{parent['id']} ({parent['task']}, {parent['state']})"
    empty = {key for key, value in row.items() if value in (None, False, {}) and key not in LONG}
    show_one(settings, {k: v for k, v in row.items() if k not in empty}, blocks=LONG)
    _tell_children(children)


def _tell_children(children: dict[str, Any]) -> None:
    states, runs = children["states"], children["runs"]
    if not runs:
        return
    total = sum(states.values())
    summed = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    print(f"\nfanned out {plural(total, 'run')}: {summed}")
    print_table(runs, ("id", "task", "scope", "state", "attempt", "error"))
    if total > len(runs):
        print(f"and {total - len(runs)} more; `inventory task list --parent ID` lists them")
