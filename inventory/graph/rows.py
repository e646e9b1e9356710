"""The rows of a connection's page, and the pieces of the connection that are made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inventory.graph import cursor, plan
from inventory.graph.compile_aggregates import aggregate, groups
from inventory.graph.compile_where import condition, term_sql
from inventory.graph.fragments import Piece, Text, quoted, text_of, wrapped
from inventory.graph.plan_graph import AnyNode, StepSelection
from inventory.graph.projection import Leaf, Union

if TYPE_CHECKING:
    from inventory.graph.compile import Compiler

NULL = "'null'"


@dataclass
class Source:
    """Rows under an alias, and which of their columns the selections turned out to need."""

    alias: str
    columns: dict[str, str] = field(default_factory=dict)

    def column(self, name: str) -> str:
        self.columns[name] = f"c.{quoted(name)}"
        return f"{self.alias}.{quoted(name)}"

    def extra(self, name: str, expression: str) -> str:
        """Another output of the rows, computed where they are read."""
        self.columns[name] = expression
        return f"{self.alias}.{quoted(name)}"

    def leaf(self, leaf: Leaf) -> str:
        if leaf.column:
            return self.column(leaf.column)
        return self.extra(f"x_{leaf.name}", leaf.on("c"))

    def select(self) -> str:
        found = [f"{expression} AS {quoted(name)}" for name, expression in self.columns.items()]
        return ", ".join(found) or "1 AS one"


class Rows:
    """The rows of a connection's page, and the pieces of the connection that are made of them."""

    def __init__(self, compiler: Compiler, part: plan.Connection, here: str | None) -> None:
        self.compiler = compiler
        self.connection = part
        self.here = here
        self.source = Source(compiler.alias())
        self.needed = False
        self._numbered = False
        # The order of the page decides what the aggregates below are ordered by.
        self.terms = [(term_sql(term, compiler), term) for term in part.order]
        page = part.page
        self.limit = page.limit + 1 if self._asks("hasNextPage", "hasPreviousPage") else page.limit

    def part(self, part: plan.Part) -> Piece:
        match part:
            case plan.TypeName(name):
                return Text(f'"{name}"')
            case plan.Special("totalCount"):
                return self._total()
            case plan.Edges(select):
                return self._list(self._edge(select))
            case plan.Nodes(node):
                if isinstance(node, AnyNode):
                    return self._list(self.compiler.any_node(node, self.source))
                return self._list(self.compiler.object_(node, self.source))
            case plan.PageInfo(fields):
                return wrapped(fields, self._page_info)
            case plan.Aggregate():
                return aggregate(part, f"{self._from()} WHERE {self._base()}")
            case plan.Groups():
                return groups(part, f"{self._from()} WHERE {self._base()}", self.compiler)
        raise AssertionError(part)

    def _edge(self, select: plan.EdgeSelection | StepSelection) -> str:
        if isinstance(select, StepSelection):
            return self.compiler.step(select, self.source, self.here or NULL, self._cursor)
        return self.compiler.edge(select, self.connection.edge, self.source, self._cursor)

    def sql(self) -> str:
        page = self.connection.page
        for place, (expression, _term) in enumerate(self.terms):
            self.source.extra(f"o_{place}", expression)
        if self._numbered:
            self.source.extra("n", f"row_number() OVER ({self._order()})")
        self.source.column("id")
        where = [self._base()]
        for position, forward in ((page.after, True), (page.before, False)):
            if position is not None:
                where.append(self._beyond(position, forward))
        conditions = " AND ".join(where)
        return (
            f"(SELECT {self.source.select()} FROM {self._from()} WHERE {conditions}"
            f" {self._order()} LIMIT {self.limit}) {self.source.alias}"
        )

    def _from(self) -> str:
        edge, table = self.connection.edge, self.connection.shape.table
        if edge is None:
            return f"{table} c".replace(Union.HERE, self.here or "NULL")
        return f"{edge.table} l JOIN {table} c ON c.id = l.{quoted(edge.there_column)}"

    def _base(self) -> str:
        """What `where`, `link` and the parent ask for, whatever the page."""
        part = self.connection
        found = [condition(part.where, "c", "l", self.compiler)]
        if part.base is not None:
            found.append(f"c.id IN (SELECT r.id FROM {part.shape.table} r WHERE {part.base})")
        if part.edge is not None:
            found.insert(0, f"l.{quoted(part.edge.here_column)} = {self.here}")
            found.append(condition(part.link, "c", "l", self.compiler))
        return " AND ".join(text for text in found if text != "true") or "true"

    def _id(self) -> str:
        # The link's own column: its index delivers the order.
        edge = self.connection.edge
        return f"l.{quoted(edge.there_column)}" if edge is not None else "c.id"

    def _order(self) -> str:
        back = self.connection.page.backward
        spelled = [
            f"{expression} {_direction(term.descending != back, term.nulls_first != back)}"
            for expression, term in self.terms
        ]
        return "ORDER BY " + ", ".join([*spelled, f"{self._id()}{' DESC' if back else ''}"])

    def _agg_order(self) -> str:
        alias = self.source.alias
        spelled = [
            f"{alias}.o_{place} {_direction(term.descending, term.nulls_first)}"
            for place, (_, term) in enumerate(self.terms)
        ]
        return "ORDER BY " + ", ".join([*spelled, f"{alias}.id"])

    def _list(self, item: str) -> str:
        self.needed = True
        kept = self._kept()
        agg = f"string_agg({item},',' {self._agg_order()}){kept}"
        return text_of([Text("["), f"COALESCE({agg},'')", Text("]")])

    def _kept(self) -> str:
        """Leaves out the row that was read only to see whether there are more."""
        if self.limit == self.connection.page.limit:
            return ""
        self._numbered = True
        return f" FILTER (WHERE {self.source.alias}.n <= {self.connection.page.limit})"

    def _cursor(self) -> str:
        alias = self.source.alias
        values = [
            (f"{alias}.o_{place}", term.leaf is None or term.leaf.nullable or bool(term.through))
            for place, (_, term) in enumerate(self.terms)
        ]
        return cursor.sql(self.connection.cursor_key, [*values, (f"{alias}.id", False)])

    def _page_info(self, part: plan.Field | plan.ObjectSelection) -> Piece:
        page = self.connection.page
        if isinstance(part, plan.TypeName):
            return Text(f'"{part.name}"')
        assert isinstance(part, plan.Special)  # noqa: S101 - the only other kind
        self.needed = True
        match part.name:
            case "startCursor" | "endCursor":
                down = part.name == "endCursor"
                kept = self._kept()
                agg = f"(array_agg({self._cursor()} {self._agg_order()}){kept})"
                item = f"{agg}[(count(*){kept})::int]" if down else f"{agg}[1]"
                return f"COALESCE({item},{NULL})"
            case "hasNextPage":
                return _json_boolean(self._either(not page.backward, page.before))
            case _:
                return _json_boolean(self._either(page.backward, page.after))

    def _more(self) -> str:
        return f"count(*) > {self.connection.page.limit}"

    def _either(self, cut: bool, position: plan.Position | None) -> str:
        """Whether there are rows on a side: the limit cut them off, or the cursor on that side."""
        ways = [self._more()] if cut else []
        if position is not None:
            ways.append(self._beside(position, forward=position is self.connection.page.after))
        return " OR ".join(ways) or "false"

    def _beside(self, position: plan.Position, *, forward: bool) -> str:
        """Whether there are rows on the side of a cursor that the page does not lie on."""
        beyond = self._beyond(position, forward)
        return (
            f"EXISTS (SELECT FROM {self._from()} WHERE {self._base()} AND ({beyond}) IS NOT TRUE)"
        )

    def _asks(self, *names: str) -> bool:
        page = self.connection.page
        wanted = "hasPreviousPage" if page.backward else "hasNextPage"
        return any(
            isinstance(part, plan.PageInfo)
            and any(isinstance(f, plan.Special) and f.name == wanted for _, f in part.fields)
            for _, part in self.connection.parts
            if wanted in names
        )

    def _total(self) -> str:
        part, edge = self.connection, self.connection.edge
        rows = self._from()
        if edge is not None and not part.where.of:
            rows = f"{edge.table} l"
        return f"(SELECT count(*) FROM {rows} WHERE {self._base()})::text"

    def _beyond(self, position: plan.Position, forward: bool) -> str:
        """Rows after (or before) a position, in the order of the list."""
        keys = [
            *((e, t.descending, t.nulls_first, _cast(t)) for e, t in self.terms),
            (self._id(), False, False, "uuid"),
        ]
        either: list[str] = []
        for place in range(len(keys)):
            same = [self._same(keys[i], position, i) for i in range(place)]
            beyond = self._past(keys[place], position, place, forward)
            if beyond is not None:
                either.append(" AND ".join([*same, beyond]))
        beyond = "(" + (" OR ".join(f"({each})" for each in either) or "false") + ")"
        return self._bound(keys[0], position, forward) + beyond

    def _bound(
        self, key: tuple[str, bool, bool, str], position: plan.Position, forward: bool
    ) -> str:
        """What follows for the first key, said apart so that an index on it can begin there."""
        expression, descending, nulls_first, cast = key
        if not self.terms or position.nulls[0] or self._null_beyond(0, nulls_first, forward):
            return ""
        sign = "<=" if descending == forward else ">="
        return f"{expression} {sign} {self._key(position, 0, cast)} AND "

    def _null_beyond(self, place: int, nulls_first: bool, forward: bool) -> bool:
        """Whether rows without a value come after one with a value."""
        _, term = self.terms[place]
        may_be_null = bool(term.through) or (term.leaf is not None and term.leaf.nullable)
        return may_be_null and nulls_first != forward

    def _same(self, key: tuple[str, bool, bool, str], position: plan.Position, place: int) -> str:
        expression, _, _, cast = key
        if position.nulls[place]:
            return f"{expression} IS NULL"
        return f"{expression} = {self._key(position, place, cast)}"

    def _past(
        self, key: tuple[str, bool, bool, str], position: plan.Position, place: int, forward: bool
    ) -> str | None:
        expression, descending, nulls_first, cast = key
        if position.nulls[place]:
            return None if nulls_first != forward else f"{expression} IS NOT NULL"
        sign = "<" if descending == forward else ">"
        past = f"{expression} {sign} {self._key(position, place, cast)}"
        if place == len(self.terms) or not self._null_beyond(place, nulls_first, forward):
            return past
        return f"({past} OR {expression} IS NULL)"

    def _key(self, position: plan.Position, place: int, cast: str) -> str:
        return self.compiler.bind(plan.FromCursor(position.cursor, place), cast)


def _direction(descending: bool, nulls_first: bool) -> str:
    return f"{'DESC' if descending else 'ASC'} NULLS {'FIRST' if nulls_first else 'LAST'}"


def _json_boolean(expression: str) -> str:
    return f"CASE WHEN {expression} THEN 'true' ELSE 'false' END"


def _cast(term: plan.Term) -> str:
    if term.count is not None:
        return "bigint"
    return term.leaf.kind.sql if term.leaf is not None else "uuid"
