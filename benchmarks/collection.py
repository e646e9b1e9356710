"""Collecting instances, storing them, and relating everything."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql
from sqlalchemy.dialects import postgresql

from benchmarks import table
from benchmarks.ground import Ground, Listing, cpu_seconds, listings
from inventory.core.link import Link
from inventory.core.model import Resource
from inventory.core.row import Row
from inventory.core.scope import Scope
from inventory.db import engine, reconcile, store
from inventory.db.engine import Connection

TASK = "aws:task:collect-instances"
COLLECT_CPU, REFRESH_RATE, LINK_RATE = 1.3, 100_000, 300_000
ENOUGH_LINKS = 1000
SHOWN = 4


@dataclass
class Spent:
    """Seconds per step, one value a round."""

    by_step: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def on(self, step: str, clock: Callable[[], float]) -> Iterator[None]:
        began = clock()
        yield
        self.by_step.setdefault(step, []).append(clock() - began)

    def middle(self, step: str) -> float:
        return statistics.median(self.by_step[step])


def run(ground: Ground, rounds: int) -> None:
    """Measure with the listing of instances. Leaves the database as it was."""
    with engine.connect(ground.dsn) as db:
        for listing in listings(ground):
            if listing.task.name == TASK:
                rows = _cpu(ground, db, listing, rounds)
                _writing(ground, db, listing, rows, rounds)
    with engine.connect(ground.dsn) as db:
        _links(ground, db, rounds)


# -- CPU of the client ------------------------------------------------------------------------------


def _cpu(
    ground: Ground, db: Connection, listing: Listing, rounds: int
) -> dict[Scope, list[Row[Any]]]:
    """The reader's CPU beside the leanest read through botocore. Returns the rows."""
    spent = Spent()
    rows = {scope: list(_rows(listing, scope)) for scope in listing.scopes}
    total = sum(len(each) for each in rows.values())
    backend = db.info.backend_pid
    for _ in range(rounds):
        with spent.on("leanest read", time.process_time):
            _lean_read(listing)
        with spent.on("collect", time.process_time):
            for scope in listing.scopes:
                for _row in _rows(listing, scope):
                    pass
        with (
            spent.on("backend", lambda: cpu_seconds(backend)),
            spent.on("collect + store", time.process_time),
        ):
            for scope in listing.scopes:
                _store(db, listing, scope, _rows(listing, scope))
    limit = spent.middle("leanest read")
    shown = []
    for step, name in (
        ("leanest read", "leanest read: pruned model, nothing kept, no garbage collected"),
        ("collect", "collect: rows made, not stored"),
        ("collect + store", "collect + store"),
        ("backend", "PostgreSQL's part of it"),
    ):
        ratio = spent.middle(step) / limit
        goal = table.verdict(ratio, COLLECT_CPU) if step == "collect + store" else ""
        shown.append([name, f"{spent.middle(step) * 1e6 / total:.0f}", f"{ratio:.2f}", goal])
    table.show(
        f"CPU of collecting {total} instances in {len(rows)} scopes",
        ["step", "µs/row", "÷ leanest", "goal"],
        shown,
    )
    return rows


def _lean_read(listing: Listing) -> None:
    gc.disable()
    try:
        for scope in listing.scopes:
            with listing.client.open(scope) as reader:
                path = "Reservations.Instances"
                for _item in reader.items("ec2", "DescribeInstances", path, key="InstanceId"):
                    pass
    finally:
        gc.enable()


def _rows(listing: Listing, scope: Scope) -> Iterator[Row[Any]]:
    with listing.client.open(scope) as reader:
        yield from listing.task(reader)


def _store(
    db: Connection, listing: Listing, scope: Scope, rows: Iterable[Row[Any]]
) -> store.Stored:
    return store.store(db, listing.task.models, scope, rows, max_delete_share=1)


# -- writing ----------------------------------------------------------------------------------------


def _writing(
    ground: Ground, db: Connection, listing: Listing, rows: dict[Scope, list[Row[Any]]], rounds: int
) -> None:
    """First load beside bare COPY of the same rows into the same table, and refresh."""
    (model,) = listing.task.models
    name = sql.Identifier(str(model.__tablename__))
    spent, wal, touched, backend = Spent(), [], [], db.info.backend_pid
    with _links_aside(db, ground, model):
        copied = _copied_out(db, model)
        for _ in range(rounds):
            db.execute(sql.SQL("TRUNCATE {} CASCADE").format(name))
            with spent.on("copy", time.perf_counter):
                _copy_in(db, model, copied)
            db.execute(sql.SQL("TRUNCATE {} CASCADE").format(name))
            with spent.on("load", time.perf_counter):
                for scope, each in rows.items():
                    _store(db, listing, scope, each)
            before, position = _touched(db, model), _wal(db)
            with (
                spent.on("backend", lambda: cpu_seconds(backend)),
                spent.on("refresh", time.perf_counter),
            ):
                for scope, each in rows.items():
                    _store(db, listing, scope, each)
            wal.append(_wal(db) - position)
            touched.append(_touched(db, model) - before)
    total = sum(len(each) for each in rows.values())
    steps = ("copy", "load", "refresh", "backend")
    rate = {step: total / spent.middle(step) for step in steps}
    shown = []
    for step, title, written, goal in (
        ("copy", "bare COPY into the same table", "", ""),
        ("load", "first load", "", ""),
        (
            "refresh",
            "refresh, nothing changed",
            f"{max(touched)} rows, {statistics.median(wal) / len(rows) / 1000:.1f} KB a scope",
            "",
        ),
        (
            "backend",
            "the same, by PostgreSQL's CPU",
            "",
            table.verdict(rate["backend"], REFRESH_RATE, at_least=True),
        ),
    ):
        ratio = f"{rate[step] / rate['copy']:.2f}"
        shown.append([title, f"{rate[step]:,.0f}", ratio, written, goal])
    table.show(
        f"Writing {total} instances of {len(rows)} scopes, from rows in memory",
        ["step", "rows/s", "÷ COPY", "rows and WAL written", "goal"],
        shown,
    )


