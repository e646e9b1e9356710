"""The ledger for commands: read by plain SQL, without the catalog, so that looking is quick."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from inventory.cli.base import Failed, Settings
from inventory.cli.kinds import MomentType, RunIdType, bounds
from inventory.runtime.choice import STATES, Choice

if TYPE_CHECKING:
    from inventory.runtime.control import Control
    from inventory.runtime.queue import BlockingQueue, Queue

Row = dict[str, Any]
LIKE = """
SELECT id FROM common_run WHERE id BETWEEN %(first)s AND %(last)s ORDER BY id LIMIT 4
"""


class Reading:
    """A connection that answers rows by the names of their columns."""

    def __init__(self, db: Any) -> None:
        self.db = db

    def __call__(self, statement: str, given: Mapping[str, Any] | None = None) -> list[Row]:
        return list(self.db.execute(statement, given).fetchall())

    def runs(self, choice: Choice, limit: int) -> list[Row]:
        """The chosen runs, the latest first."""
        condition, given = choice.condition()
        statement = (
            f"SELECT r.* FROM common_run r WHERE {condition} "  # noqa: S608 - made of names
            "ORDER BY r.created_at DESC, r.id LIMIT %(limit)s"
        )
        return self(statement, {**given, "limit": limit})

    def run_id(self, text: str) -> UUID:
        """The id of the run whose id begins like this. Raises Failed."""
        first, last = bounds(text)
        if first == last:
            return first
        found = [str(row["id"]) for row in self(LIKE, {"first": first, "last": last})]
        if len(found) == 1:
            return UUID(found[0])
        if not found:
            raise Failed(f"no run has an id that begins with {text}; see `inventory task list`")
        raise Failed(f"several runs begin with {text}: {', '.join(found)}")


@contextmanager
def reading(dsn: str) -> Iterator[Reading]:
    """Connect to read."""
    from psycopg.rows import dict_row

    from inventory.db import engine

    with engine.unavailable(dsn), engine.connect(dsn, application="inventory-cli") as db:
        db.row_factory = dict_row
        yield Reading(db)


@contextmanager
def steering(settings: Settings) -> Iterator["tuple[Reading, Steering]"]:
    """Connect to change what runs: to read the ledger, and to call `Control`."""
    from inventory.catalog import Catalog
    from inventory.runtime.queue import BlockingQueue

    with (
        settings.servers() as config,
        reading(str(config.database.dsn)) as read,
        BlockingQueue.connected(config, Catalog.of([])) as queue,
    ):
        yield read, Steering(queue)


class Steering:
    """Calls `Control` from a command."""

    def __init__(self, queue: "BlockingQueue") -> None:
        self.queue = queue

    def __call__(self, call: "Callable[[Control], Any]") -> Any:
        async def on_loop(queue: "Queue") -> Any:
            from inventory.runtime.control import Control

            return await call(Control(queue))

        return self.queue.call(on_loop)


def known_queues(settings: Settings) -> set[str]:
    """The queues of the configuration, used or not."""
    config = settings.config
    jobs = {job.queue for job in config.scheduler.jobs if job.queue}
    return {*config.worker.queues, config.scheduler.default_queue, "default", *jobs}


def choosing(*, states: Sequence[str] = STATES) -> Callable[[Any], Any]:
    """Options that choose runs; they become the argument `choice`."""
    options = [
        click.option(
            "--state",
            "states",
            type=click.Choice(states),
            multiple=True,
            help="Only these; again for more.",
        ),
        click.option("--task", help="Only runs of this task; * stands for anything."),
        click.option("--queue", help="Only runs of this queue."),
        click.option("--scope", help="Only runs that read this part of a source."),
        click.option("--job", help="Only runs of this job of the schedule."),
        click.option(
            "--parent", type=RunIdType(), metavar="ID", help="Only runs that this one fanned out."
        ),
        click.option("--error", metavar="TEXT", help="Only runs whose error holds this."),
        click.option(
            "--since",
            type=MomentType(),
            metavar="TIME",
            help="Only runs recorded since: 2h ago, or a time.",
        ),
        click.option(
            "--before", type=MomentType(), metavar="TIME", help="Only runs recorded before: 7d ago."
        ),
    ]

    def add(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return add


def choice_of(
    read: Reading,
    *,
    states: Iterable[str] = (),
    parent: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    **texts: str | None,
) -> Choice:
    """What the options of `choosing` choose."""
    parent_id = None if parent is None else read.run_id(parent)
    return Choice(
        states=tuple(states),
        parent=parent_id,
        since=since,
        before=before,
        **texts,  # type: ignore[arg-type]  # texts all, by the names of the fields
    )
