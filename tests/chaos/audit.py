"""What must be true at the end, from the ledger, its history and the journals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.chaos import journal

if TYPE_CHECKING:
    from tests.chaos.stage import Outage, Stage

JOBS = tuple(
    {
        "id": f"every {each}",
        "name": "chaos:task:walk",
        "spec": f"@every {each}s",
        "payload": {"number": -each, "steps": 1},
        "queue": "critical",
    }
    for each in (3, 5, 7)
)
TABLES = """
CREATE TABLE chaos_history (
    n bigserial PRIMARY KEY, run_id uuid, was text, is_now text, attempt integer, worker text,
    error text, at timestamptz DEFAULT clock_timestamp());
CREATE TABLE chaos_effect (
    run_id uuid, attempt integer, worker text, at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION chaos_remember() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.state, OLD.attempt, OLD.worker_id)
        IS NOT DISTINCT FROM (NEW.state, NEW.attempt, NEW.worker_id) THEN RETURN NULL;
    END IF;
    INSERT INTO chaos_history (run_id, was, is_now, attempt, worker, error)
    VALUES (NEW.id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state, NEW.attempt,
            NEW.worker_id, NEW.error);
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_remember AFTER INSERT OR UPDATE ON common_run
    FOR EACH ROW EXECUTE FUNCTION chaos_remember();
"""
ACTIVE_OF = "SELECT count(*) FROM common_run WHERE state = 'active' AND worker_id LIKE %s"
LIVE = "SELECT count(*) FROM common_run WHERE state IN ('scheduled', 'pending', 'active', 'retry')"
PAUSE = (
    "INSERT INTO common_queue (name, paused_at) VALUES (%s, now())"
    " ON CONFLICT (name) DO UPDATE SET paused_at = now()"
)
RESUME = "UPDATE common_queue SET paused_at = NULL WHERE name = %s RETURNING name"
FINAL = frozenset({"completed", "archived", "cancelled"})
STEPS: dict[str | None, set[str]] = {
    None: {"pending", "scheduled"},
    "scheduled": {"pending", "cancelled"},
    "pending": {"active", "cancelled"},
    "active": {"completed", "archived", "cancelled", "retry", "pending", "scheduled"},
    "retry": {"pending", "cancelled"},
}
MARGIN = 4.0
"""Seconds after an outage of PostgreSQL in which schedulers connect again."""


@dataclass(frozen=True)
class Fault:
    """What is not as it must be, and whose."""

    what: str
    run: str | None = None


@dataclass
class Books:
    """Everything that was written down."""

    runs: dict[str, dict[str, Any]]
    history: dict[str, list[dict[str, Any]]]
    events: list[dict[str, Any]]
    effects: list[dict[str, Any]]
    began: float
    ended: float
    """When schedulers were stopped, by `now()`; `zero` is that clock's distance to the time."""
    zero: float
    outages: Sequence[Outage]

    @classmethod
    def of(cls, stage: Stage, *, began: float, ended: float, zero: float) -> Books:
        runs = {
            row[0]: dict(zip(RUN, row, strict=True))
            for row in stage.sql(f"SELECT id::text, {', '.join(RUN[1:])} FROM common_run")
        }
        history = defaultdict(list)
        for row in stage.sql(
            f"SELECT run_id::text, {', '.join(STEP[1:])} FROM chaos_history ORDER BY n"
        ):
            history[row[0]].append(dict(zip(STEP, row, strict=True)))
        effects = stage.sql("SELECT run_id::text, attempt, worker, at FROM chaos_effect")
        return cls(
            runs,
            history,
            list(journal.read(stage.home)),
            [dict(zip(("run", "attempt", "worker", "at"), row, strict=True)) for row in effects],
            began,
            ended,
            zero,
            stage.outages,
        )

    def story(self, run: str) -> Iterator[str]:
        """What happened to a run, in order."""
        yield f"run {run}: {self.runs.get(run)}"
        for step in self.history.get(run, ()):
            yield (
                f"  {step['at']:%H:%M:%S.%f} {step['was']} → {step['is_now']}, attempt"
                f" {step['attempt']}, {step['worker']}, {step['error'] or ''}"
            )
        for event in self.events:
            if event.get("run") == run:
                yield f"  {event['at'] - self.began:9.3f} s, process {event['pid']}: {event}"


RUN = ("id", "task", "state", "attempt", "payload", "parent_id", "job", "tick", "error", "result")
STEP = ("run_id", "was", "is_now", "attempt", "worker", "error", "at")


