"""What follows from how an attempt ended."""

from __future__ import annotations

import random
from collections.abc import Callable

import psycopg

from inventory.db.engine import first_line
from inventory.errors import DatabaseError, InventoryError, Throttled
from inventory.runtime.ledger import Claimed, Outcome

LONGEST_DELAY = 6 * 3600.0
UNKNOWN_TASK_ATTEMPTS = 3
LONGEST_ERROR = 4000


class Interrupted(BaseException):
    """Raised inside a run that should not go on. Not an Exception, so that no task swallows it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


CANCELLED = "cancelled"
TIMED_OUT = "timed out"
LOST = "lost"
STOPPING = "stopping"


class UnknownTask(InventoryError):
    """This worker knows no task of that name; a newer one might."""

    code = "TASK_UNKNOWN"
    retried = True


class Overtime(InventoryError):
    """The attempt took longer than it may."""

    code = "TIMEOUT"
    retried = True


class Late(InventoryError):
    """Its deadline had passed before it could begin."""

    code = "DEADLINE_PASSED"


def backoff(attempt: int, draw: Callable[[], float] = random.random) -> float:
    """Seconds until the next attempt, after `attempt` of them: 15 s first, 6 h at most."""
    retried = attempt - 1
    return min(retried**4 + 15 + 30 * draw() * (retried + 1), LONGEST_DELAY)


def after(claimed: Claimed, error: BaseException, stretch: float = 1.0) -> Outcome:
    """Decide from the kind of error whether and when the run is tried again."""
    text, code = describe(error)
    if isinstance(error, Interrupted) and error.reason == CANCELLED:
        return _outcome(claimed, "cancelled", text, code)
    if not _worth_another(claimed, error):
        return _outcome(claimed, "archived", text, code)
    usual = backoff(claimed.attempt) * stretch
    delay = error.retry_after if isinstance(error, Throttled) else usual
    if claimed.remaining is not None and delay >= claimed.remaining:
        return _outcome(claimed, "archived", f"{text} (no time is left before its deadline)", code)
    return _outcome(claimed, "retry", text, code, max(delay, 0.0))


def describe(error: BaseException) -> tuple[str, str]:
    """The error for people, and its kind for programs."""
    text, code = _words(error)
    # PostgreSQL keeps neither what is no text nor the character zero.
    clean = text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    return clean[:LONGEST_ERROR], code


def _words(error: BaseException) -> tuple[str, str]:
    if isinstance(error, InventoryError):
        return str(error), error.code
    if isinstance(error, Interrupted):
        return f"The run was {error.reason}.", error.reason.upper().replace(" ", "_")
    if isinstance(error, psycopg.OperationalError):
        return f"PostgreSQL: {first_line(error)}", DatabaseError.code
    return f"{type(error).__name__}: {error}", InventoryError.code


def _worth_another(claimed: Claimed, error: BaseException) -> bool:
    if claimed.attempt > claimed.max_retry:
        return False
    if isinstance(error, UnknownTask):
        return claimed.attempt < UNKNOWN_TASK_ATTEMPTS
    # What is not ours is a bug or a bad day; nobody knows which, so it gets its attempts.
    return error.retried if isinstance(error, InventoryError) else True


def _outcome(
    claimed: Claimed, state: str, text: str, code: str, delay: float | None = None
) -> Outcome:
    return Outcome(claimed.id, claimed.attempt, state, delay, text, code)
