"""What a change of the schema means to programs that were written for the old one.

graphql-core compares field by field.  This adds what it does not look at, and judges by what an
operation that was valid before would see: see `_judged`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)
from graphql.utilities import (
    BreakingChangeType,
    DangerousChangeType,
    SafeChangeType,
    find_schema_changes,
)

from inventory.errors import CatalogError

Level = Literal["breaking", "dangerous", "safe"]
LEVELS: tuple[Level, ...] = ("breaking", "dangerous", "safe")
COORDINATE = r"@?\b[A-Za-z_]\w*\.\w+(?:\(\w+:\))?|@\w+(?:\(\w+:\))?|\b[A-Z]\w*\b"
"""`Type.field(argument:)`, `@directive`, or a type, as the schema's own language names places."""
FIRST_WORDS = ("A", "An", "Argument", "Directive", "Enum", "Field", "Repeatable", "Standard")


@dataclass(frozen=True)
class Change:
    level: Level
    kind: str
    text: str

    @property
    def coordinate(self) -> str:
        """What changed: `AwsVpc.name`, `Query.awsVpcs(where:)`, `AwsVpc`."""
        found = [each for each in re.findall(COORDINATE, self.text) if each not in FIRST_WORDS]
        directives = [each for each in found if each.startswith("@")]
        return str([*directives, *found][0] if "union type" not in self.text else found[-1])

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def changes(old: str, new: str) -> list[Change]:
    """All changes from one schema to the other, the worst first. Descriptions are not compared."""
    try:
        before, after = build_schema(old), build_schema(new)
    except GraphQLError as error:
        raise CatalogError(f"this is no GraphQL schema: {error.message}") from error
    except TypeError as error:
        raise CatalogError(f"this is no GraphQL schema: {error}") from error
    found = {*_found(before, after), *_unseen(before, after)}
    return sorted(found, key=lambda c: (LEVELS.index(c.level), c.kind, c.text))


def declared(changelog: str) -> frozenset[str]:
    """What the newest section of a changelog names in backticks under a heading *Breaking*."""
    newest = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:2]
    lists = re.findall(
        r"^### Breaking\b.*?$(.*?)(?=^#|\Z)", "".join(newest), re.MULTILINE | re.DOTALL
    )
    return frozenset(name for text in lists for name in re.findall(r"`([^`]+)`", text))


def is_declared(change: Change, names: frozenset[str]) -> bool:
    """Whether a changelog names what changed, or the field or type that it belongs to."""
    field = change.coordinate.partition("(")[0]
    return bool(names & {change.coordinate, field, field.partition(".")[0]})


def _found(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    read = _read_enums(old)
    for each in find_schema_changes(old, new):
        if each.type is not SafeChangeType.DESCRIPTION_CHANGED:
            yield Change(
                _judged(each.type, each.description, read), each.type.name, each.description
            )


def _judged(
    kind: BreakingChangeType | DangerousChangeType | SafeChangeType, text: str, read: set[str]
) -> Level:
    if isinstance(kind, BreakingChangeType):
        return "breaking"
    if isinstance(kind, SafeChangeType):
        return "safe"
    # What nobody has to send changes no answer; nor does a value that is only ever sent.
    if kind in (
        DangerousChangeType.OPTIONAL_ARG_ADDED,
        DangerousChangeType.OPTIONAL_INPUT_FIELD_ADDED,
    ):
        return "safe"
    if kind is DangerousChangeType.VALUE_ADDED_TO_ENUM:
        name = text.removeprefix("Enum value ").partition(".")[0]
        return "dangerous" if name in read else "safe"
    return "dangerous"


def _read_enums(schema: GraphQLSchema) -> set[str]:
    """The enums that answers hold."""
    return {
        named.name
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        for field in kind.fields.values()
        if isinstance(named := get_named_type(field.type), GraphQLEnumType)
    }


def _unseen(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    """What graphql-core does not compare."""
    for root in ("query", "mutation", "subscription"):
        was, now = getattr(old, f"{root}_type"), getattr(new, f"{root}_type")
        if was and not now:
            yield Change("breaking", "ROOT_REMOVED", f"{was.name} is no longer a root: no {root}.")
    for name, was in old.type_map.items():
        now = new.type_map.get(name)
        match was, now:
            case GraphQLScalarType(), GraphQLScalarType():
                if was.specified_by_url != now.specified_by_url:
                    text = f"{name} is specified by {now.specified_by_url}, was by {was.specified_by_url}."
                    yield Change("dangerous", "SPECIFICATION_CHANGED", text)
            case GraphQLInputObjectType(), GraphQLInputObjectType():
                yield from _inputs(was, now)
            case (
                GraphQLObjectType() | GraphQLInterfaceType(),
                GraphQLObjectType() | GraphQLInterfaceType(),
            ):
                yield from _fields(was, now)
    for name, now in new.type_map.items():
        if name in old.type_map or not isinstance(now, GraphQLObjectType):
            continue
        known = [each.name for each in now.interfaces if each.name in old.type_map]
        if known:
            # Generated clients list the types that they know.
            text = f"{name} was added: another type that {' and '.join(known)} may be."
            yield Change("dangerous", "POSSIBLE_TYPE_ADDED", text)


def _inputs(was: GraphQLInputObjectType, now: GraphQLInputObjectType) -> Iterator[Change]:
    if now.is_one_of and not was.is_one_of:
        yield Change("breaking", "ONE_OF_ADDED", f"{was.name} takes exactly one field now.")
    if was.is_one_of and not now.is_one_of:
        yield Change("safe", "ONE_OF_REMOVED", f"{was.name} takes any number of fields now.")
    for name in was.fields.keys() & now.fields.keys():
        one, other = was.fields[name], now.fields[name]
        optional = is_non_null_type(one.type) and not is_required_input_field(one)
        if optional and is_required_input_field(other):
            text = f"Field {was.name}.{name} lost its default, so it must be given."
            yield Change("breaking", "INPUT_FIELD_REQUIRED", text)


def _fields(
    was: GraphQLObjectType | GraphQLInterfaceType, now: GraphQLObjectType | GraphQLInterfaceType
) -> Iterator[Change]:
    for name in was.fields.keys() & now.fields.keys():
        one, other = was.fields[name], now.fields[name]
        if other.deprecation_reason and not one.deprecation_reason:
            text = f"Field {was.name}.{name} is deprecated: {other.deprecation_reason}"
            yield Change("safe", "FIELD_DEPRECATED", text)
        for argument in one.args.keys() & other.args.keys():
            had, has = one.args[argument], other.args[argument]
            optional = is_non_null_type(had.type) and not is_required_argument(had)
            if optional and is_required_argument(has):
                text = f"Argument {was.name}.{name}({argument}:) lost its default, so it must be given."
                yield Change("breaking", "ARG_REQUIRED", text)
