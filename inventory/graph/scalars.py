"""Column types ⇄ GraphQL scalars: how a value is written as JSON by SQL, and how one is read."""

from __future__ import annotations

import ipaddress
import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal as PythonDecimal
from decimal import InvalidOperation
from typing import Any, NewType

import orjson
import sqlalchemy as sa
import strawberry
from graphql import GraphQLError, ListValueNode, ObjectValueNode, ValueNode, VariableNode
from graphql.utilities import value_from_ast_untyped
from sqlalchemy.dialects import postgresql as pg

from inventory.errors import CatalogError

DateTime = NewType("DateTime", str)
UUID = NewType("UUID", str)
BigInt = NewType("BigInt", str)
Inet = NewType("Inet", str)
Json = NewType("Json", str)
Decimal = NewType("Decimal", str)

MAX_INT64 = 2**63 - 1


def _refused(kind: str, value: object, wanted: str) -> GraphQLError:
    shown = repr(value) if len(repr(value)) < 60 else f"{repr(value)[:57]}…"
    return GraphQLError(f"{kind} cannot be {shown}; {wanted}")


def read_datetime(value: object) -> str:
    """Read RFC 3339 with an offset; answer in the form that PostgreSQL reads."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _refused("DateTime", value, "write RFC 3339 with an offset: 2026-11-24T13:00:00Z")
    return moment.isoformat()


def read_uuid(value: object) -> str:
    try:
        return str(uuid.UUID(value if isinstance(value, str) else ""))
    except ValueError:
        raise _refused("UUID", value, "write 32 hexadecimal digits in five groups") from None


def read_bigint(value: object) -> str:
    """Read a 64-bit integer from an integer or its decimal text."""
    number: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and len(value) < 21 and value.lstrip("-").isdecimal():
        number = int(value) if value.lstrip("-").isascii() else None
    if number is None or not -MAX_INT64 - 1 <= number <= MAX_INT64:
        raise _refused("BigInt", value, "write a 64-bit integer, as a number or as text")
    return str(number)


def read_decimal(value: object) -> str:
    """Read a finite number of up to 60 characters from a number or its decimal text."""
    number: PythonDecimal | None = None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = PythonDecimal(str(value)) if len(str(value)) <= 60 else None
        except InvalidOperation:
            number = None
    if number is None or not number.is_finite():
        raise _refused("Decimal", value, "write a number, or its decimal text")
    return str(number)


def read_inet(value: object) -> str:
    try:
        # A zone (`fe80::1%eth0`) means something on one machine only, and PostgreSQL takes none.
        text = value if isinstance(value, str) and "%" not in value else ""
        return str(ipaddress.ip_interface(text))
    except ValueError:
        raise _refused(
            "Inet", value, "write an address or a network: 10.0.0.1, 10.0.0.0/8, fd00::/8"
        ) from None


def read_json(value: object) -> str:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except (TypeError, ValueError, RecursionError):
        raise _refused("JSON", value, "write any JSON value") from None


def _json_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> str:
    if _holds_variable(node):
        raise GraphQLError(
            "a JSON literal cannot hold a variable; pass the whole value as one variable"
        )
    return read_json(value_from_ast_untyped(node, variables))


def _holds_variable(node: ValueNode) -> bool:
    match node:
        case VariableNode():
            return True
        case ListValueNode():
            return any(_holds_variable(item) for item in node.values)
        case ObjectValueNode():
            return any(_holds_variable(item.value) for item in node.fields)
    return False


def _same(value: object) -> object:
    return value


SCALARS = {
    DateTime: strawberry.scalar(
        name="DateTime",
        description="Point in time, RFC 3339 with an offset. Answers are in UTC, microseconds kept.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        serialize=_same,
        parse_value=read_datetime,
    ),
    UUID: strawberry.scalar(
        name="UUID",
        description="RFC 9562 UUID in lower case.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc9562",
        serialize=_same,
        parse_value=read_uuid,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="64-bit integer as JSON text; input takes text or an integer.",
        specified_by_url="https://www.postgresql.org/docs/current/datatype-numeric.html",
        serialize=_same,
        parse_value=read_bigint,
    ),
    Inet: strawberry.scalar(
        name="Inet",
        description="IP address or network in CIDR notation, v4 or v6.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc4632",
        serialize=_same,
        parse_value=read_inet,
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=_same,
        parse_value=read_json,
        parse_literal=_json_literal,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="A number of any precision, as JSON text; input takes text or a number.",
        specified_by_url="https://www.postgresql.org/docs/current/datatype-numeric.html",
        serialize=_same,
        parse_value=read_decimal,
    ),
}


@dataclass(frozen=True)
class Kind:
    """What a column type is in GraphQL and in JSON.

    `json` is the SQL that writes a value that is not NULL as JSON text, `sql` the type that an
    input is cast to.
    """

    name: str
    python: Any
    sql: str
    json: str


QUOTED = "'\"'||{}||'\"'"
ENCODED = "to_json({})::text"

STRING = Kind("String", str, "text", ENCODED)
BOOLEAN = Kind("Boolean", bool, "boolean", "{}::text")
INT = Kind("Int", int, "integer", "{}::text")
BIGINT = Kind("BigInt", BigInt, "bigint", QUOTED)
# PostgreSQL writes NaN and infinities as text, which is no GraphQL Float.
FLOAT = Kind(
    "Float",
    float,
    "double precision",
    "CASE WHEN abs({0}) < 'Infinity' THEN ({0})::text ELSE 'null' END",
)
DECIMAL = Kind("Decimal", Decimal, "numeric", QUOTED)
DATETIME = Kind("DateTime", DateTime, "timestamptz", ENCODED)
ID_UUID = Kind("UUID", UUID, "uuid", QUOTED)
# Not by `||`, whose cast to text would add `/32` to every address.
INET = Kind("Inet", Inet, "inet", ENCODED)
JSON = Kind("JSON", Json, "jsonb", "{}::text")
STRINGS = Kind("StringList", list[str], "text[]", ENCODED)


def kind_of(column: sa.Column[Any]) -> Kind:
    """The kind of a column. Raises CatalogError for a type that GraphQL cannot show."""
    sql_type = column.type
    match sql_type:
        case pg.JSONB():
            return JSON
        case pg.ARRAY() if isinstance(sql_type.item_type, sa.Text):
            return STRINGS
        case pg.INET() | pg.CIDR():
            return INET
        case sa.Uuid():
            return ID_UUID
        case sa.Boolean():
            return BOOLEAN
        case sa.BigInteger():
            return BIGINT
        case sa.Integer():
            return INT
        case sa.Float():
            return FLOAT
        case sa.Numeric():
            return DECIMAL
        case sa.DateTime():
            return DATETIME
        case sa.Text() | sa.String():
            return STRING
    # A computed field is no column of a table.
    where = ".".join(
        str(part) for part in (getattr(column, "table", None), column.name) if part is not None
    )
    raise CatalogError(f"{where}: no GraphQL scalar for {sql_type!r}; SQL functions need type_=")
