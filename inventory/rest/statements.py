"""What is asked → SQL: a page in one row, or all rows as the lines of a COPY."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from inventory.graph import plan
from inventory.graph.compile import Compiler
from inventory.graph.fragments import Piece, literal, quoted, text_of
from inventory.graph.projection import ROW
from inventory.graph.rows import Rows, Source
from inventory.graph.values import resolve
from inventory.rest.asking import EVERY, Asked
from inventory.rest.formats import CSV, Format
from inventory.rest.tables import Field, Table

# A line of JSON holds none of these two characters, so COPY adds nothing to it.
AS_IT_IS = "(FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')"
AS_CSV = "(FORMAT csv, HEADER true)"
FORMULA = "=+-@\t\r"


@dataclass(frozen=True)
class Statement:
    """SQL with its parameters."""

    sql: str
    parameters: list[Any]


def page(asked: Asked) -> Statement:
    """One row: the items, where the page lies, and if asked for the count, each as JSON."""
    compiler = Compiler()
    rows = Rows(compiler, asked.connection, None)
    columns = [text_of([rows.part(part)]) for _, part in asked.connection.parts]
    selected = ",\n ".join(f"({column})::text" for column in columns)
    return _bound(f"SELECT {selected} FROM {rows.sql()}", compiler)


def one(table: Table, row_id: str, fields: tuple[Field, ...]) -> Statement:
    """One row: the object as JSON, or `null`."""
    select = table.selection(field.name for field in fields)
    root = plan.One(plan.RowId(plan.Const(row_id), table.name), select)
    compiled = Compiler().compile(plan.Plan((("row", root),)))
    return Statement(compiled.sql, [resolve(bound, {}) for bound in compiled.parameters])


def stream(asked: Asked, form: Format) -> Statement:
    """A COPY whose every line is a row; in CSV the first holds the names of the fields."""
    compiler = RowCompiler()
    rows = AllRows(compiler, asked)
    if form is CSV:
        selected = ", ".join(
            f"{compiler.csv(field, rows.source, asked)} AS {quoted(field.name)}"
            for field in asked.fields
        )
    else:
        selected = compiler.object_(_selection(asked), rows.source)
    options = AS_CSV if form is CSV else AS_IT_IS
    return _bound(f"COPY (SELECT {selected} FROM {rows.sql()}) TO STDOUT {options}", compiler)


def _selection(asked: Asked) -> plan.ObjectSelection:
    return asked.table.selection(field.name for field in asked.fields)


def _bound(sql: str, compiler: Compiler) -> Statement:
    return Statement(sql, [resolve(bound, {}) for bound in compiler.parameters])


class AllRows(Rows):
    """Rows that are read as they come, each with its scope beside it."""

    def __init__(self, compiler: RowCompiler, asked: Asked) -> None:
        super().__init__(compiler, asked.connection, None)
        self.asked = asked
        # Nobody asks whether there are more.
        self.limit = asked.connection.page.limit

    def sql(self) -> str:
        # A limit that none of them reaches would still keep the rows' text from being made where
        # they are read, which takes twice as long.
        return super().sql().replace(f" LIMIT {EVERY}", "")

    def _from(self) -> str:
        # A hash of a few scopes is read once; looking one up for each row takes longer than the row.
        seen = any(
            isinstance(field.part, plan.Special) and field.part.name == "lastSeenAt"
            for field in self.asked.fields
        )
        scope = " LEFT JOIN common_scope s ON s.id = c.scope_id" if seen else ""
        return super()._from() + scope

    def _order(self) -> str:
        return super()._order() if self.asked.is_ordered else ""


class RowCompiler(Compiler):
    """Writes one row at a time, in which the scope is `s`."""

    def _special(self, select: plan.ObjectSelection, source: Source, name: str) -> Piece:
        if name == "lastSeenAt":
            return f"to_json({_last_seen(source)})::text"
        return super()._special(select, source, name)

    def csv(self, field: Field, source: Source, asked: Asked) -> str:
        """A field as text, NULL where it has no value."""
        found = field.csv.replace("{0}", "{}").replace("{}", self._value(field, source, asked))
        if asked.keeps_formulas or field.kind.name != "String":
            return found
        starts = f'left({found}, 1) = ANY(E\'{{=,+,-,@,"\\t","\\r"}}\'::text[])'
        return f"CASE WHEN {starts} THEN ''''||{found} ELSE {found} END"

    def _value(self, field: Field, source: Source, asked: Asked) -> str:
        shape = asked.table.shape
        match field.part:
            case plan.Column(leaf):
                return source.leaf(leaf)
            case plan.Special("id"):
                return source.column("id")
            case plan.Special("provider"):
                return f"{literal(shape.provider)}::text"
            case plan.Special("displayName"):
                return source.extra("x_display", shape.display.replace(ROW, "c"))
            case plan.Special("firstSeenAt"):
                return source.column("created_at")
        return _last_seen(source)


def _last_seen(source: Source) -> str:
    changed = source.column("updated_at")
    return f"GREATEST({source.extra('x_seen', 's.last_complete_at')}, {changed})"


Framing = Callable[[list[Any]], bytes]


def framing(form: Format) -> Framing:
    """How lines of a COPY become text of that form."""
    between = form.between
    if between == b"\n":
        return b"".join
    # Each line ends with the one character that is to be replaced.
    return lambda lines: b"".join([part for line in lines for part in (line[:-1], between)])