@contextmanager
def _links_aside(db: Connection, ground: Ground, model: type[Resource]) -> Iterator[None]:
    """TRUNCATE takes the links of a table along; they are found again at the end."""
    yield
    for link in ground.catalog.links_of([model]):
        reconcile.reconcile(db, link)
    reconcile.analyze(db, list(ground.catalog.tables))


def _stored_columns(model: type[Resource]) -> sql.Composable:
    return store.names(["id", "scope_id", *model.columns()])


def _copied_out(db: Connection, model: type[Resource]) -> bytes:
    statement = sql.SQL("COPY {} ({}) TO STDOUT").format(
        sql.Identifier(str(model.__tablename__)), _stored_columns(model)
    )
    with db.cursor() as cursor, cursor.copy(statement) as copy:
        return b"".join(bytes(part) for part in copy)


def _copy_in(db: Connection, model: type[Resource], rows: bytes) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(str(model.__tablename__)), _stored_columns(model)
    )
    with db.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(rows)


def _touched(db: Connection, model: type[Resource]) -> int:
    """How many row versions were ever written or deleted."""
    db.execute("SELECT pg_stat_force_next_flush()")
    db.execute("SELECT pg_stat_clear_snapshot()")
    (count,) = db.execute(
        "SELECT n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relname = %s",
        (str(model.__tablename__),),
    ).fetchone() or (0,)
    return int(count)


def _wal(db: Connection) -> int:
    (position,) = db.execute("SELECT pg_current_wal_insert_lsn() - '0/0'").fetchone() or (0,)
    return int(position)


# -- links ------------------------------------------------------------------------------------------


def _links(ground: Ground, db: Connection, rounds: int) -> None:
    """The first reconciliation, one with nothing new, and the bare join that finds the pairs."""
    spent = Spent()
    found: dict[str, int] = {}
    for link in ground.catalog.links.values():
        found[link.name] = reconcile.reconcile(db, link).found
    names = [name for name, count in found.items() if count >= ENOUGH_LINKS]
    for _ in range(rounds):
        for name in names:
            _link(db, ground.catalog.links[name], spent)
    by_size = sorted(names, key=lambda name: found[name], reverse=True)
    by_rate = sorted(names, key=lambda name: found[name] / spent.middle(f"again {name}"))
    # The largest and the slowest; all of them would be a long table.
    chosen = dict.fromkeys([*by_size[:SHOWN], *by_rate[:SHOWN]])
    shown = [_shown(name, found[name], [name], spent) for name in chosen]
    shown.append(_shown(f"all {len(names)}", sum(found[name] for name in names), names, spent))
    rate = sum(found[name] for name in names) / sum(spent.middle(f"again {n}") for n in names)
    shown[-1][-1] = table.verdict(rate, LINK_RATE, at_least=True)
    table.show(
        f"Links per second, {ground.shoots} shoots",
        ["link", "links", "bare join", "first time", "nothing new", "÷ join", "goal"],
        shown,
    )


def _link(db: Connection, link: Link, spent: Spent) -> None:
    pairs = link.pairs().compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    join = f"SELECT count(*) FROM ({str(pairs).replace('%%', '%')}) AS p"
    with spent.on(f"join {link.name}", time.perf_counter):
        db.execute(join)
    with spent.on(f"again {link.name}", time.perf_counter):
        reconcile.reconcile(db, link)
    db.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(link.name)))
    with spent.on(f"first {link.name}", time.perf_counter):
        reconcile.reconcile(db, link)
    reconcile.analyze(db, [link.name])


def _shown(title: str, links: int, names: list[str], spent: Spent) -> list[str]:
    join, first, again = (
        sum(spent.middle(f"{step} {name}") for name in names) for step in ("join", "first", "again")
    )
    rates = [f"{links / seconds:,.0f}" for seconds in (join, first, again)]
    return [title, f"{links:,}", *rates, f"{join / again:.2f}", ""]
