"""A text in names and ids of any kind: what is equal comes first, then what begins with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from graphql import FieldNode
from sqlalchemy.dialects import postgresql as pg

from inventory.core.model import Model
from inventory.errors import QueryError
from inventory.graph import plan
from inventory.graph.fragments import Piece, Text, literal, quoted, text_of, wrapped
from inventory.graph.plan_graph import AnyNode
from inventory.graph.read_graph import any_node, enum_names, sets_of
from inventory.graph.values import ANY_TABLE, as_value

if TYPE_CHECKING:
    from inventory.graph.compile import Compiler
    from inventory.graph.selection import Reader

NAMES = ("name", "technical_id", "provider_id", "hostname", "fqdn", "dns_name", "uid")
"""Columns that people search in, besides the one that a row is shown by and its own id."""
LEAST, MOST, USUAL, LARGEST = 2, 200, 20, 100
RANKS = ("ID", "NAME", "PREFIX", "CONTAINS")


@dataclass(frozen=True, eq=False)
class Search:
    """A search of some kinds."""

    text: plan.Value
    kinds: tuple[type[Model], ...]
    first: int
    fields: tuple[tuple[str, plan.TypeName | plan.Special | Hits], ...]


@dataclass(frozen=True)
class Hits:
    """What is asked of each hit."""

    fields: tuple[tuple[str, plan.TypeName | plan.Special | AnyNode], ...]


def columns(model: type[Model]) -> dict[str, bool]:
    """The columns that are searched, and whether each holds an id."""
    table, found = model.__table__, dict[str, bool]()
    for name in (*model.key[:1], *model.display_columns(), *NAMES, *table.c.keys()):
        column = table.c.get(name)
        if column is None or name in found:
            continue
        is_text = isinstance(column.type, sa.Text)
        if isinstance(column.type, pg.INET) or (is_text and name in _named(model)):
            found[name] = name == (model.key[:1] or ("",))[0] or name in ("uid", "provider_id")
    return found


def _named(model: type[Model]) -> set[str]:
    return {*model.key[:1], *model.display_columns(), *NAMES}


def usable(text: str) -> bool:
    """The look at a text that depends on whether it can be searched for."""
    return len(text.strip()) >= LEAST and len(text) <= MOST and "\0" not in text


def read_search(reader: Reader, values: dict[str, Any], nodes: list[FieldNode]) -> Search:
    """Read a search. Raises QueryError where the text or the number of hits makes no sense."""
    if not usable(reader.look(values["text"], usable_look)):
        raise QueryError(f"`text` must have {LEAST} to {MOST} characters, blanks at the ends apart")
    first = values.get("first")
    first = USUAL if first is None else first
    reader.budget.check_first("first", first)
    if first > LARGEST:
        raise QueryError(f"`first` is {first}; a search shows at most {LARGEST} hits")
    # It reads every name there is, so that a query cannot hold many.
    reader.budget.spend_rows(reader.budget.limits.looked + first)
    graph = reader.projection.graph
    if values.get("types") is None:
        kinds = [s.model for s in reader.projection.shapes.values() if s.is_resource]
    else:
        kinds = [graph.kinds[name] for name in enum_names(reader, values["types"])]
    kinds = [kind for kind in kinds if columns(kind)]
    fields: list[tuple[str, Any]] = []
    for key, name, found in reader.selected("SearchResult", nodes, 1):
        if name != "hits":
            fields.append((key, _plain(name, "SearchResult")))
            continue
        inner: list[tuple[str, Any]] = []
        for own, part, below in reader.selected("SearchHit", found, 2):
            if part == "node":
                inner.append((own, any_node(reader, kinds, sets_of(below), first, 3)))
            else:
                inner.append((own, _plain(part, "SearchHit")))
        fields.append((key, Hits(tuple(inner))))
    return Search(as_value(values["text"]), tuple(kinds), first, tuple(fields))


def usable_look(text: Any) -> Any:
    """A text that serves as well as this one; one that cannot be searched for is itself."""
    return "text" if isinstance(text, str) and usable(text) else text


def _plain(name: str, type_name: str) -> plan.TypeName | plan.Special:
    return plan.TypeName(type_name) if name == "__typename" else plan.Special(name)


# -- SQL --------------------------------------------------------------------------------------------


def search(compiler: Compiler, part: Search) -> str:
    """The hits as JSON text, the best first."""
    rows = ""
    if part.kinds:
        # Nothing may be bound that the statement does not use.
        text = f"lower(btrim({compiler.bind(part.text, 'text')}))"
        row_id = compiler.bind(plan.RowId(part.text, ANY_TABLE), "uuid")
        rows = " UNION ALL ".join(_hits(kind, text, row_id, part.first) for kind in part.kinds)
    nothing = "SELECT NULL::uuid, '', 0, '', '' WHERE false"
    found = (
        f"(SELECT * FROM ({rows or nothing}) u(id, kind, rank, col, val)"
        f" ORDER BY rank, length(val), val, kind, id LIMIT {part.first + 1})"
    )

    def piece(each: plan.TypeName | plan.Special | Hits) -> Piece:
        match each:
            case plan.TypeName(name):
                return Text(f'"{name}"')
            case Hits(fields):
                item = wrapped(fields, lambda inner: _hit(compiler, inner))
                order = "ORDER BY h.rank, length(h.val), h.val, h.kind, h.id"
                kept = f"FROM (SELECT * FROM found {order.replace('h.', '')} LIMIT {part.first}) h"
                listed = f"(SELECT string_agg({item},',' {order}) {kept})"
                return text_of([Text("["), f"COALESCE({listed},'')", Text("]")])
        more = f"(SELECT count(*) FROM found) > {part.first}"
        return f"CASE WHEN {more} THEN 'true' ELSE 'false' END"

    return f"(WITH found AS MATERIALIZED {found} SELECT {wrapped(part.fields, piece)})"


def _hits(model: type[Model], text: str, row_id: str, first: int) -> str:
    """The best hits of a kind. Names are put together, so that each row is brought to lower case once."""
    searched = {
        name: f"host(c.{quoted(name)})"
        if isinstance(model.__table__.c[name].type, pg.INET)
        else f"c.{quoted(name)}"
        for name in columns(model)
    }
    joined = "||' '||".join(f"COALESCE({each}, '')" for each in searched.values())
    together = f"lower({joined})"
    ranks, whens = [], []
    for place, (name, is_id) in enumerate(columns(model).items()):
        low = f"lower({searched[name]})"
        ranks.append(
            f"CASE WHEN {low} = {text} THEN {0 if is_id else 1} WHEN starts_with({low}, {text}) THEN 2"
            f" WHEN strpos({low}, {text}) > 0 THEN 3 END AS r{place}, {searched[name]} AS v{place}"
        )
        whens.append((f"r{place}", literal(name), f"v{place}"))
    ours = f"CASE WHEN id = {row_id} THEN 0 END"
    rank = f"LEAST({ours}, {', '.join(r for r, _, _ in whens)})"
    best = [
        " ".join(f"WHEN m.{r} = m.rank THEN {each[side]}" for r, *each in whens) for side in (0, 1)
    ]
    column, value = best[0], best[1].replace("THEN v", "THEN m.v")
    return (
        f"(SELECT m.id, {literal(str(model.__tablename__).upper())}, m.rank,"
        f" CASE {column} ELSE 'id' END AS col, CASE {value} ELSE m.id::text END AS val"
        f" FROM (SELECT x.*, {rank} AS rank FROM (SELECT c.id, {', '.join(ranks)}"
        f" FROM {model.__tablename__} c WHERE strpos({together}, {text}) > 0 OR c.id = {row_id}"
        f" OFFSET 0) x) m WHERE m.rank IS NOT NULL"
        f" ORDER BY m.rank, length(CASE {value} ELSE m.id::text END), 5, m.id LIMIT {first + 1})"
    )


def _hit(compiler: Compiler, part: plan.TypeName | plan.Special | AnyNode) -> Piece:
    match part:
        case plan.TypeName(name):
            return Text(f'"{name}"')
        case AnyNode():
            return compiler.any_row(part, "h.kind", "h.id")
        case plan.Special("kind"):
            return "'\"'||h.kind||'\"'"
        case plan.Special("match"):
            ranks = ",".join(RANKS)
            return f"'\"'||('{{{ranks}}}'::text[])[h.rank + 1]||'\"'"
        case plan.Special("column"):
            return "to_json(h.col)::text"
    return "to_json(h.val)::text"
