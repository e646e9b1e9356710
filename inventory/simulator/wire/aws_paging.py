"""Refusals and page tokens, as the services of AWS share them."""

from __future__ import annotations

import base64
import binascii

import orjson


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def encode(kind: str, place: int, offset: int, page: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([kind, place, offset, page])).decode()


def decode(
    token: str, kind: str, place: int, code: str = "InvalidParameterValue"
) -> tuple[int, int]:
    """The offset and the number of a page. Raises Refused for a token of another list."""
    try:
        found_kind, found_place, offset, page = orjson.loads(base64.urlsafe_b64decode(token))
        if (found_kind, found_place) == (kind, place):
            return int(offset), int(page)
    except (ValueError, TypeError, binascii.Error):
        pass
    raise Refused(400, code, "Unable to parse pagination token")


def page_number(token: str) -> int:
    try:
        return int(orjson.loads(base64.urlsafe_b64decode(token))[3])
    except (ValueError, TypeError, LookupError, binascii.Error):
        return 2
