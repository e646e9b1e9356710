"""Which commands change what others rely on; each use of one is recorded in the audit."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CHANGING = frozenset(
    f"{noun} {verb}"
    for noun, verbs in {
        "task": "enqueue cancel retry archive delete",
        "queue": "pause resume drain",
        "scheduler": "run-now",
        "token": "create revoke",
    }.items()
    for verb in verbs.split()
) | {"collect"}
"""The words of commands. What changes only the machine that it runs on is none of them."""


@dataclass
class Doing:
    """A command that runs."""

    words: str
    told: Mapping[str, Any]
    recorded: bool = False


@contextlib.contextmanager
def recording(doing: Doing | None, dsn: str | None) -> Iterator[None]:
    """Record the command and what comes of it, if it is one that changes something."""
    if doing is None or doing.recorded or dsn is None or doing.words not in CHANGING:
        yield
        return
    doing.recorded = True
    import socket

    import psycopg

    from inventory.db import audit, engine

    attempt = audit.Attempt(
        user(), None, "cli", socket.gethostname(), doing.words, _given(doing.told)
    )
    with engine.connect(dsn) as db:
        try:
            row = db.execute(audit.BEGIN, attempt.parameters()).fetchone()
        except psycopg.errors.UndefinedTable:
            # A database that was never migrated; the command says so itself.
            yield
            return
        assert row is not None  # noqa: S101 - RETURNING always answers
        try:
            yield
        except BaseException as error:
            _end(db, row[0], _outcome(error))
            raise
        _end(db, row[0], audit.DONE)


def user() -> str:
    """Who runs the command, by the machine's word."""
    import getpass

    try:
        found = getpass.getuser()
    except (KeyError, OSError):
        found = f"uid {os.getuid()}"
    behind = os.environ.get("SUDO_USER")
    return f"{found} (sudo by {behind})" if behind and behind != found else found


def _given(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value not in (None, (), False)}


def _outcome(error: BaseException) -> Any:
    import click

    from inventory.db.audit import DONE, Outcome
    from inventory.errors import InventoryError

    match error:
        case click.exceptions.Exit() if error.exit_code == 0:
            return DONE
        case click.exceptions.Exit():
            return Outcome("failed", "EXIT", f"exit status {error.exit_code}")
        case click.ClickException():
            kind = "refused" if error.exit_code == 2 else "failed"
            return Outcome(kind, "CLI", error.format_message())
        case click.Abort() | KeyboardInterrupt():
            return Outcome("failed", "INTERRUPTED")
        case InventoryError():
            return Outcome("failed", error.code, str(error))
    return Outcome("failed", "INTERNAL", type(error).__name__)


def _end(db: Any, event: Any, outcome: Any) -> None:
    """What was done stays done, even if its outcome cannot be recorded."""
    import psycopg

    from inventory.db import audit

    with contextlib.suppress(psycopg.Error):
        db.execute(audit.END, outcome.parameters(event))
