"""Bring the tables of links up to date."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from inventory.core.link import Link
from inventory.core.task import Payload, RunContext, task
from inventory.db.engine import first_line
from inventory.db.locks import lock_number
from inventory.db.reconcile import Reconciled, analyze, reconcile
from inventory.errors import DatabaseError, PayloadError
from inventory.sources.common import source as common

log = logging.getLogger(__name__)
Connection = psycopg.Connection[Any]
AGAIN = timedelta(seconds=5)
FIND_LEAKS = "common:task:find-leaks"
MANY = 1000
PAGES = 8


class LinkPayload(Payload):
    links: tuple[str, ...] = ()
    """Only these, by the names of their tables; all that need it when left out."""


@task(common, payload=LinkPayload, unique=True)
def link(run: RunContext, payload: LinkPayload) -> dict[str, Any]:
    """Bring links up to date: those that are named, or those at whose ends rows changed."""
    if payload.links:
        unknown = [name for name in payload.links if name not in run.catalog.links]
        if unknown:
            raise PayloadError(f"payload.links: no link is named {', '.join(unknown)}")
    return _bring_up_to_date(run, list(payload.links))


@task(common)
def link_all(run: RunContext, payload: Payload) -> dict[str, Any]:
    """Bring every link up to date, whether rows changed or not."""
    return _bring_up_to_date(run, list(run.catalog.links))


def _bring_up_to_date(run: RunContext, named: list[str]) -> dict[str, Any]:
    with run.db() as db, _alone(db) as alone:
        if not alone:
            # Another run is at it and may have passed the link that this one is for.
            run.enqueue("common:task:link", {"links": named}, delay=AGAIN, parent_id=None)
            return {"postponed": True}
        asked = _requested(db)
        names = named or [name for name in asked if name in run.catalog.links]
        _analyze_what_grew(db, [str(model.__tablename__) for model in run.catalog])
        total, problems = Reconciled(0, 0, 0), []
        for number, name in enumerate(names):
            run.progress(number, len(names))
            run.check()
            try:
                result = _reconcile(db, run.catalog.links[name], run.id)
            except (DatabaseError, psycopg.DatabaseError) as error:
                if db.closed or isinstance(error, psycopg.errors.QueryCanceled):
                    raise
                problems.append(f"{name}: {first_line(error)}")
                _record(db, name, error)
                continue
            _settle(db, name, asked.get(name))
            total = Reconciled(
                total.found + result.found,
                total.added + result.added,
                total.removed + result.removed,
            )
        for name in asked.keys() - run.catalog.links.keys():
            _settle(db, name, asked[name])
        if not named and not problems and _requested(db):
            # Asked for again meanwhile.
            run.enqueue("common:task:link", delay=AGAIN, parent_id=None)
    if run.catalog.leaks and FIND_LEAKS in run.catalog.tasks:
        # What nothing leads to may be another thing now; the runs of a few seconds ask once.
        run.enqueue(FIND_LEAKS, delay=AGAIN, parent_id=None)
    run.progress(len(names), len(names))
    if problems:
        raise DatabaseError(f"{len(problems)} of {len(names)} links failed: {'; '.join(problems)}")
    return {"links": len(names), **vars(total)}


@contextmanager
def _alone(db: Connection) -> Iterator[bool]:
    """Whether nobody else is at it until the end of the block."""
    number = (lock_number("common:task:link"),)
    (taken,) = db.execute("SELECT pg_try_advisory_lock(%s)", number).fetchone() or (False,)
    try:
        yield taken
    finally:
        if taken and not db.closed:
            db.execute("SELECT pg_advisory_unlock(%s)", number)


def _reconcile(db: Connection, each: Link, run_id: UUID) -> Reconciled:
    result = reconcile(db, each, run_id)
    if result.added > MANY and result.added * 5 > result.found:
        ends = [str(each.a.__tablename__), str(each.b.__tablename__)]
        analyze(db, [each.name, *ends])
    return result


def _analyze_what_grew(db: Connection, tables: list[str]) -> None:
    """Do at once what autovacuum would come to: before a table's first statistics, the planner may
    take a link that reads four of them for a few rows, and compare every row with every other.

    Pages tell what statistics of changes, which are up to ten seconds late, do not yet.
    """
    rows = db.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
        " AND relname = ANY(%s) AND pg_relation_size(oid) > 0 AND (reltuples < 0 OR"
        " pg_relation_size(oid) / current_setting('block_size')::int > relpages * 1.25 + %s)"
        " ORDER BY relname",
        (tables, PAGES),
    )
    analyze(db, [name for (name,) in rows])


def _requested(db: Connection) -> dict[str, Any]:
    rows = db.execute(
        "SELECT name, requested_at FROM common_link WHERE requested_at IS NOT NULL"
        " ORDER BY requested_at"
    )
    return dict(rows.fetchall())


def _settle(db: Connection, name: str, requested_at: Any) -> None:
    """The request is met, unless it was made again meanwhile."""
    db.execute(
        "UPDATE common_link SET requested_at = NULL WHERE name = %s AND requested_at = %s",
        (name, requested_at),
    )


def _record(db: Connection, name: str, error: Exception) -> None:
    db.execute(
        "INSERT INTO common_link (name, error) VALUES (%s, %s)"
        " ON CONFLICT (name) DO UPDATE SET error = excluded.error, updated_at = now()",
        (name, first_line(error)),
    )
