"""Plan → one SQL statement whose single row holds the response, one column per root field.

The JSON text is put together by `||`, whose operands must never be NULL: one that is would silently
delete its whole parent.  So every piece comes from one of the functions `leaf`, `special`,
`object_`, `connection` and `wrapped`, each of which answers an expression that cannot be NULL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inventory.graph import compile_explain, compile_graph, plan
from inventory.graph.compile_steps import StepRow, any_node, run_of, step
from inventory.graph.edges import Edge
from inventory.graph.explain import Explain
from inventory.graph.fragments import Piece, Text, literal, quoted, text_of, wrapped
from inventory.graph.plan_graph import AnyNode, Paths, Reachable, RunOf, StepSelection
from inventory.graph.projection import ROW, Leaf
from inventory.graph.rows import NULL, Rows, Source
from inventory.graph.search import Search, search


@dataclass
class Statement:
    """A compiled operation: its SQL, the parameters in order, and the keys of its columns."""

    sql: str
    parameters: tuple[plan.Bound, ...]
    keys: tuple[str, ...]


class Compiler:
    """Compiles one plan. Aliases are numbered, so the same plan gives the same text."""

    def __init__(self) -> None:
        self.parameters: list[plan.Bound] = []
        self._places: dict[tuple[str, plan.Bound], int] = {}
        self._aliases = 0

    def compile(self, whole: plan.Plan) -> Statement:
        columns, keys = [], []
        for key, root in whole.roots:
            columns.append(self._root(root))
            keys.append(key)
        sql = "SELECT " + ",\n ".join(f"({column})::text" for column in columns)
        return Statement(sql, tuple(self.parameters), tuple(keys))

    def bind(self, value: plan.Bound, cast: str) -> str:
        """A parameter of the statement, cast so that PostgreSQL never guesses."""
        # Shared by equal values of one cast only: `1 == True`, and PostgreSQL takes the first cast
        # for the parameter's type, so that `'10.0.0.1'` as inet would come back as another text.
        try:
            place = self._places.setdefault((cast, value), len(self.parameters) + 1)
        except TypeError:  # a list is not looked up
            place = len(self.parameters) + 1
        if place > len(self.parameters):
            self.parameters.append(value)
        return f"${place}::{cast}"

    def alias(self, letter: str = "t") -> str:
        self._aliases += 1
        return f"{letter}{self._aliases}"

    # -- roots --------------------------------------------------------------------------------------

    def _root(self, root: plan.Root) -> str:
        match root:
            case plan.TypeName(name):
                return literal(f'"{name}"')
            case plan.Nothing():
                return NULL
            case plan.One():
                return self._one(root)
            case plan.ListOf(items):
                parts: list[Piece] = [Text("[")]
                for place, item in enumerate(items):
                    parts += [Text(","), self._root(item)] if place else [self._root(item)]
                return text_of([*parts, Text("]")])
            case plan.Connection():
                return self.connection(root, None)
            case Paths():
                return compile_graph.paths(self, root)
            case Reachable():
                return compile_graph.reachable(self, root)
            case Search():
                return search(self, root)
            case Explain():
                return compile_explain.explain(self, root)
        raise AssertionError(root)

    def _one(self, root: plan.One) -> str:
        source = Source(self.alias())
        obj = self.object_(root.select, source)
        source.column("id")
        row_id = self.bind(root.id, "uuid")
        return (
            f"COALESCE((SELECT {obj} FROM (SELECT {source.select()} FROM {root.select.shape.table} c"
            f" WHERE c.id = {row_id}) {source.alias}), {NULL})"
        )

    # -- objects ------------------------------------------------------------------------------------

    def object_(self, select: plan.ObjectSelection, source: Source) -> str:
        """An object as JSON text; never NULL."""
        return wrapped(select.fields, lambda part: self._object_field(select, source, part))

    def _object_field(
        self, select: plan.ObjectSelection, source: Source, part: plan.Field | plan.ObjectSelection
    ) -> Piece:
        match part:
            case plan.TypeName(name):
                return Text(f'"{name}"')
            case plan.Column(leaf):
                return self.leaf(leaf, source)
            case plan.Special(name):
                return self._special(select, source, name)
            case plan.ToOne(edge, inner):
                return self._to_one(edge, inner, source)
            case plan.Many(connection):
                return self.connection(connection, source)
            case plan.Pointed():
                return self._pointed(part, source)
        raise AssertionError(part)

    def leaf(self, leaf: Leaf, source: Source) -> str:
        """A column as JSON text; never NULL."""
        json = leaf.kind.json.format(source.leaf(leaf))
        return f"COALESCE({json},{NULL})" if leaf.nullable else json

    def _special(self, select: plan.ObjectSelection, source: Source, name: str) -> Piece:
        shape = select.shape
        match name:
            case "id":
                return f"""'"{shape.table}:'||{source.column("id")}||'"'"""
            case "provider":
                return Text(f'"{shape.provider}"')
            case "displayName":
                expression = source.extra("x_display", shape.display.replace(ROW, "c"))
                return f"to_json({expression})::text"
            case "firstSeenAt":
                return f"to_json({source.column('created_at')})::text"
            case "lastSeenAt":
                # A row of a scope that was never complete was last seen when it was last written.
                scope, changed = source.column("scope_id"), source.column("updated_at")
                seen = f"(SELECT s.last_complete_at FROM common_scope s WHERE s.id = {scope})"
                return f"to_json(GREATEST({seen}, {changed}))::text"
        raise AssertionError(name)

    def _to_one(
        self, edge: Edge, select: plan.ObjectSelection | plan.EdgeSelection, parent: Source
    ) -> str:
        source = Source(self.alias())
        if isinstance(select, plan.ObjectSelection):
            inner = self.object_(select, source)
        else:
            inner = self.edge(select, edge, source, None)
        here = parent.column("id")
        return (
            f"COALESCE((SELECT {inner} FROM (SELECT {source.select()} FROM {edge.table} l"
            f" JOIN {edge.far_table} c ON c.id = l.{quoted(edge.there_column)}"
            f" WHERE l.{quoted(edge.here_column)} = {here}"
            f" ORDER BY l.{quoted(edge.there_column)} LIMIT 1) {source.alias}), {NULL})"
        )

    def _pointed(self, part: plan.Pointed, parent: Source) -> str:
        """An object whose table stands in a column; null where the row is gone."""
        row = parent.column(part.id_column)
        whens = []
        for select in part.selects:
            source = Source(self.alias())
            inner = self.object_(select, source)
            source.column("id")
            table = select.shape.table
            whens.append(
                f" WHEN {literal(table)} THEN (SELECT {inner} FROM (SELECT {source.select()}"
                f" FROM {table} c WHERE c.id = {row}) {source.alias})"
            )
        return f"COALESCE(CASE {parent.column(part.table_column)}{''.join(whens)} END, {NULL})"

    # -- connections --------------------------------------------------------------------------------

    def connection(self, part: plan.Connection, parent: Source | None) -> str:
        """A connection as JSON text; never NULL."""
        here = parent.column("id") if parent is not None else None
        rows = Rows(self, part, here)
        body = wrapped(part.parts, rows.part)
        return f"(SELECT {body} FROM {rows.sql()})" if rows.needed else body

    def any_node(self, node: AnyNode, source: Source) -> str:
        """An object of any kind, which the rows of a source tell; NULL where it is gone."""
        return self.any_row(node, source.column("kind"), source.column("id"))

    def any_row(self, node: AnyNode, kind: str, row_id: str) -> str:
        """The same, by SQL of the name of its kind and of its id."""
        return any_node(self, node, kind, row_id, lambda shape: literal(shape.table.upper()))

    def step(
        self, select: StepSelection, source: Source, here: str, cursor_of: Callable[[], str]
    ) -> str:
        """An edge of any kind, which the rows of a source tell; NULL where its node is gone."""
        row = StepRow(
            number=source.column("r"),
            here=here,
            here_kind=source.column("h"),
            there=source.column("id"),
            kind=source.column("k"),
            column=source.column,
        )
        return step(self, select, row, cursor_of)

    def edge(
        self,
        select: plan.EdgeSelection,
        edge: Edge | None,
        source: Source,
        cursor_of: Callable[[], str] | None,
    ) -> str:
        """An edge as JSON text; never NULL."""

        def piece(part: plan.Field | plan.ObjectSelection | AnyNode | RunOf) -> Piece:
            match part:
                case plan.TypeName(name):
                    return Text(f'"{name}"')
                case plan.ObjectSelection():
                    return self.object_(part, source)
                case AnyNode():
                    return self.any_node(part, source)
                case plan.Matched(fields):
                    return self.matched(fields, edge, source)
                case RunOf(of) if edge is not None and edge.link is not None:
                    return run_of(self, of, literal(edge.link.name))
                case plan.Special("cursor") if cursor_of is not None:
                    return cursor_of()
                case plan.Special("rule"):
                    return f"to_json({source.extra('l_rule', 'l.rule')})::text"
                case plan.Special("createdAt"):
                    return f"to_json({source.extra('l_created_at', 'l.created_at')})::text"
                case plan.Special("confirmedAt") if edge is not None and edge.link is not None:
                    confirmed = (
                        "(SELECT k.reconciled_at FROM common_link k"
                        f" WHERE k.name = {literal(edge.link.name)})"
                    )
                    created = source.extra("l_created_at", "l.created_at")
                    return f"to_json(GREATEST({confirmed}, {created}))::text"
            raise AssertionError(part)

        return wrapped(select.fields, piece)

    def matched(
        self, fields: tuple[tuple[str, str], ...], edge: Edge | None, source: Source
    ) -> str:
        """The columns that the edge's rule compared, with their values; never NULL."""
        assert edge is not None  # noqa: S101 - edges of roots have no such field
        link = edge.link
        assert link is not None  # noqa: S101 - nor have those of references
        there, far = ("b", "a") if edge.here_column == link.columns[0] else ("a", "b")
        by_rule = []
        for name, rule in link.rules.items():
            ends = dict(zip(("a", "b"), link.evidence(rule), strict=True))
            items: list[Piece] = [Text("[")]
            shown = [
                *((edge.far_table, column, f"c.{quoted(column)}") for column in ends[there]),
                *(
                    (str(edge.here.__tablename__), column, self._near(edge, column))
                    for column in ends[far]
                ),
            ]
            for place, (table, column, expression) in enumerate(shown):
                value = source.extra(f"m_{name}_{place}", f"({expression})::text")
                items += [Text(",")] if place else []
                items += _matched_value(fields, f"{table}.{column}", value)
            by_rule.append((name, text_of([*items, Text("]")])))
        if len(by_rule) == 1:
            return by_rule[0][1]
        rule_column = source.extra("l_rule", "l.rule")
        whens = " ".join(f"WHEN {literal(name)} THEN {text}" for name, text in by_rule)
        return f"CASE {rule_column} {whens} ELSE '[]' END"

    def _near(self, edge: Edge, column: str) -> str:
        return (
            f"SELECT e.{quoted(column)} FROM {edge.here.__tablename__} e"
            f" WHERE e.id = l.{quoted(edge.here_column)}"
        )


def _matched_value(fields: tuple[tuple[str, str], ...], column: str, value: str) -> list[Piece]:
    pieces: list[Piece] = [Text("{")]
    for place, (key, name) in enumerate(fields):
        pieces.append(Text(f'{"," if place else ""}"{key}":'))
        match name:
            case "__typename":
                pieces.append(Text('"MatchedValue"'))
            case "column":
                pieces.append(Text(f'"{column}"'))
            case _:
                pieces.append(f"COALESCE(to_json({value})::text,{NULL})")
    return [*pieces, Text("}")]
