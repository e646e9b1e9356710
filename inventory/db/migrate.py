"""Migrations: Alembic under an advisory lock, and what is derived anew after each: the comments that
docstrings become, and the views of those who may not see everything.
"""

from __future__ import annotations

import getpass
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from psycopg import sql

from inventory.db import engine, visible
from inventory.db.locks import lock_number
from inventory.errors import ConfigError, DatabaseError

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig
    from alembic.script import ScriptDirectory

    from inventory.catalog import Catalog

LOCK = lock_number("migrations")
LOCK_TABLE = "CREATE TABLE IF NOT EXISTS migration_lock (held_by text NOT NULL, since timestamptz)"


@dataclass(frozen=True)
class Migration:
    """One migration file: its revision, what it does, and whether the database has it."""

    revision: str
    message: str
    made_at: str
    applied: bool


@dataclass(frozen=True)
class Status:
    """Where the database stands. `current` is None for an empty one."""

    current: str | None
    head: str | None
    pending: int
    held_by: str | None

    @property
    def up_to_date(self) -> bool:
        return self.pending == 0


def folder(given: str | Path | None = None) -> Path:
    """The folder of the migrations: the configured one, or the one that came with the package."""
    path = Path(given) if given else Path(__file__).parents[2] / "migrations"
    if not (path / "env.py").is_file():
        raise ConfigError(
            f"no migrations in {path}; set database.migration_dir to the folder that holds env.py"
        )
    return path


def alembic_config(dsn: str, given: str | Path | None = None) -> AlembicConfig:
    from alembic.config import Config as AlembicConfig

    settings = AlembicConfig()
    settings.set_main_option("script_location", str(folder(given)).replace("%", "%%"))
    settings.attributes["dsn"] = dsn
    return settings


@cache
def _script(given: str | None) -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(alembic_config("", given))


def upgrade(dsn: str, given: str | Path | None = None) -> list[str]:
    """Apply what is pending, all or nothing, and return its messages. Waits for another migrator."""
    from alembic import command

    with _exclusive(dsn) as connection:
        before = _revisions(connection)
        had = set(_lineage(before, given))
        settings = alembic_config(dsn, given)
        settings.attributes["connection"] = connection
        if any(not m.applied for m in history(dsn, given, connection)):
            visible.drop(_plain(connection))
        command.upgrade(settings, "head")
        done = [m.revision for m in history(dsn, given, connection) if m.applied]
        derive(connection)
        messages = {m.revision: m.message for m in history(dsn, given, connection)}
    return [messages[revision] for revision in reversed(done) if revision not in had]


def downgrade(dsn: str, steps: int = 1, given: str | Path | None = None) -> list[str]:
    """Undo the last migrations, one by default, and return their messages."""
    from alembic import command

    with _exclusive(dsn) as connection:
        applied = [m for m in history(dsn, given, connection) if m.applied]
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


def history(
    dsn: str, given: str | Path | None = None, connection: sa.Connection | None = None
) -> list[Migration]:
    """Every migration, newest first."""
    if connection is None:
        with _connection(dsn) as opened:
            return history(dsn, given, opened)
    applied = set(_lineage(_revisions(connection), given))
    return [
        Migration(
            script.revision, script.doc, _made_at(script.module.__doc__), script.revision in applied
        )
        for script in _script(str(given) if given else None).walk_revisions()
    ]


def status(dsn: str, given: str | Path | None = None) -> Status:
    """Compare the database with the migration files."""
    with _connection(dsn) as connection:
        every = history(dsn, given, connection)
        held_by = _held_by(connection)
        current = _revisions(connection)
    head = every[0].revision if every else None
    return Status(
        current=current[0] if current else None,
        head=head,
        pending=sum(not m.applied for m in every),
        held_by=held_by,
    )


def require_current(dsn: str, given: str | Path | None = None) -> None:
    """Raise DatabaseError, naming the remedy, unless every migration is applied."""
    found = status(dsn, given)
    if not found.up_to_date:
        raise DatabaseError(
            f"the database {engine.address(dsn)} lacks {found.pending} migration(s) that this "
            "version needs; run `inventory db migrate`"
        )
    with _connection(dsn) as connection:
        visible.require(_plain(connection))


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
        held = _held_by(connection)
        if held:
            raise DatabaseError(f"migrations are already locked by {held}; `inventory db unlock`")
        who = f"{getpass.getuser()}@{socket.gethostname()}"
        connection.execute(sa.text("INSERT INTO migration_lock VALUES (:who, now())"), {"who": who})


def release(dsn: str) -> None:
    """Allow migrations again."""
    with _connection(dsn) as connection:
        if not _held_by(connection):
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
        held_by = _held_by(connection)
        if held_by:
            raise DatabaseError(
                f"migrations are locked by {held_by}; run `inventory db unlock` to allow them"
            )
        yield connection


def _held_by(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("migration_lock"):
        return None
    held: str | None = connection.scalar(sa.text("SELECT held_by FROM migration_lock LIMIT 1"))
    return held


def _revisions(connection: sa.Connection) -> tuple[str, ...]:
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_heads()


def _lineage(heads: tuple[str, ...], given: str | Path | None) -> list[str]:
    script = _script(str(given) if given else None)
    try:
        return [s.revision for head in heads for s in script.iterate_revisions(head, "base")]
    except Exception as error:
        raise DatabaseError(
            f"the database was migrated by another version (revision {', '.join(heads)} is not "
            "among these migrations); run the version that made it, or upgrade this one"
        ) from error


def _made_at(doc: str | None) -> str:
    for line in (doc or "").splitlines():
        if line.startswith("Create Date:"):
            return line.removeprefix("Create Date:").strip()
    return ""


def _revision_id() -> str:
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S")
