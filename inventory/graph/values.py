"""Variables while a plan is made: text and lists stay open, all else shapes the statement.

A plan is kept for the next request with the same document.  It fits when the variables have the
same structure: the same keys, null-ness, booleans, numbers and enums.  Text and lists of scalars
are bound anew each time, unless the planner looked into one; it then says how, and the structure
holds what it saw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from inventory.graph import cursor
from inventory.graph.plan import Bound, Const, FromCursor, RowId, RowIds, Several, Value, Var

Path = tuple[str | int, ...]
Look = Callable[[Any], Any]


ANY_TABLE = "*"
"""Stands for the table of ids of any kind: a row's id is of one table only."""


class Open:
    """A value that a plan does not depend on."""

    __slots__ = ("path", "value")

    def __init__(self, value: Any, path: Path) -> None:
        self.value = value
        self.path = path


def opened(value: Any, path: Path) -> Any:
    """Replace what may stay open in coerced variables by `Open`."""
    if isinstance(value, str):
        return Open(value, path)
    if isinstance(value, dict):
        return {key: opened(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        # An empty list may be one of conditions or sort keys, which a plan cannot leave open.
        if not value or any(isinstance(item, dict) for item in value):
            return [opened(item, (*path, place)) for place, item in enumerate(value)]
        return Open(value, path)
    return value


def structure(value: Any, path: Path, seen: Mapping[Path, Look]) -> Any:
    """What a plan depends on in a variable, as a hashable value."""
    look = seen.get(path)
    if look is not None:
        return look(value)
    if isinstance(value, str):
        return str
    if isinstance(value, dict):
        return tuple((key, structure(item, (*path, key), seen)) for key, item in value.items())
    if isinstance(value, list):
        if not value or any(isinstance(item, dict) for item in value):
            return tuple(structure(item, (*path, i), seen) for i, item in enumerate(value))
        return list
    # `1 == True == 1.0`, so the type belongs to the key.
    return (type(value), value)


def whole(value: Any) -> Any:
    """The look that depends on everything."""
    return tuple(value) if isinstance(value, list) else value


def tables(value: Any) -> Any:
    """The look at global ids that depends on their tables alone."""
    if isinstance(value, list):
        return tuple(tables(item) for item in value)
    return value.partition(":")[0] if isinstance(value, str) else value


def addresses(value: Any) -> tuple[str, bool]:
    """The look at a global id that depends on its table, and on whether it can be one."""
    table, _, row = value.partition(":")
    return table, is_uuid(row)


def null_places(value: Any) -> Any:
    """The look at a cursor that depends on which key values are NULL, and on the list it is for."""
    try:
        key, *values = cursor.unpack(value)
        return (str(key), tuple(item is None for item in values))
    except cursor.UNREADABLE:
        return value


def as_value(value: Any) -> Value:
    """A coerced argument as a value of the plan."""
    if isinstance(value, Open):
        return Var(value.path)
    if isinstance(value, list):
        items = [as_value(item) for item in value]
        if any(not isinstance(item, Const) for item in items):
            return Several(tuple(items))  # type: ignore[arg-type]
        return Const([item.value for item in items if isinstance(item, Const)])
    return Const(value)


def resolve(bound: Bound, variables: Mapping[str, Any]) -> Any:
    """The parameter that a bound value stands for in this request."""
    match bound:
        case Const(value):
            return value
        case Var(path):
            found: Any = variables
            for step in path:
                found = found[step]
            return found
        case Several(items):
            return [resolve(item, variables) for item in items]
        case RowId(given, table):
            found = row_ids([resolve(given, variables)], table)
            return found[0] if found else None
        case RowIds(ids, table):
            several = resolve(ids, variables)
            return row_ids([several] if isinstance(several, str) else several, table)
        case FromCursor(text, place):
            return cursor.unpack(resolve(text, variables))[place + 1]


def row_ids(ids: Iterable[str], table: str) -> list[str]:
    """The row ids in global ids of a table; what is none of its ids is left out."""
    found = []
    for text in ids:
        name, _, row = text.partition(":")
        if table in (name, ANY_TABLE) and is_uuid(row):
            found.append(row)
    return found


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID as we write it."""
    return (
        len(text) == 36
        and all(text[i] == "-" for i in (8, 13, 18, 23))
        and all(c in "0123456789abcdef-" for c in text)
        and text.count("-") == 4
    )
