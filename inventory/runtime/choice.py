"""Which runs are meant: a condition on the ledger that is made of what people remember of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

STATES = ("scheduled", "pending", "active", "retry", "completed", "archived", "cancelled")

LIVE = ("scheduled", "pending", "active", "retry")
"""Those in which a run is still to come to an end."""


@dataclass(frozen=True)
class Choice:
    """Runs for which all of this holds; what is left out does not matter."""

    ids: Sequence[UUID] | None = None
    states: Sequence[str] = ()
    task: str | None = None
    """A task's name; `*` or `%` stands for anything."""
    queue: str | None = None
    """A queue's name, with the same wildcards."""
    job: str | None = None
    parent: UUID | None = None
    scope: str | None = None
    """The part of a source that a collector read, with the same wildcards."""
    error: str | None = None
    """A part of the error, in any case, or the error's code."""
    since: datetime | None = None
    """Recorded no earlier than this."""
    before: datetime | None = None
    """Recorded earlier than this."""

    @property
    def is_everything(self) -> bool:
        return self == Choice()

    def condition(self) -> tuple[str, dict[str, Any]]:
        """SQL over the row `r` of `common_run`, and its named parameters."""
        parts: list[str] = []
        given: dict[str, Any] = {}

        def add(sql: str, name: str, value: Any) -> None:
            parts.append(sql)
            given[name] = value

        if self.ids is not None:
            add("r.id = ANY(%(ids)s)", "ids", list(self.ids))
        if self.states:
            add("r.state = ANY(%(states)s)", "states", list(self.states))
        for name in ("task", "queue", "scope"):
            if (text := getattr(self, name)) is not None:
                like = "*" in text or "%" in text
                add(
                    f"r.{name} {'LIKE' if like else '='} %({name})s",
                    name,
                    pattern(text) if like else text,
                )
        if self.job is not None:
            add("r.job = %(job)s", "job", self.job)
        if self.parent is not None:
            add("r.parent_id = %(parent)s", "parent", self.parent)
        if self.error is not None:
            add(
                "(r.error ILIKE %(error)s OR r.error_code = upper(%(code)s))",
                "error",
                f"%{_literal(self.error)}%",
            )
            given["code"] = self.error
        if self.since is not None:
            add("r.created_at >= %(since)s", "since", self.since)
        if self.before is not None:
            add("r.created_at < %(before)s", "before", self.before)
        return " AND ".join(parts) or "true", given


def pattern(text: str) -> str:
    """A LIKE pattern from a text with `*` or `%` for anything; `_` is only itself."""
    return text.replace("\\", r"\\").replace("_", r"\_").replace("*", "%")


def _literal(text: str) -> str:
    return text.replace("\\", r"\\").replace("_", r"\_").replace("%", r"\%")
