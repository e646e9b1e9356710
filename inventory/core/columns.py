"""Python types → PostgreSQL types."""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.types import TypeEngine

from inventory.errors import CatalogError

T = TypeVar("T")


@dataclass(frozen=True)
class IsKey:
    """Marks a column as part of the natural key."""


@dataclass(frozen=True)
class SqlType:
    """Says which PostgreSQL type a column has where the Python type leaves it open."""

    type: TypeEngine[Any]


Key = Annotated[T, IsKey()]
"""A column of the natural key: what the source itself identifies the resource by. Never null."""

Int32 = Annotated[int, SqlType(sa.Integer())]
"""A number that fits 32 bits for certain; a plain `int` is 64 bits, which GraphQL shows as text."""

Unsigned64 = Annotated[int, SqlType(sa.Numeric(20, 0))]
"""An unsigned 64-bit number."""

Inet = Annotated[str, SqlType(pg.INET())]
"""An address, or a network that may carry host bits, v4 or v6."""

Cidr = Annotated[str, SqlType(pg.CIDR())]
"""A network without host bits, v4 or v6."""

PLAIN: dict[Any, TypeEngine[Any]] = {
    str: sa.Text(),
    int: sa.BigInteger(),
    bool: sa.Boolean(),
    float: sa.Double(),
    datetime: sa.TIMESTAMP(timezone=True),
    Decimal: sa.Numeric(),
    UUID: pg.UUID(as_uuid=True),
    dict: pg.JSONB(none_as_null=True),
}


def column_type(annotation: Any, metadata: list[Any], where: str) -> TypeEngine[Any]:
    """The PostgreSQL type of a field. Raises CatalogError, naming the field, when there is none."""
    for extra in metadata:
        if isinstance(extra, SqlType):
            return extra.type
    bare, nested = unwrap(annotation)
    for extra in nested:
        if isinstance(extra, SqlType):
            return extra.type
    origin = typing.get_origin(bare) or bare
    if origin is list:
        (item,) = typing.get_args(bare) or (str,)
        return pg.ARRAY(column_type(item, [], where))
    if origin in PLAIN:
        return PLAIN[origin]
    raise CatalogError(
        f"{where}: no PostgreSQL type for {annotation!r}; known are {', '.join(map(str, PLAIN))}"
    )


def is_address(annotation: Any, metadata: list[Any]) -> bool:
    """Whether a field holds addresses."""
    marks = [*metadata, *unwrap(annotation)[1]]
    return any(isinstance(mark, SqlType) and isinstance(mark.type, pg.INET) for mark in marks)


def unwrap(annotation: Any) -> tuple[Any, list[Any]]:
    """`Annotated[int, X] | None` → (`int`, [X])."""
    metadata: list[Any] = []
    while True:
        if typing.get_origin(annotation) is Annotated:
            annotation, *extras = typing.get_args(annotation)
            metadata += extras
        elif typing.get_origin(annotation) in (typing.Union, types.UnionType):
            others = [arg for arg in typing.get_args(annotation) if arg is not type(None)]
            if len(others) != 1:
                return annotation, metadata
            annotation = others[0]
        else:
            return annotation, metadata
