"""Schemas of views that show a part of everything, under the names of the tables.

Whoever reads by way of such a schema (`search_path`) runs the same statements as everybody else and
cannot see more: what has no view does not exist there.

* `inventory_restricted` shows the rows of the scopes that the session's settings list, one setting
  for each table; a setting that is missing is an error.  A link is shown where both of its ends
  are, a finding where its resource is.  Records of our own that belong to no scope are empty.
* `inventory_viewer` hides what only operators may see; it comes before the tables' own schema.

The views follow from the catalog, so they are made again after each migration that changes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from psycopg import sql

from inventory.core.access import Restriction
from inventory.core.model import Resource
from inventory.db.engine import Connection
from inventory.errors import DatabaseError

if TYPE_CHECKING:
    from inventory.catalog import Catalog

RESTRICTED = "inventory_restricted"
VIEWER = "inventory_viewer"
SETTING = "inventory."
"""What the names of the settings start with that list scopes, followed by the table's name."""
SCOPES, LINKS, LEAKS = "common_scope", "common_link", "common_leak"
SHOWN_OF_LINKS = ("id", "created_at", "updated_at", "name", "reconciled_at")
"""When a link was confirmed is a part of each of its edges; how many there are elsewhere is not."""


def refresh(db: Connection, catalog: Catalog) -> bool:
    """Make the views anew if they are not those that the catalog asks for. Whether they were not."""
    wanted = list(_views(catalog, _columns(db), _base(db)))
    mark = hashlib.sha256("\n".join(each.as_string() for each in wanted).encode()).hexdigest()
    if _mark(db) == mark:
        return False
    drop(db)
    for name in (RESTRICTED, VIEWER):
        db.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
    db.execute(sql.SQL(";").join(wanted))
    db.execute(
        sql.SQL("COMMENT ON SCHEMA {} IS {}").format(
            sql.Identifier(RESTRICTED), sql.Literal(f"Views of inventory; made anew: {mark}")
        )
    )
    return True


def drop(db: Connection) -> None:
    """Remove the views: no column can be changed while one shows it."""
    for name in (RESTRICTED, VIEWER):
        db.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))


def require(db: Connection) -> None:
    """Raise DatabaseError unless there are views."""
    if _mark(db) is None:
        raise DatabaseError(
            f"the database lacks the views of {RESTRICTED}, which restricted callers read; "
            "run `inventory db migrate`"
        )


def setting(table: str) -> str:
    """The setting that lists the visible scopes of a table's rows."""
    return f"{SETTING}{table}"


def scopes_of(restriction: Restriction) -> tuple[str, list[Any]]:
    """A query (with `$1`) for the visible scopes: one row for each model, its ids as an array's text."""
    conditions, parameters = [], list[Any]()

    def place(value: Any) -> str:
        parameters.append(value)
        return f"${len(parameters)}"

    for pattern in restriction.patterns():
        parts = [f"source = {place(pattern.source)}::text"]
        for column, glob in (("account", pattern.account), ("scope", pattern.scope)):
            if glob is not None:
                parts.append(f"{column} LIKE {place(like(glob))}::text")
        if pattern.but:
            parts.append(f"scope <> ALL ({place(list(pattern.but))}::text[])")
        conditions.append(f"({' AND '.join(parts)})")
    where = " OR ".join(conditions) or "false"
    columns = "model, array_agg(id ORDER BY id)::text"
    return f"SELECT {columns} FROM {SCOPES} WHERE {where} GROUP BY model", parameters  # noqa: S608


def like(glob: str) -> str:
    """A glob as a pattern of LIKE: `*` is any text, `?` any character, all else is itself."""
    kept = glob.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return kept.replace("*", "%").replace("?", "_")


# -- the views --------------------------------------------------------------------------------------


