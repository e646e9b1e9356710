"""`Model` and `Resource`: what a class says, and which table follows from it."""

from __future__ import annotations

import inspect
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel
from sqlmodel._compat import SQLModelConfig
from sqlmodel.main import FieldInfoMetadata

from inventory.core import names
from inventory.core.columns import IsKey, column_type, is_address
from inventory.core.source import Source
from inventory.errors import CatalogError


def _is_key(field: Any) -> bool:
    return any(isinstance(extra, IsKey) for extra in field.metadata)


def _optional(annotation: Any) -> bool:
    return type(None) in getattr(annotation, "__args__", ())


def _literal(value: bool | int | str) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).lower()


class Model(SQLModel):
    """A table of ours. Columns, types, comments and constraints follow from the annotations and
    docstrings.

    `table_name` replaces the derived name, `display` names the column that people know a row by.
    """

    model_config = SQLModelConfig(use_attribute_docstrings=True)

    source: ClassVar[Source]
    table_name: ClassVar[str | None] = None
    display: ClassVar[str | None] = None
    key: ClassVar[tuple[str, ...]] = ()
    indexes: ClassVar[tuple[sa.Index, ...]] = ()
    points: ClassVar[dict[str, tuple[str, str]]] = {}
    """Fields that lead to a resource of any kind: the columns of its table and of its row."""
    operators_only: ClassVar[bool] = False
    """Whether its rows are nothing for viewers."""
    hub: ClassVar[bool] = False
    """Whether so much belongs to one row that to lead through it says little, as through a region;
    paths go around hubs unless they are asked for.
    """
    hidden: ClassVar[tuple[str, ...]] = ()
    """Columns that no API shows to anyone."""
    __table__: ClassVar[sa.Table]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    """Identifies the row; derived from the natural key where there is one, so that it is the
    same everywhere.
    """
    created_at: datetime = Field(default=None)
    """When the row was first stored."""
    updated_at: datetime = Field(default=None)
    """When a value of the row last changed."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Tell SQLModel, which reads the fields right after this, what each column is."""
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            others = [extra for extra in field.metadata if not isinstance(extra, FieldInfoMetadata)]
            field.metadata = [*others, cls._column(name, field)]
        # The most specific part of the key comes first, so that its index finds `vpc_id = …` alone.
        cls.key = tuple(
            reversed([name for name, field in cls.model_fields.items() if _is_key(field)])
        )

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805
        derived = f"{cls.source.key}_{names.snake(cls.__name__)}"
        return names.checked(cls.table_name or derived, names.TABLE)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805
        stem = cls.table_name or f"{cls.source.key}_{names.snake(cls.__name__)}"
        constraints: list[Any] = [*cls.indexes]
        if cls.key:
            constraints.append(sa.UniqueConstraint(*cls.key, name=names.fits(f"uq_{stem}")))
        if "scope_id" in cls.model_fields:
            if not cls.key:
                raise CatalogError(
                    f"{cls.__name__}: a resource needs a natural key; mark it with Key[…]"
                )
            constraints.append(sa.Index(names.fits(f"ix_{stem}_scope"), "scope_id"))
            constraints += cls._looked_up(stem)
        return (*constraints, {"comment": inspect.getdoc(cls)})

    @classmethod
    def _looked_up(cls, stem: str) -> list[sa.Index]:
        """Indexes for what people know a resource by: its name, in whose order lists are read page
        by page, and its addresses. Where the model has an index or key of its own, it does.
        """
        known = {cls.key[:1]}
        known |= {tuple(str(part) for part in each.expressions[:1]) for each in cls.indexes}
        found = []
        if "name" in cls.model_fields and ("name",) not in known:
            found.append(sa.Index(names.fits(f"ix_{stem}_name"), "name", "id"))
        for name, field in cls.model_fields.items():
            if (name,) not in known and is_address(field.annotation, field.metadata):
                found.append(sa.Index(names.fits(f"ix_{stem}_{name}"), name))
        return found

    @classmethod
    def _column(cls, name: str, field: Any) -> FieldInfoMetadata:
        where = f"{cls.__name__}.{name}"
        sql_type = column_type(field.annotation, field.metadata, where)
        extra: dict[str, Any] = {"comment": field.description}
        if name == "id":
            # Rows with a natural key bring theirs; the others get one here.
            extra["server_default"] = sa.func.gen_random_uuid()
        elif name in ("created_at", "updated_at"):
            extra["server_default"] = sa.func.now()
        elif field.default is not None and isinstance(field.default, bool | int | str):
            extra["server_default"] = sa.text(_literal(field.default))
        elif isinstance(field.default, dict):
            extra["server_default"] = sa.text("'{}'::jsonb")
        elif isinstance(field.default, list):
            extra["server_default"] = sa.text("'{}'")
        return FieldInfoMetadata(
            primary_key=name == "id",
            nullable=_optional(field.annotation),
            sa_type=sql_type,
            sa_column_kwargs=extra,
        )

    @classmethod
    def registered_name(cls) -> str:
        """`aws:model:vpc`."""
        return names.checked(f"{cls.source.key}:model:{names.snake(cls.__name__)}", names.MODEL)

    @classmethod
    def display_columns(cls) -> tuple[str, ...]:
        """The columns that name a row for people, best first."""
        own = (cls.display,) if cls.display else ()
        named = ("name",) if "name" in cls.model_fields else ()
        return own + named + (cls.key[:1] or ("id",))


class Resource(Model):
    """A thing that a source holds: collected, identified by its natural key, seen or gone."""

    scope_id: UUID = Field(default=None)
    """The scope that listed it last; says when it was last seen."""

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """The columns that a collector fills."""
        return tuple(name for name in cls.model_fields if name not in Resource.model_fields)
