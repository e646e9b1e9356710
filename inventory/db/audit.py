"""The audit: who tried to change what, from where, and what came of it.

An event is written before the change is tried, and completed after it: a change without an event
cannot happen, and an event without an outcome tells of a process that died in between.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

BEGIN = """
INSERT INTO common_audit_event (actor, role, via, origin, action, arguments)
VALUES (%(actor)s, %(role)s, %(via)s, %(origin)s, %(action)s, %(arguments)s::jsonb)
RETURNING id
"""
END = """
UPDATE common_audit_event
SET outcome = %(outcome)s, code = %(code)s, message = %(message)s, run_id = %(run_id)s,
    finished_at = clock_timestamp(), updated_at = now()
WHERE id = %(id)s
RETURNING id
"""
FORGET = "DELETE FROM common_audit_event WHERE created_at < now() - %s"

SECRET = re.compile(
    r"passw|passphrase|secret|token|credential|private.?key|api.?key", re.IGNORECASE
)
LONGEST_TEXT = 500
LONGEST = 4000
"""Of the arguments as JSON, in characters."""


@dataclass(frozen=True)
class Attempt:
    """What someone is about to do."""

    actor: str
    role: str | None
    via: str
    origin: str | None
    action: str
    arguments: Mapping[str, Any]

    def parameters(self) -> dict[str, Any]:
        """Of BEGIN."""
        return {
            "actor": storable(self.actor),
            "role": self.role,
            "via": self.via,
            "origin": self.origin,
            "action": storable(self.action),
            "arguments": shown(self.arguments),
        }


@dataclass(frozen=True)
class Outcome:
    """What came of it: `done`, `refused` or `failed`."""

    outcome: str
    code: str | None = None
    message: str | None = None
    run_id: UUID | None = None

    def parameters(self, event: UUID) -> dict[str, Any]:
        """Of END."""
        message = None if self.message is None else storable(self.message)
        return {
            "id": event,
            "outcome": self.outcome,
            "code": self.code,
            "message": message,
            "run_id": self.run_id,
        }


DONE = Outcome("done")


def shown(arguments: Mapping[str, Any]) -> str:
    """Arguments as JSON, without secrets and without what is too long to be kept."""
    text = json.dumps(_shown(arguments))
    if len(text) <= LONGEST:
        return text
    return json.dumps(
        {"left_out": f"{len(text)} characters", "keys": sorted(map(str, arguments))[:50]}
    )


def storable(text: str) -> str:
    """Text as PostgreSQL can store it, not too long."""
    kept = text.replace("\0", "�").encode("utf-8", "replace").decode()
    return kept if len(kept) <= LONGEST_TEXT else f"{kept[:LONGEST_TEXT]}…"


def _shown(value: Any) -> Any:
    match value:
        case Mapping():
            return {
                storable(str(key)): "***" if SECRET.search(str(key)) and item else _shown(item)
                for key, item in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [_shown(item) for item in value]
        case None | bool() | int():
            return value
        case str() if value[:1] in ("{", "["):
            # JSON as text, such as a task's payload, may hold secrets as well.
            try:
                return _shown(json.loads(value))
            except (ValueError, RecursionError):
                return storable(value)
    return storable(str(value))
