"""What an API server refuses → our errors, which say where it happened and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from inventory.errors import AccessDenied, BadAnswer, SourceError, Throttled, Unavailable

PASSING = frozenset({429, 500, 502, 503, 504})
"""The statuses that a second attempt may not meet again."""
PATH = re.compile(
    r"/apis/(?P<group>[^/]+)/[^/]+(?:/namespaces/[^/]+)?/(?P<plural>[^/?]+)(?:/[^/]+/(?P<sub>[^/?]+))?"
)


class Expired(SourceError):
    """A continue token is older than the snapshots that the API server keeps.

    `resume` is the token, if the server gave one, that goes on behind the last page in the present
    state.
    """

    def __init__(self, message: str, resume: str | None) -> None:
        super().__init__(message)
        self.resume = resume


def refusal(where: str, method: str, path: str, answer: Answer) -> SourceError:
    """The error that an answer with another status than 2xx means."""
    said = answer.status_object()
    message = str(said.get("message") or said.get("reason") or answer.excerpt())
    told = f"{where}: HTTP {answer.status}: {message}"
    match answer.status:
        case 401:
            return AccessDenied(
                f"{told}; the token or certificate is not accepted: check gardener.authentication "
                "and the file that it names"
            )
        case 403:
            return AccessDenied(f"{told}; allow {permission(method, path)}")
        case 404:
            return BadAnswer(f"{told}; this API is not served there")
        case 410:
            metadata = said.get("metadata")
            resume = metadata.get("continue") if isinstance(metadata, Mapping) else None
            return Expired(told, resume or None)
        case 429:
            return Throttled(
                f"{told}; asked too often, even after retries",
                retry_after=answer.retry_after() or 30.0,
            )
        case status if status >= 500:
            return Unavailable(told)
    return BadAnswer(told)


def permission(method: str, path: str) -> str:
    """The RBAC rule that a call needs: `list on shoots.core.gardener.cloud`."""
    verb = {"GET": "list", "POST": "create"}.get(method, method.lower())
    found = PATH.match(path)
    if found is None:
        return f"{verb} on {path}"
    sub = f"/{found['sub']}" if found["sub"] else ""
    return f"{verb} on {found['plural']}{sub}.{found['group']}"


class Answer:
    """What came back from an API server."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        return orjson.loads(self.body)

    def retry_after(self) -> float | None:
        """The seconds that the server asks to wait."""
        said = self.headers.get("Retry-After", "")
        return float(said) if said.isdecimal() else None

    def status_object(self) -> dict[str, Any]:
        """The `Status` that explains a refusal; empty if it is something else, as from a proxy."""
        try:
            found = self.json()
        except orjson.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    def excerpt(self) -> str:
        lines = self.body[:200].decode(errors="replace").split("\n")
        return lines[0].strip() or "no explanation"
