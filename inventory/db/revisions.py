"""Where a database stands among the migration files, told without loading what applies them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from inventory.db import engine
from inventory.errors import ConfigError, DatabaseError


class OtherVersion(DatabaseError):
    """The database was migrated by a version whose migrations are not among ours."""


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


@dataclass(frozen=True)
class _File:
    revision: str
    after: tuple[str, ...]
    doc: str

    @property
    def message(self) -> str:
        return " ".join(self.doc.partition("\n\n")[0].split())

    @property
    def made_at(self) -> str:
        for line in self.doc.splitlines():
            if line.startswith("Create Date:"):
                return line.removeprefix("Create Date:").strip()
        return ""


def folder(given: str | Path | None = None) -> Path:
    """The folder of the migrations: the configured one, or the one that came with the package."""
    path = Path(given) if given else Path(__file__).parents[2] / "migrations"
    if not (path / "env.py").is_file():
        raise ConfigError(
            f"no migrations in {path}; set database.migration_dir to the folder that holds env.py"
        )
    return path


def history(
    dsn: str, given: str | Path | None = None, db: psycopg.Connection[Any] | None = None
) -> list[Migration]:
    """Every migration, newest first."""
    if db is None:
        with engine.unavailable(dsn), engine.connect(dsn) as opened:
            return history(dsn, given, opened)
    files = _newest_first(folder(given))
    applied = _with_ancestors(files, heads(db))
    return [Migration(f.revision, f.message, f.made_at, f.revision in applied) for f in files]


def status(dsn: str, given: str | Path | None = None) -> Status:
    """Compare the database with the migration files."""
    with engine.unavailable(dsn), engine.connect(dsn) as db:
        every = history(dsn, given, db)
        current = heads(db)
        holder = held_by(db)
    return Status(
        current=current[0] if current else None,
        head=every[0].revision if every else None,
        pending=sum(not m.applied for m in every),
        held_by=holder,
    )


def require_current(dsn: str, given: str | Path | None = None) -> None:
    """Raise DatabaseError, naming the remedy, unless every migration is applied."""
    found = status(dsn, given)
    if not found.up_to_date:
        raise DatabaseError(
            f"the database {engine.address(dsn)} lacks {found.pending} migration(s) that this "
            "version needs; run `inventory db migrate`"
        )
    # Knows the models, which those that only look do without.
    from inventory.db import visible

    with engine.unavailable(dsn), engine.connect(dsn) as db:
        visible.require(db)


def heads(db: psycopg.Connection[Any]) -> tuple[str, ...]:
    """The revisions that the database is at; none in one that was never migrated."""
    return tuple(_column(db, "alembic_version", "version_num"))


def held_by(db: psycopg.Connection[Any]) -> str | None:
    """Who forbids migrations."""
    found = _column(db, "migration_lock", "held_by")
    return found[0] if found else None


def _column(db: psycopg.Connection[Any], table: str, column: str) -> list[str]:
    known = db.execute("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()
    if not known or not known[0]:
        return []
    rows = db.execute(f"SELECT {column} FROM {table} ORDER BY 1".encode())  # noqa: S608 - ours
    return [row[0] for row in rows]


def _newest_first(path: Path) -> list[_File]:
    """The files, each before those that it builds upon."""
    files = {file.revision: file for file in map(_read, sorted(path.glob("versions/*.py"))) if file}
    children = {parent for file in files.values() for parent in file.after}
    found: dict[str, _File] = {}
    waiting = sorted(files.keys() - children)
    while waiting:
        revision = waiting.pop()
        file = files.get(revision)
        if file is None:
            raise ConfigError(f"{path}: the migration {revision} is missing; others build upon it")
        # One that several build upon comes behind all of them.
        found.pop(revision, None)
        found[revision] = file
        waiting += file.after
    return list(found.values())


def _read(path: Path) -> _File | None:
    tree = ast.parse(path.read_text("utf-8"))
    given: dict[str, Any] = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and target.id in ("revision", "down_revision"):
                given[target.id] = ast.literal_eval(value) if value is not None else None
    if not isinstance(given.get("revision"), str):
        return None
    after = given.get("down_revision") or ()
    parents = (after,) if isinstance(after, str) else tuple(after)
    return _File(given["revision"], parents, ast.get_docstring(tree) or "")


def _with_ancestors(files: list[_File], at: tuple[str, ...]) -> set[str]:
    by_revision = {file.revision: file for file in files}
    found: set[str] = set()
    waiting = [*at]
    while waiting:
        revision = waiting.pop()
        if revision not in by_revision:
            raise OtherVersion(
                f"the database was migrated by another version (revision {', '.join(at)} is not "
                "among these migrations); run the version that made it, or upgrade this one"
            )
        if revision not in found:
            found.add(revision)
            waiting += by_revision[revision].after
    return found
