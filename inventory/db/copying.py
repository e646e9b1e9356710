"""Rows → a staging table by COPY. A value that does not fit is told with its column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
import psycopg
from psycopg import sql
from psycopg.adapt import PyFormat
from sqlalchemy.dialects import postgresql as pg

from inventory.core.model import Resource
from inventory.db.engine import Connection, first_line
from inventory.errors import BadAnswer

REFUSED = (psycopg.DataError, psycopg.ProgrammingError, UnicodeError)


def copy(
    db: Connection, model: type[Resource], table: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Copy rows into a staging table of their model. Raises BadAnswer for what does not fit.

    PostgreSQL keeps no NUL and no half of a surrogate pair.  Anyone who may label a thing could stop
    its whole scope from being read with one, so they become U+FFFD.
    """
    try:
        _copy(db, model, table, rows)
    except REFUSED as error:
        legible = [_legible(model, row) for row in rows]
        if all(one == other for one, other in zip(legible, rows, strict=True)):
            raise _misfit(db, model, rows, error) from error
        try:
            _copy(db, model, table, legible)
        except REFUSED as again:
            raise _misfit(db, model, legible, again) from again


def _copy(
    db: Connection, model: type[Resource], table: str, rows: Iterable[tuple[Any, ...]]
) -> None:
    statement = sql.SQL("COPY pg_temp.{} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, model.columns()))
    )
    with db.cursor() as cursor, cursor.copy(statement) as copying:
        for row in rows:
            copying.write_row(row)


def _legible(model: type[Resource], row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        _text(value, is_json=isinstance(model.__table__.c[name].type, pg.JSONB))
        for name, value in zip(model.columns(), row, strict=True)
    )


def _text(value: Any, *, is_json: bool = False) -> Any:
    if isinstance(value, str):
        if is_json:
            return orjson.dumps(_text(orjson.loads(value)), option=orjson.OPT_SORT_KEYS).decode()
        halves = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return halves.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, list):
        return [_text(item) for item in value]
    if isinstance(value, dict):
        return {_text(key): _text(item) for key, item in value.items()}
    return value


def _misfit(
    db: Connection, model: type[Resource], rows: Iterable[tuple[Any, ...]], error: Exception
) -> BadAnswer:
    context = ""
    if isinstance(error, psycopg.Error) and error.diag.context:
        context = error.diag.context.split(",", 2)[-1].strip()
    elif strange := next(_strange(db, model, rows), None):
        context = f"column {strange}"
    return BadAnswer(
        f"{model.registered_name()}: a value does not fit its column: {first_line(error)}"
        + (f" ({context})" if context else "")
    )


def _strange(
    db: Connection, model: type[Resource], rows: Iterable[tuple[Any, ...]]
) -> Iterator[str]:
    """The columns whose values are of a type that psycopg does not know."""
    for row in rows:
        for name, value in zip(model.columns(), row, strict=True):
            try:
                db.adapters.get_dumper(type(value), PyFormat.TEXT)
            except psycopg.ProgrammingError:
                yield f"{name}: {type(value).__name__}"
