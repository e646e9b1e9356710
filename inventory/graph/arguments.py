"""Arguments of connections → plan: `where`, `link`, `orderBy`, and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inventory.errors import QueryError
from inventory.graph import cursor, plan
from inventory.graph.edges import Edge
from inventory.graph.operators import BY_KIND, ENUMS
from inventory.graph.projection import GLOBAL_ID, Shape, Union
from inventory.graph.values import ANY_TABLE, as_value, null_places, whole

if TYPE_CHECKING:
    from inventory.graph.selection import Reader

LINK_COLUMNS = {"rule": ("rule", "String"), "createdAt": ("created_at", "DateTime")}


def read_where(reader: Reader, shape: Shape, given: Any, place: str = "where") -> plan.AllOf:
    """Read a condition; all of its entries hold. `{}` is true, an explicit null is refused."""
    if given is None:
        return plan.EVERYTHING
    return plan.AllOf(
        tuple(
            _entry(reader, shape, name, value, f"{place}.{name}") for name, value in given.items()
        )
    )


def _entry(reader: Reader, shape: Shape, name: str, value: Any, place: str) -> plan.Condition:
    _not_null(value, place)
    reader.budget.spend_condition()
    if name == "and":
        return plan.AllOf(
            tuple(read_where(reader, shape, each, place) for each in _items(value, place))
        )
    if name == "or":
        return plan.AnyOf(
            tuple(read_where(reader, shape, each, place) for each in _items(value, place))
        )
    if name == "not":
        return plan.Not(read_where(reader, shape, value, place))
    if name == "id":
        return _ids(shape, value, place)
    if name in shape.leaves:
        leaf = shape.leaves[name]
        if leaf.kind.name in ENUMS:
            value = {operator: members(reader, operand) for operator, operand in value.items()}
        return plan.AllOf(
            tuple(
                plan.Compare(leaf, operator, as_value(_not_null(operand, f"{place}.{operator}")))
                for operator, operand in value.items()
            )
        )
    edge = shape.edges[name]
    there = reader.projection.shapes[edge.there]
    if edge.one:
        return plan.Through(edge, "some", plan.EVERYTHING, read_where(reader, there, value, place))
    return _through(reader, edge, there, value, place)


def members(reader: Reader, given: Any) -> Any:
    """Members of an enum as text; the plan depends on them."""
    found = reader.look(given, whole)
    if isinstance(found, list):
        return [getattr(item, "value", item) for item in found]
    return getattr(found, "value", found)


def _ids(shape: Shape, value: dict[str, Any], place: str) -> plan.Condition:
    found = []
    for operator, operand in value.items():
        _not_null(operand, f"{place}.{operator}")
        given: plan.Condition = plan.IdIn(plan.RowIds(as_value(operand), _table(shape)))
        if isinstance(shape, Union):
            # The id alone finds the row; its kind must be the one that was asked for, too.
            equal = "in" if operator in ("in", "notIn") else "eq"
            kind = plan.Compare(GLOBAL_ID, equal, as_value(operand))
            given = plan.AllOf((given, kind))
        found.append(plan.Not(plan.AllOf((given,))) if operator in ("ne", "notIn") else given)
    return plan.AllOf(tuple(found))


def _table(shape: Shape) -> str:
    return ANY_TABLE if isinstance(shape, Union) else shape.table


def _through(
    reader: Reader, edge: Edge, there: Shape, value: dict[str, Any], place: str
) -> plan.Condition:
    if edge.link is None and "link" in value:
        raise QueryError(f"{place}.link: there is nothing between the two that could be asked for")
    link = read_link_where(reader, value.get("link"), f"{place}.link")
    found: list[plan.Condition] = []
    for name, operand in value.items():
        _not_null(operand, f"{place}.{name}")
        if name in ("some", "every", "none"):
            of = read_where(reader, there, operand, f"{place}.{name}")
            found.append(plan.Through(edge, name, link, of))  # type: ignore[arg-type]
        elif name == "count":
            found += [
                plan.Counted(edge, link, operator, as_value(_not_null(number, f"{place}.count")))
                for operator, number in operand.items()
            ]
    if "link" in value and len(value) == 1:
        raise QueryError(f"{place}: `link` narrows some, every, none or count; give one of them")
    return plan.AllOf(tuple(found))


def read_link_where(reader: Reader, given: Any, place: str = "link") -> plan.AllOf:
    """Read a condition on the link's own row."""
    found: list[plan.Condition] = []
    for name, value in (given or {}).items():
        _not_null(value, f"{place}.{name}")
        column, kind = LINK_COLUMNS[name]
        found += [
            plan.OnLink(column, operator, as_value(_not_null(operand, place)), kind)  # type: ignore[arg-type]
            for operator, operand in value.items()
        ]
    return plan.AllOf(tuple(found))


