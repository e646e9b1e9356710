"""Rows on their way from a collector to the database: tuples, since model instances cost 50
times more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar, cast

import orjson
from pydantic_core import PydanticUndefined
from sqlalchemy.dialects import postgresql as pg

from inventory.core.model import Model, Resource

P = ParamSpec("P")
M = TypeVar("M", bound=Model)


class Row(tuple[Any, ...], Generic[M]):
    """The values of `model.columns()`, in that order; JSON is already text."""

    __slots__ = ()
    model: type[Resource]


def row(model: Callable[P, M]) -> Callable[P, Row[M]]:
    """Make a constructor of rows that type-checks like `model(...)` and costs about a microsecond.

    Missing and unknown names raise TypeError, as a call of the model would be refused by the type
    checker.
    """
    cls = cast(type[Resource], model)
    kind = type(f"{cls.__name__}Row", (Row,), {"__slots__": (), "model": cls})
    # A leading underscore keeps our own names apart from those of columns.
    known: dict[str, Any] = {"_new": tuple.__new__, "_kind": kind, "_dumps": _dumps}
    arguments, values = [], []
    for name in cls.columns():
        field = cls.model_fields[name]
        if field.default is PydanticUndefined and field.default_factory is None:
            arguments.append(name)
        else:
            known[f"_default_{name}"] = field.get_default(call_default_factory=True)
            arguments.append(f"{name}=_default_{name}")
        is_json = isinstance(cls.__table__.c[name].type, pg.JSONB)
        values.append(f"None if {name} is None else _dumps({name})" if is_json else name)
    # Generated, so that the interpreter checks each argument and nothing is looked up per row.
    source = f"def make(*, {', '.join(arguments)}):\n return _new(_kind, ({', '.join(values)},))"
    exec(source, known)  # noqa: S102 - built from declared column names alone
    return cast(Callable[P, Row[M]], known["make"])


def _dumps(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