def _views(catalog: Catalog, columns: dict[str, list[str]], base: str) -> Iterator[sql.Composable]:
    """The statements that make them; only of what the database has."""
    made: set[str] = set()

    def view(
        table: str,
        condition: sql.Composable,
        shown: Collection[str] | None = None,
        schema: str = RESTRICTED,
    ) -> sql.Composable:
        return sql.SQL("CREATE VIEW {} AS SELECT {} FROM {} AS t WHERE {}").format(
            sql.Identifier(schema, table),
            _selected(columns[table], columns[table] if shown is None else shown),
            sql.Identifier(base, table),
            condition,
        )

    for model in catalog:
        table = str(model.__tablename__)
        if table not in columns:
            continue
        if issubclass(model, Resource) and "scope_id" in columns[table]:
            yield view(table, _in_scopes("t.scope_id", table))
            made.add(table)
        elif table == SCOPES:
            yield view(table, _in_scopes("t.id", SCOPES))
        elif table == LINKS:
            yield view(table, sql.SQL("true"), SHOWN_OF_LINKS)
        elif table != LEAKS:
            yield view(table, sql.SQL("false"))
        if model.operators_only:
            yield view(table, sql.SQL("false"), schema=VIEWER)
    for link in catalog.links.values():
        ends = {str(link.a.__tablename__), str(link.b.__tablename__)}
        if link.name in columns and ends <= made:
            yield view(link.name, _both_ends(link))
    if LEAKS in columns and LEAKS in catalog.tables:
        yield view(LEAKS, _of_visible(sorted(made)))


def _in_scopes(column: str, table: str) -> sql.Composable:
    # Without IS TRUE it would become a join, of which a deep query cannot have so many; like this it
    # is a hash table, made once for each time that a statement names the table.
    # The inner SELECT keeps the planner from reading the list, which it would for each estimate.
    listed = "(SELECT unnest((SELECT current_setting({})::uuid[])))"
    return sql.SQL(f"({column} IN {listed}) IS TRUE").format(sql.Literal(setting(table)))


def _both_ends(link: Any) -> sql.Composable:
    ends = [
        sql.SQL("EXISTS (SELECT FROM {} AS {e} WHERE {e}.id = t.{})").format(
            sql.Identifier(RESTRICTED, str(model.__tablename__)),
            sql.Identifier(column),
            e=sql.Identifier(end),
        )
        for end, model, column in zip("ab", (link.a, link.b), link.columns, strict=True)
    ]
    return sql.SQL(" AND ").join(ends)


def _of_visible(tables: Collection[str]) -> sql.Composable:
    """That the resource of a finding is visible, whichever table it is in."""
    whens = [
        sql.SQL("WHEN {} THEN EXISTS (SELECT FROM {} AS r WHERE r.id = t.resource_id)").format(
            sql.Literal(table), sql.Identifier(RESTRICTED, table)
        )
        for table in tables
    ]
    if not whens:
        return sql.SQL("false")
    return sql.SQL("CASE t.resource_table {} ELSE false END").format(sql.SQL(" ").join(whens))


def _selected(columns: Collection[str], shown: Collection[str]) -> sql.Composable:
    """The columns that are shown, and NULL under the names of the others."""
    return sql.SQL(", ").join(
        sql.SQL("t.{}" if name in shown else "CASE WHEN false THEN t.{0} END AS {0}").format(
            sql.Identifier(name)
        )
        for name in columns
    )


# -- what the database has --------------------------------------------------------------------------


def _base(db: Connection) -> str:
    (found,) = db.execute("SELECT current_schema()").fetchone() or (None,)
    if found is None or found in (RESTRICTED, VIEWER):
        raise DatabaseError(f"the tables cannot lie in the schema {found}; mend the search_path")
    base: str = found
    return base


def _columns(db: Connection) -> dict[str, list[str]]:
    """The columns of every table, in their order."""
    rows = db.execute(
        "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class AS c"
        " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')"
        " GROUP BY c.relname"
    )
    return dict(rows.fetchall())


def _mark(db: Connection) -> str | None:
    """What the views that are there were made from."""
    (found,) = db.execute(
        "SELECT obj_description(to_regnamespace(%s), 'pg_namespace')", (RESTRICTED,)
    ).fetchone() or (None,)
    return str(found).rpartition(" ")[2] if found else None
