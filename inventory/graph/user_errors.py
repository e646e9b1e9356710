"""Errors that are data: what the caller of a mutation can put right."""

from __future__ import annotations

from typing import Any

from inventory.graph import types
from inventory.graph.types import field

UserErrorCode = types.enum_type(
    "UserErrorCode",
    "Kinds of errors that the caller can put right.",
    {
        "INVALID": "the input cannot be used",
        "UNKNOWN_TASK": "no task has this name",
        "NOT_FOUND": "there is none of this id or name",
        "WRONG_STATE": "its state does not allow it",
        "TOO_MANY": "more would be touched than the caller allows",
    },
)
UserError = types.object_type(
    "UserError",
    "Something that the caller can put right.",
    [
        field("code", UserErrorCode, "For programs."),
        field("message", str, "For people."),
        field("path", types.optional(types.list_of(str)), "The input that it is about."),
    ],
)


def user_error(code: str, message: str, path: list[str] | None = None) -> dict[str, Any]:
    """An error as the payload of a mutation holds it."""
    return {"code": code, "message": message, "path": path}
