"""Tables → files, a few rows in memory at a time. A file gets its name when it is complete."""

import asyncio
import contextlib
import gzip
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import psycopg

from inventory.catalog import Catalog
from inventory.cli.base import Failed
from inventory.cli.output import plural
from inventory.db import engine
from inventory.errors import DatabaseError
from inventory.graph.copying import BEGIN, Connection, copying
from inventory.graph.limits import Limits
from inventory.rest.asking import Asked, Questions
from inventory.rest.formats import FORMATS, JSON
from inventory.rest.statements import framing, stream
from inventory.rest.tables import Table, Tables

OFTEN = 0.2


@dataclass(frozen=True)
class Wish:
    """Rows, and the file that they are for; None is standard output."""

    asked: Asked
    file: Path | None


@dataclass(frozen=True)
class Written:
    """What came of a wish."""

    table: str
    file: Path | None
    rows: int


def form_of(file: Path) -> str | None:
    """The form that a file's name tells."""
    suffixes = [suffix.removeprefix(".") for suffix in file.suffixes]
    if suffixes and suffixes[-1] == "gz":
        suffixes.pop()
    ending = suffixes[-1] if suffixes else ""
    ending = {"jsonl": "ndjson"}.get(ending, ending)
    return ending if ending in FORMATS else None


def questions(
    catalog: Catalog,
    offered: Tables,
    chosen: Sequence[Table],
    parameters: Mapping[str, str],
    form: str,
) -> list[Asked]:
    """Read what is asked of each table. Raises QueryError."""
    from inventory.graph.schema import build_schema

    reading = Questions(offered.projection, lambda: build_schema(catalog).graphql, Limits())
    return [reading.read(table, parameters, whole=True) for table in chosen]


def export(dsn: str, wishes: Sequence[Wish], form: str) -> list[Written]:
    """Write all, as they are at one moment. Raises DatabaseError, Failed."""
    try:
        return asyncio.run(_export(dsn, wishes, form))
    except TimeoutError:
        raise DatabaseError("PostgreSQL had no row for a minute; narrow --where") from None
    except psycopg.DataError as error:
        raise Failed(
            f"a value in --where does not fit its column: {engine.first_line(error)}"
        ) from error
    except psycopg.errors.UndefinedTable as error:
        raise DatabaseError(
            "the database lacks tables that this version needs; run `inventory db migrate`"
        ) from error
    except psycopg.OperationalError as error:
        raise DatabaseError(
            f"PostgreSQL at {engine.address(dsn)} broke off: {engine.first_line(error)}"
        ) from error


async def _export(dsn: str, wishes: Sequence[Wish], form: str) -> list[Written]:
    with engine.unavailable(dsn):
        connection: Connection = await psycopg.AsyncConnection.connect(
            engine.normal(dsn), autocommit=True, application_name="inventory-export"
        )
    async with connection:
        await connection.execute(BEGIN)
        done = [await _write(connection, wish, form) for wish in wishes]
        await connection.rollback()
    return done


async def _write(connection: Connection, wish: Wish, form: str) -> Written:
    name = wish.asked.table.name
    statement = stream(wish.asked, FORMATS[form])
    frame = framing(FORMATS[form])
    rows = -1 if form == "csv" else 0
    with _written(wish.file) as file, _progress(name) as progress:
        async with copying(connection, statement.sql, statement.parameters) as lines:
            begun = form != "json"
            if form == "json":
                file.write(b"[\n")
            while found := await lines.read():
                rows += len(found)
                text = frame(found)
                if form == "json":
                    # The separator is known to be wanted when the next row is there.
                    text = (JSON.between if begun else b"") + text.removesuffix(JSON.between)
                    begun = True
                file.write(text)
                progress.tell(rows)
            if form == "json":
                file.write(b"\n]\n" if rows else b"]\n")
    return Written(name, wish.file, rows)


@contextlib.contextmanager
def _written(target: Path | None) -> Iterator[BinaryIO]:
    """A file to write to, which gets its name at the end of the block, or is gone."""
    if target is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with partial.open("wb") as file:
                if target.suffix == ".gz":
                    with gzip.GzipFile(target.stem, "wb", 6, file, mtime=0) as packed:
                        yield cast(BinaryIO, packed)
                else:
                    yield file
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise Failed(f"{target}: {(error.strerror or str(error)).lower()}") from error


class Progress:
    """A line that tells how many rows there are so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.began = self.told = time.monotonic()
        self.is_shown = False

    def tell(self, rows: int) -> None:
        now = time.monotonic()
        if now - self.told > OFTEN:
            self.told = now
            self.is_shown = True
            speed = rows / (now - self.began)
            text = f"{self.name}: {plural(rows, 'row')}, {speed:,.0f} a second".replace(",", " ")
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class Silence(Progress):
    def tell(self, rows: int) -> None:
        pass


@contextlib.contextmanager
def _progress(name: str) -> Iterator[Progress]:
    on_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    progress: Any = Progress(name) if on_terminal else Silence(name)
    try:
        yield progress
    finally:
        progress.clear()