def read_order(reader: Reader, shape: Shape, given: Any) -> tuple[plan.Term, ...]:
    """Read the sort keys. The row's id is always the last, and is not part of what is returned."""
    keys = _items(given or [], "orderBy")
    reader.budget.check_order(len(keys))
    return tuple(
        _term(reader, shape, each, (), f"orderBy[{place}]") for place, each in enumerate(keys)
    )


def _term(
    reader: Reader, shape: Shape, given: dict[str, Any], through: tuple[Edge, ...], place: str
) -> plan.Term:
    _not_null(given, place)
    ((name, value),) = given.items()
    _not_null(value, f"{place}.{name}")
    direction = str(getattr(value, "value", value))
    descending = direction.startswith("DESC")
    # PostgreSQL's own placement, so that one plain index serves both directions.
    nulls_first = direction in ("ASC_NULLS_FIRST", "DESC")
    if name in shape.leaves or name == "id":
        return plan.Term(shape.leaves.get(name), through, None, descending, nulls_first)
    if name in shape.edges:
        edge = shape.edges[name]
        there = reader.projection.shapes[edge.there]
        return _term(reader, there, value, (*through, edge), f"{place}.{name}")
    # A number of edges is NULL where the way to the row that has them ends before it.
    edge = shape.edges[name.removesuffix("Count")]
    return plan.Term(None, through, edge, descending, bool(through) and nulls_first)


def cursor_key(type_name: str, order: tuple[plan.Term, ...]) -> str:
    """What cursors of this list in this order begin with."""
    spelled = []
    for term in order:
        path = [edge.name for edge in term.through]
        last = term.leaf.name if term.leaf else (term.count.name + "#" if term.count else "id")
        spelled.append(".".join([*path, last, str(term.descending), str(term.nulls_first)]))
    return cursor.key_of(type_name, spelled)


def read_page(
    reader: Reader, values: dict[str, Any], order: tuple[plan.Term, ...], key: str
) -> plan.Page:
    """Read `first`, `after`, `last` and `before`."""
    first, last = values.get("first"), values.get("last")
    if first is not None and last is not None:
        raise QueryError("give either `first` or `last`, not both")
    for name, asked in (("first", first), ("last", last)):
        if asked is not None:
            reader.budget.check_first(name, asked)
    limit = last if last is not None else first
    if limit is None:
        limit = reader.budget.limits.default_first
    return plan.Page(
        limit=limit,
        backward=last is not None,
        after=position(reader, values.get("after"), key, len(order) + 1),
        before=position(reader, values.get("before"), key, len(order) + 1),
    )


def position(reader: Reader, given: Any, key: str, length: int) -> plan.Position | None:
    """Read a cursor of a list that has this key and this many key values."""
    if given is None:
        return None
    text = reader.look(given, null_places)
    values = cursor.read(text, key, length)
    value = as_value(given)
    assert isinstance(value, plan.Const | plan.Var)  # noqa: S101 - a cursor is one string
    return plan.Position(value, tuple(each is None for each in values))


def _items(value: Any, place: str) -> list[Any]:
    # A single object stands for a list of one, as everywhere in GraphQL.
    found = value if isinstance(value, list) else [value]
    for each in found:
        _not_null(each, place)
    return found


def _not_null(value: Any, place: str) -> Any:
    if value is None:
        raise QueryError(
            f"{place} is null, which could mean two things; leave it out, or ask with isNull"
        )
    return value


def operator_sql(kind: str, operator: str) -> tuple[str, str]:
    """The template of an operator, and what its parameter is cast to."""
    found = BY_KIND[kind][operator]
    return found.sql, found.cast
