"""Small helpers that make Strawberry types from data."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Optional, cast

import strawberry
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation
from strawberry.tools import create_type
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import get_object_definition
from strawberry.types.field import StrawberryField

from inventory.graph import naming

ID = strawberry.ID
MODULE = types.ModuleType("inventory.graph.generated")
"""Where generated classes live, so that Strawberry can look annotations up."""
sys.modules[MODULE.__name__] = MODULE


@dataclass(frozen=True)
class Argument:
    """An optional argument without a default, so that absent and null stay apart."""

    name: str
    type: Any
    doc: str
    required: bool = False


def optional(kind: Any) -> Any:
    return Optional[kind]  # noqa: UP045 - built from a value


def list_of(kind: Any) -> Any:
    return list[kind]


def field(name: str, kind: Any, doc: str, arguments: Iterable[Argument] = ()) -> StrawberryField:
    """A field of an object or of an input. Nothing resolves it: the statement answers it."""
    made = StrawberryField(
        python_name=naming.python(name),
        graphql_name=name,
        type_annotation=_annotation(kind),
        description=doc,
        default=UNSET,
    )
    made.arguments = [
        StrawberryArgument(
            python_name=naming.python(argument.name),
            graphql_name=argument.name,
            type_annotation=_annotation(
                argument.type if argument.required else optional(argument.type)
            ),
            description=argument.doc,
            default=UNSET,
        )
        for argument in arguments
    ]
    return made


@cache
def _annotation(kind: Any) -> StrawberryAnnotation:
    """The annotation of a type, shared by all fields of it: Strawberry resolves each one anew."""
    return StrawberryAnnotation(kind)


def object_type(name: str, doc: str, fields: list[StrawberryField]) -> Any:
    return _made(name, doc, fields)


def interface_type(name: str, doc: str, fields: list[StrawberryField]) -> Any:
    return _made(name, doc, fields, is_interface=True)


def input_type(name: str, doc: str, fields: list[StrawberryField], *, one_of: bool = False) -> Any:
    made = _made(name, doc, fields, is_input=True)
    if one_of:
        definition = get_object_definition(made, strict=True)
        definition.directives = [*(definition.directives or []), _one_of()]
    return made


def _one_of() -> Any:
    from strawberry.schema_directives import OneOf

    return OneOf()


def add(kind: Any, *fields: StrawberryField) -> None:
    """Add fields once the types that they lead to exist."""
    get_object_definition(kind, strict=True).fields.extend(fields)


def implement(kind: Any, *interfaces: Any) -> None:
    """Let an object implement interfaces; its own fields include theirs."""
    definition = get_object_definition(kind, strict=True)
    definition.interfaces = [get_object_definition(each, strict=True) for each in interfaces]


def enum_type(name: str, doc: str, values: dict[str, str]) -> Any:
    """An enum whose members are described."""
    described = {key: strawberry.enum_value(key, description=text) for key, text in values.items()}
    ready = Enum(name, described, module=MODULE.__name__)  # type: ignore[misc]
    return strawberry.enum(cast(Any, ready), description=doc)


def name_of(kind: Any) -> str:
    """The GraphQL name of a type that was made here."""
    return get_object_definition(kind, strict=True).name


def read_plainly(kind: Any) -> None:
    """Let the fields of a built object be read from a mapping with their names."""
    for name, each in kind.fields.items():
        each.resolve = lambda source, _info, key=name: source[key]


def _made(name: str, doc: str, fields: list[StrawberryField], **kind: Any) -> Any:
    # Strawberry makes a dataclass of a type, which nobody instantiates here and whose cost grows
    # with its fields; so the class gets one, and the definition all.
    made = create_type(name, fields[:1], description=doc, **kind)
    add(made, *fields[1:])
    made.__module__ = MODULE.__name__
    setattr(MODULE, name, made)
    return made
