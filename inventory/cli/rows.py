"""Rows and their counts, by SQL from the catalog's tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import psycopg as dialect

from inventory.cli.base import Misused, unknown
from inventory.core.model import Model
from inventory.db import engine

_DIALECT: sa.Dialect = dialect.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no type for it
_OPERATORS = ("eq", "ne", "in", "lt", "lte", "gt", "gte", "like", "ilike", "isNull")


def run(dsn: str, statement: sa.Executable) -> list[dict[str, Any]]:
    """Execute a statement and return its rows."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]  # every statement has it
    with engine.unavailable(dsn), engine.connect(dsn) as connection:
        try:
            cursor = connection.execute(str(compiled), compiled.params)
        except (psycopg.errors.DataError, psycopg.errors.UndefinedFunction) as error:
            raise Misused(f"--where: {engine.first_line(error)}") from error
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def counts(dsn: str, models: Iterable[type[Model]]) -> list[dict[str, Any]]:
    """How many rows each model has, and what is known of its scopes."""
    from inventory.catalog import Catalog

    every = list(models)
    if not every:
        return []
    scope = Catalog.load().models["common:model:scope"].__table__
    seen = (
        sa.select(
            scope.c.model,
            sa.func.count().label("scopes"),
            sa.func.count().filter(scope.c.status == "complete").label("complete"),
            sa.func.min(scope.c.last_complete_at).label("seen"),
        )
        .group_by(scope.c.model)
        .cte("seen")
    )
    counted = sa.union_all(
        *(
            sa.select(
                sa.literal(number).label("number"),
                sa.literal(model.registered_name()).label("model"),
                sa.literal(str(model.__tablename__)).label("table"),
                sa.select(sa.func.count())
                .select_from(model.__table__)
                .scalar_subquery()
                .label("rows"),
            )
            for number, model in enumerate(every)
        )
    ).subquery("counted")
    return run(
        dsn,
        sa.select(
            counted.c.model,
            counted.c.table,
            counted.c.rows,
            seen.c.scopes,
            seen.c.complete,
            seen.c.seen,
        )
        .outerjoin_from(counted, seen, seen.c.model == counted.c.model)
        .order_by(counted.c.number),
    )


def select(
    dsn: str,
    model: type[Model],
    columns: Sequence[str],
    condition: sa.ColumnElement[bool] | None,
    *,
    limit: int,
    offset: int,
) -> list[dict[str, Any]]:
    """Rows of a model in the order of its natural key."""
    table = model.__table__
    statement = sa.select(*(_column(model, name).label(name) for name in columns)).limit(limit)
    if condition is not None:
        statement = statement.where(condition)
    if offset:
        statement = statement.offset(offset)
    order = [table.c[name] for name in reversed(model.key)] or [table.c.created_at, table.c.id]
    return run(dsn, statement.order_by(*order))


def condition(model: type[Model], where: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """`{"a": 1, "b": {"lt": 2}}` as SQL."""
    parts: list[sa.ColumnElement[bool]] = []
    for name, value in where.items():
        if name in ("and", "or"):
            if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
                raise Misused(f"--where: {name} needs a list of objects")
            join = sa.and_ if name == "and" else sa.or_
            parts.append(
                join(
                    sa.true() if name == "and" else sa.false(),
                    *(condition(model, each) for each in value),
                )
            )
        elif name == "not":
            if not isinstance(value, dict):
                raise Misused("--where: not needs an object")
            parts.append(sa.func.coalesce(sa.not_(condition(model, value)), sa.true()))
        else:
            if name not in model.model_fields:
                unknown(name, list(model.model_fields), f"column of {model.__tablename__}")
            column = _column(model, name)
            operators = value if isinstance(value, dict) else {"eq": value}
            parts += [
                _compared(column, operator, operand) for operator, operand in operators.items()
            ]
    return sa.and_(sa.true(), *parts)


def _column(model: type[Model], name: str) -> sa.Column[Any]:
    """The column of a field; a few are called otherwise in the database."""
    found: sa.Column[Any] = sa.inspect(model).columns[name]
    return found


def _compared(column: sa.Column[Any], operator: str, value: Any) -> sa.ColumnElement[bool]:
    if operator not in _OPERATORS:
        unknown(operator, list(_OPERATORS), "operator")
    if operator == "isNull":
        return column.is_(None) if value else column.is_not(None)
    if operator in ("like", "ilike"):
        text = sa.cast(column, sa.Text)
        return text.like(str(value)) if operator == "like" else text.ilike(str(value))
    if operator == "in":
        if not isinstance(value, list):
            raise Misused("--where: in needs a list")
        return sa.or_(sa.false(), *(_compared(column, "eq", each) for each in value))
    operand = sa.null() if value is None else sa.cast(sa.literal(_literal(value)), column.type)
    if operator == "eq":
        return column.is_not_distinct_from(operand)
    if operator == "ne":
        return column.is_distinct_from(operand)
    return {
        "lt": column < operand,
        "lte": column <= operand,
        "gt": column > operand,
        "gte": column >= operand,
    }[operator]


def _literal(value: Any) -> str:
    """The value as PostgreSQL writes it: the cast to the column's type reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        import json

        return json.dumps(value)
    return str(value)


def runs(dsn: str, where: Mapping[str, Any], *, limit: int) -> list[dict[str, Any]]:
    """Runs of the ledger, the latest first."""
    from inventory.catalog import Catalog

    model = Catalog.load().models["common:model:run"]
    columns = (_column(model, name).label(name) for name in model.model_fields)
    table = model.__table__
    statement = sa.select(*columns).where(condition(model, where)).limit(limit)
    return run(dsn, statement.order_by(table.c.created_at.desc(), table.c.id))
