"""A landscape that is collected, linked and asked for leaks once per run; databases are clones of it."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from inventory.catalog import Catalog
from inventory.simulator.answers import truth
from inventory.simulator.hosting import running
from inventory.simulator.landscape import Landscape
from inventory.simulator.leak_rules import RULES
from tests import services
from tests.leaks import collecting

SHOOTS, SEED = 60, 3
LOCK = 727_003
COLUMNS = {"gateway_id": "internet_gateway_id"}
"""Where the answer key calls a column otherwise than the table."""


@contextmanager
def clone(dsn: str, template: str) -> Iterator[str]:
    """A database of one's own with everything in it."""
    with services.fresh_database(dsn, _collected(dsn, template)) as found:
        yield found


@cache
def key() -> dict[str, Any]:
    """The answer key, with every seed heard."""
    return truth(Landscape(SHOOTS, SEED), ids=True, unmanaged_reachable=True)


def _collected(dsn: str, template: str) -> str:
    """The name of this run's collected database; the first that needs it makes it."""
    name = f"landscape_{os.environ[services.RUN]}"
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("select pg_advisory_lock(%s)", [LOCK])
        if not db.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            with services.fresh_database(dsn, template) as unfinished:
                _fill(unfinished)
                db.execute(
                    sql.SQL("create database {} template {}").format(
                        sql.Identifier(name),
                        sql.Identifier(unfinished.partition("@/")[2].partition("?")[0]),
                    )
                )
    return name


def _fill(dsn: str) -> None:
    catalog = Catalog.load()
    with (
        running(SHOOTS, SEED) as sim,
        tempfile.TemporaryDirectory() as folder,
        collecting.clients(sim, catalog, Path(folder)) as clients,
        psycopg.connect(dsn, autocommit=True) as db,
    ):
        assert collecting.collect(db, catalog, clients) == []
        collecting.link(db, catalog)
        collecting.ask(db, catalog)


def findings(db: collecting.Database, rule: str) -> list[str]:
    """What a rule shows, by the ids that the answer key lists."""
    said = RULES[rule]
    parts = re.findall(r"<(\w+)>", said.identifier) or [said.identifier]
    columns = " || ' ' || ".join(f"t.{COLUMNS.get(part, part)}::text" for part in parts)
    query = (
        f"select {columns} from common_leak l join {said.table} t on t.id = l.resource_id"
        " where l.rule = %s and l.resolved_at is null and not l.is_withheld"
    )
    return sorted(row[0] for row in db.execute(query.encode(), (rule,)).fetchall())


def state(db: collecting.Database, rule: str) -> tuple[str, str | None]:
    """Whether a rule answered when it was last asked, and why not."""
    row = db.execute("select status, why from common_leak_rule where name = %s", (rule,)).fetchone()
    assert row is not None, f"{rule} was never asked"
    return row[0], row[1]
