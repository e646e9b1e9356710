"""What is asked of a table → plan: the same conditions, orders and cursors as in GraphQL."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    GraphQLError,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLSchema,
)
from graphql.execution.values import VariableValues
from graphql.utilities import coerce_input_value, validate_input_value

from inventory.errors import QueryError
from inventory.graph import arguments, plan
from inventory.graph.limits import TOO_COSTLY, Budget, Limits
from inventory.graph.projection import Projection
from inventory.graph.selection import Reader
from inventory.graph.values import row_ids
from inventory.rest.inputs import Inputs
from inventory.rest.tables import Field, Table, shown

EVERY = 2**62
"""The page size of those who want all rows."""
MANY = {"in": "in", "eq": "in", "ne": "notIn", "notIn": "notIn"}
DIGITS = 18


@dataclass(frozen=True)
class Asked:
    """Rows of a table: which, in which order, which of their fields."""

    table: Table
    connection: plan.Connection
    fields: tuple[Field, ...]
    counted: bool = False
    is_ordered: bool = True
    """Whether someone cares for the order: reading all rows in one costs a sort."""
    keeps_formulas: bool = True
    """Whether text that a spreadsheet takes for a formula stays as it is in CSV."""


class Questions:
    """Reads what is asked, within limits. Every refusal names the parameter in `parameter`."""

    def __init__(
        self, projection: Projection, schema: Callable[[], GraphQLSchema], limits: Limits
    ) -> None:
        self.projection = projection
        self.limits = limits
        self.inputs = Inputs(schema)

    def read(self, table: Table, given: Mapping[str, str], *, whole: bool) -> Asked:
        """Read the parameters of a list; `whole` asks for all rows where there is no `first`.

        Raises QueryError.
        """
        budget = Budget(self.limits)
        # The schema is what selections are read with, and here are none.
        reader = Reader(None, self.projection, {}, VariableValues({}, {}), budget)  # type: ignore[arg-type]
        fields = self.fields(table, given.get("fields"))
        counted = _flag("count", given)
        if counted and whole:
            raise _refused("count", "count=true comes with JSON; the other forms hold rows alone")
        order = self._order(reader, table, given.get("orderBy"))
        type_name = f"{table.type_name}Connection"
        key = arguments.cursor_key(type_name, order)
        connection = plan.Connection(
            shape=table.shape,
            edge=None,
            where=self._where(reader, table, given.get("where")),
            link=plan.EVERYTHING,
            order=order,
            page=self._page(reader, given, key, len(order) + 1, whole=whole),
            parts=(
                ("items", plan.Nodes(table.selection(field.name for field in fields))),
                ("page", plan.PageInfo((("next", HAS_NEXT), ("cursor", END)))),
                *((("count", plan.Special("totalCount")),) if counted else ()),
            ),
            type_name=type_name,
            cursor_key=key,
        )
        return Asked(
            table,
            connection,
            fields,
            counted,
            any(name in given for name in ("orderBy", "first", "after")),
            _choice("formulas", given, ("keep", "escape")) == "keep",
        )

    def fields(self, table: Table, given: str | None) -> tuple[Field, ...]:
        """The fields that `fields=` names, in its order; all without it."""
        if given is None:
            return tuple(table.fields.values())
        names = [name.strip() for name in given.split(",")]
        for name in names:
            if name not in table.fields:
                raise _refused("fields", _no_field(table, name))
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise _refused("fields", f"fields names {twice} twice")
        return tuple(table.fields[name] for name in names)

    # -- rows and their order -----------------------------------------------------------------------

    def _where(self, reader: Reader, table: Table, given: str | None) -> plan.AllOf:
        if given is None:
            return plan.EVERYTHING
        value = _json("where", given)
        if not isinstance(value, dict):
            raise _refused("where", 'where must be a JSON object, such as {"name": {"eq": "x"}}')
        try:
            coerced = _coerced("where", value, self.inputs.where(table))
            if table.link is not None:
                coerced = _with_row_ids(table, coerced)
            return arguments.read_where(reader, table.shape, coerced)
        except QueryError as error:
            raise _blamed(error, "where") from None
        except RecursionError:
            raise _refused("where", "where is nested too deeply", TOO_COSTLY) from None

    def _order(self, reader: Reader, table: Table, given: str | None) -> tuple[plan.Term, ...]:
        terms: tuple[plan.Term, ...] = ()
        if given is not None:
            terms = self._terms(reader, table, given)
        if table.link is None:
            return terms
        # The second end is what every page is ordered by at last.
        first = table.shape.leaves[next(iter(table.fields))]
        return (*terms, plan.Term(first, (), None, False, False))

    def _terms(self, reader: Reader, table: Table, given: str) -> tuple[plan.Term, ...]:
        value = _json("orderBy", given) if given[:1] in ("[", "{") else list(_short(given))
        try:
            kind = GraphQLList(self.inputs.order(table))
            items = _coerced("orderBy", value if isinstance(value, list) else [value], kind)
            return arguments.read_order(reader, table.shape, items)
        except QueryError as error:
            raise _blamed(error, "orderBy") from None
        except RecursionError:
            raise _refused("orderBy", "orderBy is nested too deeply", TOO_COSTLY) from None

    def _page(
        self, reader: Reader, given: Mapping[str, str], key: str, length: int, *, whole: bool
    ) -> plan.Page:
        first = EVERY if whole else self.limits.default_first
        if "first" in given:
            first = _number("first", given["first"])
            if not whole:
                try:
                    reader.budget.check_first("first", first)
                    reader.budget.spend_rows(first)
                except QueryError as error:
                    raise _blamed(error, "first") from None
        try:
            after = arguments.position(reader, given.get("after"), key, length)
        except QueryError as error:
            raise _blamed(error, "after") from None
        return plan.Page(first, backward=False, after=after, before=None)


HAS_NEXT, END = plan.Special("hasNextPage"), plan.Special("endCursor")


def _refused(parameter: str, message: str, code: str | None = None) -> QueryError:
    return QueryError(message, code=code, parameter=parameter)


def _blamed(error: QueryError, parameter: str) -> QueryError:
    error.extensions.setdefault("parameter", parameter)
    return error


def unknown(name: str, known: Iterable[str]) -> str:
    """What to say of a name that is none of those that are known."""
    names = list(known)
    close = difflib.get_close_matches(name, names, 3, 0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(names)}"


def _no_field(table: Table, name: str) -> str:
    if not name:
        return "fields is a list of names with commas between them, such as fields=id,createdAt"
    return f"{table.name} has no field {shown(name)}; {unknown(name, table.fields)}"


def _json(parameter: str, text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError as error:
        raise _refused(parameter, f"{parameter} is not JSON: {error}") from None


def _coerced(parameter: str, value: Any, kind: GraphQLInputType | GraphQLNamedType) -> Any:
    found: list[QueryError] = []

    def refuse(error: GraphQLError, path: list[str | int]) -> None:
        place = parameter
        for step in path:
            place += f"[{step}]" if isinstance(step, int) else f".{step}"
        text = error.message if len(error.message) <= 300 else f"{error.message[:297]}…"
        found.append(_refused(parameter, f"{place}: {text}"))

    validate_input_value(value, kind, refuse)  # type: ignore[arg-type]
    if found:
        raise found[0]
    return coerce_input_value(value, kind)  # type: ignore[arg-type]


def _short(text: str) -> Iterable[dict[str, Any]]:
    """`name,-createdAt,region.regionName`: descending with a minus, through objects with dots."""
    for part in text.split(","):
        name = part.strip()
        direction = "DESC" if name.startswith("-") else "ASC"
        steps = name.removeprefix("-").split(".")
        if not all(steps):
            raise _refused(
                "orderBy",
                "orderBy is a list of fields with commas between them, - before those that "
                "descend: orderBy=name,-createdAt; or JSON as in GraphQL",
            )
        value: Any = direction
        for step in reversed(steps[:20]):
            value = {step: value}
        yield value


def _with_row_ids(table: Table, where: dict[str, Any]) -> dict[str, Any]:
    """Global ids as the ids in the columns of a link; those of other tables hold for nothing."""
    found: dict[str, Any] = {}
    ends: list[dict[str, Any]] = []
    for name, value in where.items():
        if name in ("and", "or") and value is not None:
            found[name] = [each and _with_row_ids(table, each) for each in value]
        elif name == "not" and value is not None:
            found[name] = _with_row_ids(table, value)
        elif value is not None and (of_table := table.fields[name].of_table):
            for operator, ids in value.items():
                many = ids if isinstance(ids, list) else [ids]
                given = None if ids is None else row_ids(many, of_table)
                ends.append({name: {MANY[operator]: given}})
        else:
            found[name] = value
    return found if not ends else {"and": [found, *ends]}


def _number(parameter: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS):
        raise _refused(parameter, f"{parameter} must be a number of rows, and is {shown(text)}")
    return int(text)


def _flag(parameter: str, given: Mapping[str, str]) -> bool:
    return _choice(parameter, given, ("false", "true")) == "true"


def _choice(parameter: str, given: Mapping[str, str], known: tuple[str, ...]) -> str:
    found = given.get(parameter, known[0])
    if found not in known:
        raise _refused(parameter, f"{parameter} is {' or '.join(known)}, not {shown(found)}")
    return found
