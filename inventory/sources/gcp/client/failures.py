"""What Google refuses → our errors, which say where it happened and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson

from inventory.errors import AccessDenied, BadAnswer, SourceError, Throttled, Unavailable

if TYPE_CHECKING:
    from requests import Response

PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""The statuses that a second attempt may not meet again."""
RATES = frozenset(
    {
        "RATE_LIMIT_EXCEEDED",
        "RESOURCE_EXHAUSTED",
        "concurrentLimitExceeded",
        "quotaExceeded",
        "rateLimitExceeded",
        "userRateLimitExceeded",
    }
)
"""The reasons of a 403 that is a 429."""
DISABLED = frozenset({"SERVICE_DISABLED", "accessNotConfigured"})


class UnknownFields(BadAnswer):
    """The parts of an answer that were asked for are not what the API calls them."""


class Answer:
    """What came back from one of the APIs."""

    def __init__(self, response: Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.body: bytes = response.content

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def passing(self) -> bool:
        """Whether another attempt may fare better."""
        return self.status in PASSING or (self.status == 403 and bool(RATES & self.reasons()))

    def json(self) -> Any:
        return orjson.loads(self.body)

    def retry_after(self) -> float | None:
        """The seconds that the server asks to wait."""
        said = self.headers.get("Retry-After", "")
        return float(said) if said.isdecimal() else None

    def error(self) -> dict[str, Any]:
        """The `error` that explains a refusal; empty if it is something else, as from a proxy."""
        try:
            found = self.json()
        except orjson.JSONDecodeError:
            return {}
        error = found.get("error") if isinstance(found, dict) else None
        return error if isinstance(error, dict) else {}

    def reasons(self) -> set[str]:
        """Why, in the words of the older APIs and of the newer."""
        return {str(part["reason"]) for part in self._parts() if part.get("reason")}

    def refused_fields(self) -> bool:
        """Whether it is the parameter `fields` that is not accepted."""
        return self.status == 400 and (
            "field selection" in str(self.error().get("message", "")).lower()
            or any(part.get("location") == "fields" for part in self._parts())
        )

    def excerpt(self) -> str:
        lines = self.body[:200].decode(errors="replace").strip().split("\n")
        return lines[0].strip() or "no explanation"

    def _parts(self) -> Iterator[dict[str, Any]]:
        error = self.error()
        for member in ("errors", "details"):
            parts = error.get(member)
            for part in parts if isinstance(parts, list) else ():
                if isinstance(part, dict):
                    yield part


def refusal(where: str, permission: str, credential: str, answer: Answer) -> SourceError:
    """The error that an answer with another status than 2xx means."""
    message = str(answer.error().get("message") or answer.excerpt())
    told = f"{where}: HTTP {answer.status}: {message.rstrip('.')}"
    reasons = answer.reasons()
    if answer.status == 429 or (answer.status == 403 and reasons & RATES):
        return Throttled(
            f"{told}; asked too often, even after retries",
            retry_after=answer.retry_after() or 30.0,
        )
    if answer.status == 403 and reasons & DISABLED:
        return AccessDenied(
            f"{told}; enable the API in the project, or leave the project out of the credentials "
            "that this service uses"
        )
    if answer.refused_fields():
        return UnknownFields(told)
    match answer.status:
        case 401:
            return AccessDenied(
                f"{told}; the credential is not accepted: check gcp.credentials.{credential}"
            )
        case 403:
            return AccessDenied(f"{told}; allow the IAM permission {permission} in the project")
        case 404:
            return AccessDenied(
                f"{told}; check gcp.credentials.{credential}.projects, and that the permission "
                f"{permission} is allowed in the project"
            )
        case 400 if "pagetoken" in message.replace(" ", "").lower():
            return Unavailable(f"{told}; the next attempt lists again from the start")
        case status if status in PASSING or status >= 500:
            return Unavailable(told)
    return BadAnswer(told)


def first_line(error: BaseException) -> str:
    """What an error says first; Google's tokens' errors carry whole answers behind it."""
    said = str(error.args[0]) if error.args else str(error)
    return (said.strip().splitlines() or [type(error).__name__])[0].rstrip(".")[:500]
