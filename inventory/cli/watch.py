"""What became of runs that were enqueued together, read from the ledger."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from inventory.cli.output import plural

if TYPE_CHECKING:
    from inventory.catalog import Catalog
    from inventory.core.task import Task
    from inventory.db.engine import Connection

_RUNS = """
SELECT id, parent_id, task, scope, payload, state, attempt, seen, written, deleted, progress, error,
       error_code, result
FROM common_run WHERE id = ANY(%(roots)s) OR parent_id = ANY(%(roots)s)
ORDER BY created_at, id
"""
_LINKING = "common:task:link"
_PATIENCE = 5


@dataclass
class Collected:
    """One collector: how many of its scopes are done, and what was in them."""

    task: str
    scopes: int = 0
    complete: int = 0
    failed: int = 0
    seen: int = 0
    written: int = 0
    deleted: int = 0
    listed: bool = False
    """Whether the scopes are known by now."""
    failures: list[tuple[str, str]] = field(default_factory=list)
    """Scope and reason."""

    def fail(self, scope: str, reason: str) -> None:
        self.scopes += 1
        self.failed += 1
        self.failures.append((scope, reason))

    @property
    def is_done(self) -> bool:
        return self.listed and self.complete + self.failed == self.scopes

    @property
    def rows(self) -> dict[str, Any]:
        return {
            "collector": self.task,
            "scopes": self.scopes,
            "complete": self.complete,
            "failed": self.failed,
            "seen": self.seen,
            "changed": self.written,
            "deleted": self.deleted,
        }


class Reporter(Protocol):
    """Who tells people how far it is."""

    def update(self, collected: Sequence[Collected]) -> None: ...


def read(
    db: "Connection", catalog: "Catalog", roots: Iterable[UUID], *, attempts: int
) -> list[Collected]:
    """Where the collectors stand; a scope that failed `attempts` times counts as failed."""
    from psycopg.rows import dict_row

    found: dict[str, Collected] = {}
    with db.cursor(row_factory=dict_row) as cursor:
        for run in cursor.execute(_RUNS, {"roots": list(roots)}):
            if run["task"] != _LINKING:
                _count(
                    found.setdefault(run["task"], Collected(run["task"])), run, catalog, attempts
                )
    return list(found.values())


def _named(payload: dict[str, Any] | None, task: "Task | None") -> str:
    """The scope that a payload names: a run that failed did not get to say it itself."""
    scope = getattr(task, "scope", None)
    names = scope.names() if scope else ()
    return "/".join(str((payload or {}).get(name, "*")) for name in names) or "everything"


def _count(collected: Collected, run: dict[str, Any], catalog: "Catalog", attempts: int) -> None:
    # Waiting as long as it was told to is not failing.
    patience = _PATIENCE if run["error_code"] == "SOURCE_THROTTLED" else attempts
    gave_up = run["state"] in ("archived", "cancelled") or (
        run["state"] == "retry" and run["attempt"] >= patience
    )
    result = run["result"] or {}
    if run["parent_id"] is None and not run["scope"]:
        # It enqueues a run for each scope, or it is the only one and not done yet.
        collected.listed = run["state"] == "completed" or gave_up
        for scope, reason in (result.get("failed") or {}).items():
            collected.fail(scope, reason)
        if gave_up:
            collected.fail("everything", run["error"] or run["state"])
        return
    collected.listed = collected.listed or run["parent_id"] is None
    collected.seen += run["seen"] or run["progress"] or 0
    collected.written += run["written"] or 0
    collected.deleted += run["deleted"] or 0
    scope = run["scope"] or _named(run["payload"], catalog.tasks.get(run["task"]))
    if gave_up:
        collected.fail(scope, run["error"] or run["state"])
    elif run["state"] == "completed" and result.get("withheld"):
        collected.fail(
            scope,
            f"{plural(result['withheld'], 'row')} would be deleted, suspiciously many, and none was; "
            "--confirm-delete if that is right",
        )
    else:
        collected.scopes += 1
        collected.complete += run["state"] == "completed"


def follow(
    db: "Connection",
    catalog: "Catalog",
    roots: Sequence[UUID],
    reporter: Reporter,
    *,
    attempts: int,
    wait: Callable[[float], None],
) -> list[Collected]:
    """Report until every run has come to an end, and return how it ended."""
    while True:
        collected = read(db, catalog, roots, attempts=attempts)
        reporter.update(collected)
        if collected and all(each.is_done for each in collected):
            return collected
        wait(0.25)


def ended(db: "Connection", run: UUID, wait: Callable[[float], None]) -> str | None:
    """Wait for one run and its children; return what went wrong, if anything did."""
    while True:
        states = _family(db, run)
        wrong = [
            error or state for state, error in states if state in ("archived", "cancelled", "retry")
        ]
        if wrong:
            return wrong[0]
        if states and all(state == "completed" for state, _ in states):
            return None
        wait(0.2)


def _family(db: "Connection", run: UUID) -> list[tuple[str, str | None]]:
    rows = db.execute(
        "SELECT state, error FROM common_run WHERE id = %(id)s OR parent_id = %(id)s", {"id": run}
    )
    return [(row[0], row[1]) for row in rows]


def links(db: "Connection", since: Any) -> Iterator[dict[str, Any]]:
    """What reconciling found, of the links that were reconciled since then."""
    rows = db.execute(
        "SELECT name, found, added, removed, error FROM common_link"
        " WHERE reconciled_at >= %s OR error IS NOT NULL ORDER BY name",
        (since,),
    )
    for name, found, added, removed, error in rows:
        yield {
            "link": name,
            "found": found or 0,
            "added": added or 0,
            "removed": removed or 0,
            "error": error,
        }


def leaks(db: "Connection") -> Iterator[dict[str, Any]]:
    """The leak rules as they were last asked."""
    rows = db.execute(
        "SELECT name, status, open_findings, unjudged, why FROM common_leak_rule ORDER BY name"
    )
    for name, status, found, unjudged, why in rows:
        yield {"rule": name, "status": status, "found": found, "unjudged": unjudged, "why": why}
