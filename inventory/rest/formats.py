"""The forms that rows come in."""

from __future__ import annotations

from dataclasses import dataclass

from inventory.errors import QueryError

NOT_ACCEPTABLE = "NOT_ACCEPTABLE"


@dataclass(frozen=True)
class Format:
    """A form, its media types with the one that answers carry first, and whether all rows come."""

    name: str
    media_types: tuple[str, ...]
    parameters: str
    streams: bool
    between: bytes
    """What stands between two rows, and after the last."""

    @property
    def content_type(self) -> str:
        return f"{self.media_types[0]}{self.parameters}"


JSON = Format("json", ("application/json",), "", False, b",\n")
NDJSON = Format(
    "ndjson",
    ("application/x-ndjson", "application/ndjson", "application/jsonl"),
    "",
    True,
    b"\n",
)
CSV = Format("csv", ("text/csv",), "; charset=utf-8; header=present", True, b"\r\n")
FORMATS = {each.name: each for each in (JSON, NDJSON, CSV)}


def accepted(accept: str, offers: tuple[Format, ...]) -> Format:
    """The form that an `Accept` header prefers; the first of the offers where it leaves it open.

    Raises QueryError NOT_ACCEPTABLE.
    """
    if not accept.strip():
        return offers[0]
    asked = dict(sorted(_asked(accept), key=lambda each: each[1]))
    best, chosen = 0.0, None
    for offer in offers:
        quality = max(_quality(asked, media_type) for media_type in offer.media_types)
        if quality > best:
            best, chosen = quality, offer
    if chosen is None:
        known = ", ".join(offer.media_types[0] for offer in offers)
        raise QueryError(f"answers are {known}; send one of them as Accept", code=NOT_ACCEPTABLE)
    return chosen


def _quality(asked: dict[str, float], media_type: str) -> float:
    """What is said of the type itself counts before what is said of all types."""
    for said in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if said in asked:
            return asked[said]
    return 0.0


def _asked(accept: str) -> list[tuple[str, float]]:
    found = []
    for part in accept.split(","):
        kind, *parameters = [piece.strip().lower() for piece in part.split(";")]
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                try:
                    quality = min(max(float(value), 0.0), 1.0)
                except ValueError:
                    quality = 0.0
        found.append((kind, quality))
    return found
