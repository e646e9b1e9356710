"""A collector's rows → its models' tables: staged by COPY, written by one MERGE per model.

Rows are staged page by page outside any long transaction, so one page is in memory and a listing of
an hour holds no snapshot.  One short transaction then writes all that changed, deletes what a
complete listing did not contain, and records the scope.  An unchanged row is not touched: a refresh
of it writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from inventory.core.garbage import seldom_collected
from inventory.core.model import Resource
from inventory.core.row import Row
from inventory.core.scope import Scope
from inventory.db import scopes
from inventory.db.copying import copy
from inventory.db.engine import Connection, first_line
from inventory.errors import BadAnswer, DatabaseError, Incomplete, Suspicious
from inventory.telemetry import tracing

PAGE = 1000
BRAKE_FROM = 20
"""A scope of no more rows than this may lose all of them in one run."""
CONFLICTS = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)
ATTEMPTS = 3


@dataclass(frozen=True)
class Stored:
    """What became of a listing: rows seen, and what that changed in the tables."""

    seen: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    withheld: int = 0
    """Rows that a complete listing did not contain, kept because they were suspiciously many."""

    @property
    def changed(self) -> int:
        return self.inserted + self.updated + self.deleted

    def __add__(self, other: Stored) -> Stored:
        return Stored(
            self.seen + other.seen,
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.deleted + other.deleted,
            self.withheld + other.withheld,
        )


def store(
    db: Connection,
    models: Sequence[type[Resource]],
    scope: Scope,
    rows: Iterable[Row[Any]],
    *,
    run_id: UUID | None = None,
    confirm_delete: bool = False,
    max_delete_share: float = 0.3,
    progress: Callable[[int], None] = lambda seen: None,
    fence: Callable[[Connection], None] = lambda db: None,
) -> Stored:
    """Write the rows of one listing, and delete what it did not contain if it was complete.
    `fence` is called before it becomes visible, and raises if it must not.

    The listing is complete when `rows` ends without an error.  `Incomplete` keeps the rows that
    came and deletes nothing; after any other error nothing of the listing is written.  Both are
    recorded for the scope and raised again.
    """
    with seldom_collected, Staging(db, models) as stage:
        partly: Incomplete | None = None
        try:
            seen = _fill(db, stage, rows, progress)
        except Incomplete as error:
            partly, seen = error, _count(db, stage)
        total = Stored(seen=seen)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with tracing.span("store") as span, db.transaction():
                    for model, table in stage.items():
                        total += _write(
                            db,
                            model,
                            table,
                            scope,
                            run_id=run_id,
                            partly=partly,
                            allowed=1.0 if confirm_delete else max_delete_share,
                        )
                    fence(db)
                    span.set({f"inventory.{name}": count for name, count in vars(total).items()})
                break
            except CONFLICTS as error:
                # A row moved here from another scope while that one was written too.
                total = Stored(seen=seen)
                if attempt == ATTEMPTS:
                    raise DatabaseError(
                        f"scope {scope}: another writer kept changing the same rows: {first_line(error)}"
                    ) from error
    if partly is not None:
        raise partly
    return total


class Staging:
    """Temporary tables for the rows of each model, empty at the start and gone at the end.

    No crash leaves one behind, so their coming and going need not wait for the disk.
    """

    # Several statements sent at once are one transaction.
    HURRY = sql.SQL("SET LOCAL synchronous_commit = off; ")

    def __init__(self, db: Connection, models: Sequence[type[Resource]]) -> None:
        self.db = db
        self.tables = {model: f"stage_{model.__tablename__}"[:63] for model in models}

    def __enter__(self) -> dict[type[Resource], str]:
        for model, table in self.tables.items():
            self.db.execute(
                sql.SQL(
                    "{hurry}DROP TABLE IF EXISTS pg_temp.{stage};"
                    "CREATE TEMP TABLE {stage} AS SELECT {columns} FROM {table} LIMIT 0"
                ).format(
                    hurry=self.HURRY,
                    stage=sql.Identifier(table),
                    columns=names(model.columns()),
                    table=sql.Identifier(str(model.__tablename__)),
                )
            )
        return self.tables

    def __exit__(self, *_: object) -> None:
        if self.db.closed or self.db.broken:
            return
        for table in self.tables.values():
            self.db.execute(
                sql.SQL("{hurry}DROP TABLE IF EXISTS pg_temp.{stage}").format(
                    hurry=self.HURRY, stage=sql.Identifier(table)
                )
            )


def _fill(
    db: Connection,
    stage: dict[type[Resource], str],
    rows: Iterable[Row[Any]],
    progress: Callable[[int], None],
) -> int:
    seen = 0
    iterator = iter(rows)
    while True:
        # An error of the reader must not lose the rows of its page that came before: `Incomplete` keeps them.
        page, stopped = _page(iterator)
        known = 0
        for model, table in stage.items():
            mine = [row for row in page if row.model is model]
            known += len(mine)
            if mine:
                copy(db, model, table, mine)
        if known != len(page):
            strange = next(row.model for row in page if row.model not in stage)
            raise BadAnswer(
                f"the collector yields {strange.registered_name()}, but declares others"
            )
        seen += len(page)
        progress(seen)
        if stopped is not None:
            raise stopped
        if len(page) < PAGE:
            return seen


def _page(rows: Iterator[Row[Any]]) -> tuple[list[Row[Any]], Incomplete | None]:
    page: list[Row[Any]] = []
    try:
        page.extend(islice(rows, PAGE))
    except Incomplete as error:
        return page, error
    return page, None


def _count(db: Connection, stage: dict[type[Resource], str]) -> int:
    total = 0
    for table in stage.values():
        (count,) = db.execute(
            sql.SQL("SELECT count(*) FROM pg_temp.{}").format(sql.Identifier(table))
        ).fetchone() or (0,)
        total += count
    return total


def _write(
    db: Connection,
    model: type[Resource],
    stage: str,
    scope: Scope,
    *,
    run_id: UUID | None,
    partly: Incomplete | None,
    allowed: float,
) -> Stored:
    scope_id = scopes.lock_scope(db, model, scope)
    inserted, updated = _merge(db, model, stage, scope_id)
    deleted = withheld = 0
    if partly is not None:
        scopes.attempted(db, model, scope, "incomplete", run_id=run_id, error=partly)
        return Stored(inserted=inserted, updated=updated)
    deleted, withheld = _delete(db, model, stage, scope_id, allowed)
    if withheld:
        doubt = Suspicious(
            f"{model.registered_name()} {scope}: a complete listing lacks {withheld} rows, more than "
            f"{allowed:.0%} of the scope; they are kept. If they are really gone, run the task again "
            "with confirm_delete: true"
        )
        scopes.attempted(db, model, scope, "suspicious", run_id=run_id, error=doubt)
    else:
        scopes.completed(db, scope_id, _held(db, model, scope_id), run_id=run_id)
    return Stored(inserted=inserted, updated=updated, deleted=deleted, withheld=withheld)


def _held(db: Connection, model: type[Resource], scope_id: UUID) -> int:
    table = sql.Identifier(str(model.__tablename__))
    (rows,) = db.execute(
        sql.SQL("SELECT count(*) FROM {} WHERE scope_id = %s").format(table), (scope_id,)
    ).fetchone() or (0,)
    held: int = rows
    return held


def _merge(db: Connection, model: type[Resource], stage: str, scope_id: UUID) -> tuple[int, int]:
    """Insert what is new and update what differs. Returns how many of each."""
    columns = model.columns()
    compared = ("scope_id", *(column for column in columns if column not in model.key))
    statement = sql.SQL(
        "WITH merged AS ("
        " MERGE INTO {table} AS t USING ("
        "  SELECT DISTINCT ON ({key}) {identity} AS id, %s::uuid AS scope_id, {columns}"
        "  FROM pg_temp.{stage} ORDER BY {key}, ctid DESC) AS s"
        " ON t.id = s.id"
        " WHEN MATCHED AND ({t_compared}) IS DISTINCT FROM ({s_compared}) THEN"
        "  UPDATE SET {assignments}, updated_at = now()"
        " WHEN NOT MATCHED THEN"
        "  INSERT (id, scope_id, {columns}) VALUES (s.id, s.scope_id, {s_columns})"
        " RETURNING merge_action() AS action)"
        " SELECT count(*) FILTER (WHERE action = 'INSERT'), count(*) FILTER (WHERE action = 'UPDATE')"
        " FROM merged"
    ).format(
        table=sql.Identifier(str(model.__tablename__)),
        stage=sql.Identifier(stage),
        key=names(model.key),
        identity=identity(model),
        columns=names(columns),
        t_compared=names(compared, "t"),
        s_compared=names(compared, "s"),
        s_columns=names(columns, "s"),
        assignments=sql.SQL(", ").join(
            sql.SQL("{} = s.{}").format(sql.Identifier(column), sql.Identifier(column))
            for column in compared
        ),
    )
    try:
        inserted, updated = db.execute(statement, (scope_id,)).fetchone() or (0, 0)
    except psycopg.errors.NotNullViolation as error:
        # The id is derived from the key, so it is NULL where a part of the key is.
        column = error.diag.column_name
        missing = f"the key ({', '.join(model.key)})" if column == "id" else column
        raise BadAnswer(f"{model.registered_name()}: a row lacks {missing}") from error
    return inserted, updated


def _delete(
    db: Connection, model: type[Resource], stage: str, scope_id: UUID, allowed: float
) -> tuple[int, int]:
    """Delete the scope's rows that were not listed. Returns how many went, or how many were
    spared.
    """
    gone = sql.SQL(
        "FROM {table} AS t WHERE t.scope_id = %s AND NOT EXISTS"
        " (SELECT FROM pg_temp.{stage} AS s WHERE {same})"
    ).format(
        table=sql.Identifier(str(model.__tablename__)),
        stage=sql.Identifier(stage),
        same=sql.SQL(" AND ").join(
            sql.SQL("s.{0} = t.{0}").format(sql.Identifier(column)) for column in model.key
        ),
    )
    missing, kept = db.execute(
        sql.SQL(
            "SELECT (SELECT count(*) {gone}), (SELECT count(*) FROM {table} WHERE scope_id = %s)"
        ).format(gone=gone, table=sql.Identifier(str(model.__tablename__))),
        (scope_id, scope_id),
    ).fetchone() or (0, 0)
    if not missing:
        return 0, 0
    if kept > BRAKE_FROM and missing > kept * allowed:
        return 0, missing
    return db.execute(sql.SQL("DELETE ") + gone, (scope_id,)).rowcount, 0


def identity(model: type[Resource]) -> sql.Composable:
    """The id that follows from the natural key: the same in every database and on every
    collection.
    """
    parts = [sql.Literal(str(model.__tablename__))] + [
        sql.SQL("{}::text").format(sql.Identifier(column)) for column in sorted(model.key)
    ]
    # The separator cannot be part of a value that PostgreSQL stores as text from an API.
    return sql.SQL("md5({})::uuid").format(sql.SQL(" || E'\\x1f' || ").join(parts))


def names(columns: Iterable[str], alias: str | None = None) -> sql.Composable:
    prefix = sql.SQL(f"{alias}.") if alias else sql.SQL("")
    return sql.SQL(", ").join(prefix + sql.Identifier(column) for column in columns)