def faults(books: Books) -> list[Fault]:
    """All that is wrong."""
    return [
        *_lost(books),
        *_ends(books),
        *_steps(books),
        *_overlaps(books),
        *_unfinished(books),
        *_children(books),
        *_effects(books),
        *_ticks(books),
    ]


def _lost(books: Books) -> Iterator[Fault]:
    for event in books.events:
        if event["event"] == "accepted" and event["run"] not in books.runs:
            yield Fault("it was accepted and is lost", event["run"])


def _ends(books: Books) -> Iterator[Fault]:
    for run, row in books.runs.items():
        ends = [step for step in books.history[run] if step["is_now"] in FINAL]
        if row["state"] not in FINAL:
            yield Fault(f"it never came to an end: {row['state']}", run)
        if len(ends) != 1:
            yield Fault(f"it came to {len(ends)} ends", run)


def _steps(books: Books) -> Iterator[Fault]:
    for run, steps in books.history.items():
        state, attempt = None, 0
        for step in steps:
            wrong = step["was"] != state or step["is_now"] not in STEPS.get(state, set())
            moved = step["attempt"] - attempt
            allowed = {0}
            if state == "pending" and step["is_now"] == "active":
                allowed = {1}
            elif state == "active" and step["is_now"] in ("pending", "scheduled", "cancelled"):
                # Handed back, or counted when its lease ran out.
                allowed = {0, -1}
            if wrong or moved not in allowed:
                yield Fault(f"{state} → {step['is_now']} with attempt {step['attempt']}", run)
            state, attempt = step["is_now"], step["attempt"]


def _overlaps(books: Books) -> Iterator[Fault]:
    calls: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for event in books.events:
        if "call" in event:
            calls[event["run"]][event["call"]].append(event["at"])
    for run, found in calls.items():
        spans = sorted((min(times), max(times)) for times in found.values())
        for before, after in pairwise(spans):
            if after[0] < before[1]:
                yield Fault(f"two attempts at once, for {before[1] - after[0]:.3f} s", run)


def _unfinished(books: Books) -> Iterator[Fault]:
    done = {event["run"] for event in books.events if event["event"] == "end"}
    for run, row in books.runs.items():
        short = row["task"].removeprefix("chaos:task:")
        if row["state"] == "completed" and short not in ("sulk", "die") and run not in done:
            yield Fault("it is said to be completed and was not", run)


def _children(books: Books) -> Iterator[Fault]:
    numbers = defaultdict(list)
    for row in books.runs.values():
        if row["parent_id"] is not None:
            numbers[str(row["parent_id"])].append(row["payload"].get("number", 0))
    for run, row in books.runs.items():
        if row["task"] == "chaos:task:fan" and row["state"] == "completed":
            wanted = list(range(row["payload"].get("steps", 3)))
            if sorted(numbers[run]) != wanted:
                yield Fault(f"it has {len(numbers[run])} children, not {len(wanted)}", run)


def _effects(books: Books) -> Iterator[Fault]:
    """Each row that stayed was written while its attempt was the one that counted."""
    for effect in books.effects:
        current: tuple[Any, ...] = ()
        for step in books.history[effect["run"]]:
            if step["at"] <= effect["at"]:
                current = (step["is_now"], step["attempt"], step["worker"])
        if current != ("active", effect["attempt"], effect["worker"]):
            yield Fault(f"{effect} was written while it was {current}", effect["run"])


def _ticks(books: Books) -> Iterator[Fault]:
    """Each tick has one run, but for those that PostgreSQL was away for."""
    for job in JOBS:
        distance = float(str(job["spec"]).removeprefix("@every ").removesuffix("s"))
        ticks = sorted(
            row["tick"].timestamp() for row in books.runs.values() if row["job"] == job["id"]
        )
        if len(set(ticks)) != len(ticks):
            yield Fault(f"{job['id']}: a tick has two runs")
        last = books.ended + books.zero - 2 * distance
        # The first tick is that of the first scheduler; after the last, they were stopped.
        for before, after in pairwise([*ticks, max(ticks[-1], last)] if ticks else []):
            missing = before + distance
            while missing < after - distance / 2:
                if not _was_away(books, missing - books.zero, distance):
                    at = missing - books.zero - books.began
                    yield Fault(f"{job['id']}: the tick at {at:.1f} s has no run")
                missing += distance
        if not ticks:
            yield Fault(f"{job['id']}: no tick has a run")


def _was_away(books: Books, at: float, distance: float) -> bool:
    return any(
        outage.what == "PostgreSQL"
        and outage.since - 1 < at + distance
        and outage.until + MARGIN > at - 1
        for outage in books.outages
    )
