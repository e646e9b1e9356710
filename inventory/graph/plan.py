"""What an operation asks for: plain data between GraphQL and SQL, which knows neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from inventory.graph.aggregates import GroupKey
from inventory.graph.edges import Edge
from inventory.graph.projection import Leaf, Shape

if TYPE_CHECKING:
    from inventory.graph.explain import Explain
    from inventory.graph.plan_graph import AnyNode, Paths, Reachable, RunOf, StepSelection
    from inventory.graph.search import Search

# -- values ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Const:
    """A value that stands in the document, or that the shape of the statement depends on."""

    value: Any


@dataclass(frozen=True)
class Var:
    """A value that comes from a variable each time; `path` leads to it in the coerced variables."""

    path: tuple[str | int, ...]


@dataclass(frozen=True)
class Several:
    """A list, some of whose items come from variables."""

    items: tuple[Const | Var, ...]


Value = Const | Var | Several


@dataclass(frozen=True)
class RowId:
    """The row id in a global id; NULL for one of another table.

    Apart from `RowIds`, since PostgreSQL takes any array for ten rows and plans each request anew.
    """

    id: Value
    table: str


@dataclass(frozen=True)
class RowIds:
    """The row ids in global ids; those of another table are left out."""

    ids: Value
    table: str


@dataclass(frozen=True)
class FromCursor:
    """One of the key values in a cursor."""

    cursor: Const | Var
    place: int


Bound = Const | Var | Several | RowId | RowIds | FromCursor

# -- conditions -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compare:
    """`leaf <operator> value`; the operators are those of `where.OPERATORS`."""

    leaf: Leaf
    operator: str
    value: Bound


@dataclass(frozen=True)
class IdIn:
    """The row is one of these."""

    ids: RowIds


@dataclass(frozen=True)
class OnLink:
    """A comparison of a column of the link's own row."""

    column: Literal["rule", "created_at"]
    operator: str
    value: Value
    kind: str


@dataclass(frozen=True)
class AllOf:
    of: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    of: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    of: Condition


@dataclass(frozen=True)
class Through:
    """A condition on the far ends of an edge: some, every or none of them."""

    edge: Edge
    quantifier: Literal["some", "every", "none"]
    link: AllOf
    of: AllOf


@dataclass(frozen=True)
class Counted:
    """A comparison of the number of far ends."""

    edge: Edge
    link: AllOf
    operator: str
    value: Value


Condition = Compare | IdIn | OnLink | AllOf | AnyOf | Not | Through | Counted
EVERYTHING = AllOf(())

# -- order and pages ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """One sort key: a leaf of the row or of a to-one end (`through`), or the count of an edge."""

    leaf: Leaf | None
    through: tuple[Edge, ...]
    count: Edge | None
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class Page:
    """`limit` rows from the front, or from the back; `after` and `before` are cursors with their
    null-ness.
    """

    limit: int
    backward: bool
    after: Position | None
    before: Position | None


@dataclass(frozen=True)
class Position:
    """A place in the list: the values of the sort keys there, and which of them are NULL."""

    cursor: Const | Var
    nulls: tuple[bool, ...]


# -- selections -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class TypeName:
    name: str


@dataclass(frozen=True)
class Special:
    """A field that every type of its kind has, such as `displayName`, `cursor` or `totalCount`."""

    name: str


@dataclass(frozen=True)
class Column:
    leaf: Leaf


@dataclass(frozen=True)
class ToOne:
    """The far end of a to-one edge, or with `as_edge` the edge itself."""

    edge: Edge
    select: ObjectSelection | EdgeSelection


@dataclass(frozen=True)
class Pointed:
    """An object of any of several kinds: one column holds its table, another the id of its row."""

    table_column: str
    id_column: str
    selects: tuple[ObjectSelection, ...]


@dataclass(frozen=True)
class Many:
    """A connection, of a root or of an edge."""

    connection: Connection


@dataclass(frozen=True)
class Matched:
    """The evidence of an edge, as a list of column and value."""

    fields: tuple[tuple[str, str], ...]


Field = TypeName | Special | Column | ToOne | Pointed | Many | Matched


@dataclass(frozen=True)
class ObjectSelection:
    shape: Shape
    fields: tuple[tuple[str, Field], ...]


@dataclass(frozen=True)
class EdgeSelection:
    """Fields of an edge; `node` holds the selections of the object by response key."""

    fields: tuple[tuple[str, Field | ObjectSelection | AnyNode | RunOf], ...]


@dataclass(frozen=True)
class Edges:
    select: EdgeSelection | StepSelection


@dataclass(frozen=True)
class Nodes:
    select: ObjectSelection | AnyNode


@dataclass(frozen=True)
class PageInfo:
    fields: tuple[tuple[str, Field], ...]


@dataclass(frozen=True)
class Measure:
    """`count`, or an aggregate of columns such as `max`, by response key."""

    name: str
    columns: tuple[tuple[str, Leaf | TypeName], ...]


@dataclass(frozen=True)
class Aggregate:
    """Measures over all rows that a condition selects."""

    fields: tuple[tuple[str, TypeName | Measure], ...]


@dataclass(frozen=True)
class GroupKeys:
    """The fields of a group's key; None stands for `__typename`."""

    fields: tuple[tuple[str, str | None], ...]
    type_name: str


@dataclass(frozen=True)
class Groups:
    """Rows grouped by columns, the largest groups first."""

    by: tuple[GroupKey, ...]
    first: int
    having: tuple[tuple[str, Value], ...]
    fields: tuple[tuple[str, TypeName | Measure | Aggregate | GroupKeys], ...]


Part = Edges | Nodes | PageInfo | Aggregate | Groups | Special | TypeName


@dataclass(frozen=True)
class Connection:
    shape: Shape
    edge: Edge | None
    where: AllOf
    link: AllOf
    order: tuple[Term, ...]
    page: Page
    parts: tuple[tuple[str, Part], ...]
    type_name: str
    cursor_key: str
    base: str | None = None
    """SQL over the row `r` that the list is narrowed to from the start."""


# -- roots ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class One:
    """A row by its id; `null` where there is none."""

    id: RowId
    select: ObjectSelection


@dataclass(frozen=True)
class Nothing:
    """`null`, known before asking."""


@dataclass(frozen=True)
class ListOf:
    """Rows by their ids, in the order asked for."""

    items: tuple[One | Nothing, ...]


Root: TypeAlias = (
    "Connection | One | Nothing | ListOf | TypeName | Paths | Reachable | Explain | Search"
)


@dataclass(frozen=True)
class Plan:
    """The compiled root fields of an operation, in response order."""

    roots: tuple[tuple[str, Root], ...]
