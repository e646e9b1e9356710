"""Migrations: Alembic under an advisory lock, and what is derived anew after each: the comments that
docstrings become, and the views of those who may not see everything.
"""

from __future__ import annotations

import getpass
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from psycopg import sql

from inventory.db import engine, visible
from inventory.db.locks import lock_number
from inventory.db.revisions import (
    Migration,
    Status,
    folder,
    held_by,
    history,
    require_current,
    status,
)
from inventory.errors import DatabaseError

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

    from inventory.catalog import Catalog

__all__ = ["Migration", "Status", "folder", "history", "require_current", "status"]
LOCK = lock_number("migrations")
LOCK_TABLE = "CREATE TABLE IF NOT EXISTS migration_lock (held_by text NOT NULL, since timestamptz)"


def alembic_config(dsn: str, given: str | Path | None = None) -> AlembicConfig:
    from alembic.config import Config as AlembicConfig

    settings = AlembicConfig()
    settings.set_main_option("script_location", str(folder(given)).replace("%", "%%"))
    settings.attributes["dsn"] = dsn
    return settings


def upgrade(dsn: str, given: str | Path | None = None) -> list[str]:
    """Apply what is pending, all or nothing, and return its messages. Waits for another migrator."""
    from alembic import command

    with _exclusive(dsn) as connection:
        had = {m.revision for m in history(dsn, given, _plain(connection)) if m.applied}
        settings = alembic_config(dsn, given)
        settings.attributes["connection"] = connection
        if any(not m.applied for m in history(dsn, given, _plain(connection))):
            visible.drop(_plain(connection))
        command.upgrade(settings, "head")
        done = [m.revision for m in history(dsn, given, _plain(connection)) if m.applied]
        derive(connection)
        messages = {m.revision: m.message for m in history(dsn, given, _plain(connection))}
    return [messages[revision] for revision in reversed(done) if revision not in had]


def downgrade(dsn: str, steps: int = 1, given: str | Path | None = None) -> list[str]:
    """Undo the last migrations, one by default, and return their messages."""
    from alembic import command

    with _exclusive(dsn) as connection:
        applied = [m for m in history(dsn, given, _plain(connection)) if m.applied]
        if steps > len(applied):
            raise DatabaseError(
                f"cannot roll back {steps} migrations: the database has {len(applied)}"
            )
        settings = alembic_config(dsn, given)
        settings.attributes["connection"] = connection
        visible.drop(_plain(connection))
        command.downgrade(settings, f"-{steps}")
        derive(connection)
    return [m.message for m in applied[:steps]]


def init(dsn: str) -> None:
    """Create the tables in which migrations are recorded. `upgrade` does so too."""
    with _exclusive(dsn):
        pass


def create(dsn: str, message: str, given: str | Path | None = None) -> Path:
    """Write a migration from the difference between the catalog and the database."""
    from alembic import command

    script = command.revision(
        alembic_config(dsn, given), message=message, autogenerate=True, rev_id=_revision_id()
    )
    return Path(script.path)  # type: ignore[union-attr]


def differences(dsn: str, catalog: Catalog) -> list[str]:
    """What the catalog's tables and the database disagree about; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with _connection(dsn) as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": ours(catalog), "compare_type": True}
        )
        found = [
            each for each in compare_metadata(context, target(catalog)) if not _about_comments(each)
        ]
    return [str(difference) for difference in found]


def _about_comments(difference: Any) -> bool:
    first = difference[0] if isinstance(difference, list) else difference
    return "comment" in str(first[0])


def hold(dsn: str) -> None:
    """Forbid migrations until `release`, such as during a restore."""
    with _exclusive(dsn) as connection:
        held = held_by(_plain(connection))
        if held:
            raise DatabaseError(f"migrations are already locked by {held}; `inventory db unlock`")
        who = f"{getpass.getuser()}@{socket.gethostname()}"
        connection.execute(sa.text("INSERT INTO migration_lock VALUES (:who, now())"), {"who": who})


def release(dsn: str) -> None:
    """Allow migrations again."""
    with _connection(dsn) as connection:
        if not held_by(_plain(connection)):
            raise DatabaseError("migrations are not locked")
        connection.execute(sa.text("DELETE FROM migration_lock"))


def ours(catalog: Catalog) -> Callable[..., bool]:
    """Which objects Alembic may compare: the catalog's tables and all that belongs to them."""
    names = set(catalog.tables)

    def include(item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        table = name if kind == "table" else getattr(getattr(item, "table", None), "name", None)
        return table in names

    return include


def target(catalog: Catalog) -> sa.MetaData:
    """The catalog's tables for Alembic, without comments: those need no migration."""
    bare = sa.MetaData()
    for table in catalog.tables.values():
        copy = table.to_metadata(bare)
        copy.comment = None
        for column in copy.columns:
            column.comment = None
    return bare


def derive(connection: sa.Connection) -> None:
    """Make what follows from the declarations and needs no migration: comments, and views."""
    from inventory.catalog import Catalog

    catalog = Catalog.load()
    comment(connection, catalog)
    visible.refresh(_plain(connection), catalog)


def _plain(connection: sa.Connection) -> engine.Connection:
    """psycopg's own connection, in the same transaction."""
    found: Any = connection.connection.driver_connection
    plain: engine.Connection = found
    return plain


def comment(connection: sa.Connection, catalog: Catalog) -> None:
    """Write every docstring to its table and column, so that a docstring needs no migration."""
    # What the declarations are ahead of is for a migration that is still to be written.
    inspector = sa.inspect(connection)
    present = set(inspector.get_table_names())
    cursor = connection.connection.cursor()
    for name, table in catalog.tables.items():
        if name not in present:
            continue
        columns = {column["name"] for column in inspector.get_columns(name)}
        statements = [
            sql.SQL("COMMENT ON TABLE {} IS {}").format(
                sql.Identifier(name), sql.Literal(table.comment)
            )
        ]
        statements += [
            sql.SQL("COMMENT ON COLUMN {}.{} IS {}").format(
                sql.Identifier(name), sql.Identifier(column.name), sql.Literal(column.comment)
            )
            for column in table.columns
            if column.name in columns
        ]
        cursor.execute(sql.SQL(";").join(statements))


@contextmanager
def _connection(dsn: str) -> Iterator[sa.Connection]:
    made = sa.create_engine(engine.sqlalchemy_url(dsn), poolclass=sa.NullPool)
    try:
        with engine.unavailable(dsn), made.begin() as connection:
            yield connection
    except sa.exc.OperationalError as error:
        raise DatabaseError(
            f"PostgreSQL at {engine.address(dsn)} cannot be reached: "
            f"{engine.first_line(error.orig or error)}. "
            "Check database.dsn (or INVENTORY_DATABASE_DSN), and that the server runs."
        ) from error
    finally:
        made.dispose()


@contextmanager
def _exclusive(dsn: str) -> Iterator[sa.Connection]:
    """One migrator at a time; a table in use is waited for, but not for ever."""
    with _connection(dsn) as connection:
        connection.execute(sa.text("SET LOCAL lock_timeout = '30s'"))
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        connection.execute(sa.text(LOCK_TABLE))
        holder = held_by(_plain(connection))
        if holder:
            raise DatabaseError(
                f"migrations are locked by {holder}; run `inventory db unlock` to allow them"
            )
        yield connection


def _revision_id() -> str:
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S")
