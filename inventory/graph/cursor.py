"""Keyset cursors: the place of a row in a list, as text that clients hand back unread."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

from inventory.errors import QueryError

BAD_CURSOR = "BAD_CURSOR"


UNREADABLE = (binascii.Error, ValueError, TypeError, UnicodeEncodeError)


def unpack(cursor: str) -> list[Any]:
    """What a cursor holds: its key, then the key values. Raises one of UNREADABLE."""
    padded = cursor + "=" * (-len(cursor) % 4)
    found: list[Any] = orjson.loads(base64.b64decode(padded.encode("ascii"), b"-_", validate=True))
    return found


def key_of(type_name: str, order: Iterable[str]) -> str:
    """What a cursor begins with, so that it is refused where another list or order is asked for."""
    text = "\x1f".join([type_name, *order])
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def read(cursor: str, key: str, length: int) -> list[Any]:
    """The key values in a cursor. Raises QueryError BAD_CURSOR if it is not one of this list."""
    try:
        found, *values = unpack(cursor)
    except UNREADABLE:
        raise QueryError(
            "this is not a cursor; take one from pageInfo or an edge", code=BAD_CURSOR
        ) from None
    if found != key or len(values) != length:
        raise QueryError(
            "the cursor comes from another list or another order; start again without it",
            code=BAD_CURSOR,
        )
    # The last is the row's id, which is never NULL.
    if values[-1] is None or not all(value is None or isinstance(value, str) for value in values):
        raise QueryError("this is not a cursor; take one from pageInfo or an edge", code=BAD_CURSOR)
    return values


def sql(key: str, values: Iterable[tuple[str, bool]]) -> str:
    """SQL of the cursor of a row, as JSON text; `values` are expressions and whether they may be
    NULL. They are kept as text, since a JSON number would lose digits of a numeric.
    """
    parts = "".join(
        f"||','||COALESCE(to_json(({text})::text)::text,'null')"
        if nullable
        else f"||','||to_json(({text})::text)::text"
        for text, nullable in values
    )
    return (
        f"""'"'||rtrim(translate(encode(convert_to('["{key}"'{parts}||']','UTF8'),'base64'),"""
        """E'+/\\n','-_'),'=')||'"'"""
    )
