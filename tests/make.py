"""Rows with the rest filled in: `make(Vpc, vpc_id="vpc-1")`."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from inventory.core.model import Resource
from inventory.core.row import Row, row


def make(model: type[Resource], **values: Any) -> Row[Any]:
    """A row as a collector yields it; keys are made unique, what may be absent is absent."""
    table = model.__table__
    filled = {
        name: values.get(name, _value(table.c[name], key=name in model.key))
        for name in model.columns()
    }
    unknown = values.keys() - filled.keys()
    if unknown:
        raise TypeError(f"{model.__name__} has no column {', '.join(sorted(unknown))}")
    made: Row[Any] = row(model)(**filled)
    return made


def _value(column: sa.Column[Any], *, key: bool) -> Any:
    if column.nullable:
        return None
    match column.type:
        case sa.Text() if key:
            return f"{column.name}-{uuid4().hex[:8]}"
        case pg.JSONB():
            return {}
        case pg.ARRAY():
            return []
        case pg.INET() | pg.CIDR():
            return "10.0.0.0/8"
        case sa.Boolean():
            return False
        case sa.Numeric() | sa.Integer():
            return 0
        case sa.Uuid():
            return uuid4()
        case sa.DateTime():
            return "2026-11-24T12:00:00+00:00"
    return ""
