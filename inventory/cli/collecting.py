"""Collecting now: enqueue collectors, wait for their runs, relate what they found."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg

from inventory.cli import watch
from inventory.cli.base import WORKER_THREAD
from inventory.cli.progress import reporting
from inventory.cli.watch import Collected
from inventory.errors import QueueError

if TYPE_CHECKING:
    from inventory.catalog import Catalog
    from inventory.config import Config
    from inventory.core.task import Collector
    from inventory.db.engine import Connection
    from inventory.runtime.queue import BlockingQueue

LINK_ALL = "common:task:link-all"
FIND_LEAKS = "common:task:find-leaks"
PATIENCE = 20.0
"""How long Redis may be away, in seconds: it is time for a restart."""
_ASK_EVERY = 2.0
_LINKING = "SELECT 1 FROM common_run WHERE task = 'common:task:link' AND state = 'active' LIMIT 1"


@dataclass
class Outcome:
    """What became of it."""

    collected: list[Collected] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    link_error: str | None = None
    leaks: list[dict[str, Any]] = field(default_factory=list)
    """The leak rules: what they found, or why they could not say."""
    leak_error: str | None = None

    @property
    def is_complete(self) -> bool:
        failed = any(each.failed for each in self.collected) or self.link_error or self.leak_error
        return not failed and not any(link["error"] for link in self.links)


def collect(
    config: "Config",
    catalog: "Catalog",
    collectors: "Sequence[Collector]",
    *,
    confirm_delete: bool = False,
    attempts: int = 1,
    quiet: bool = True,
) -> Outcome:
    """Collect in a queue of our own, with a worker of our own."""
    from inventory.db import engine
    from inventory.runtime.queue import BlockingQueue
    from inventory.runtime.statements import PRIVATE

    if quiet:
        _be_quiet()
    queue = f"{PRIVATE}{uuid4().hex[:12]}"
    payload = {"confirm_delete": True} if confirm_delete else {}
    with (
        engine.unavailable(str(config.database.dsn)),
        BlockingQueue.connected(config, catalog) as enqueuing,
        _connection(config) as db,
        _leaving_nothing(db, queue),
        working(config, catalog, queue) as wait,
    ):
        return follow(
            db,
            enqueuing,
            collectors,
            wait=_hearing(enqueuing, wait),
            queue=queue,
            payload=payload,
            attempts=attempts,
        )


def follow(
    db: "Connection",
    enqueuing: "BlockingQueue",
    collectors: "Sequence[Collector]",
    *,
    wait: Callable[[float], None],
    queue: str | None = None,
    payload: dict[str, Any] | None = None,
    attempts: int = 1,
) -> Outcome:
    """Enqueue collectors for whichever worker takes from the queue, and wait for the end of it all."""
    began: datetime = first(db, "SELECT clock_timestamp()")
    roots = [_enqueue(enqueuing, each.name, payload or {}, queue) for each in collectors]
    outcome = Outcome()
    with reporting() as reporter:
        outcome.collected = watch.follow(
            db, enqueuing.queue.catalog, roots, reporter, attempts=attempts, wait=wait
        )
    outcome.link_error = _link(db, enqueuing, wait, queue)
    outcome.links = list(watch.links(db, began))
    if enqueuing.queue.catalog.leaks and not outcome.link_error:
        outcome.leak_error = _find_leaks(db, enqueuing, wait, queue)
        outcome.leaks = list(watch.leaks(db))
    return outcome


def _enqueue(
    enqueuing: "BlockingQueue",
    name: str,
    payload: dict[str, Any],
    queue: str | None,
    unique_key: str | None = None,
) -> UUID:
    enqueued = enqueuing.enqueue(name, payload, queue=queue, unique_key=unique_key)
    if not enqueued.rung:
        raise QueueError(
            "Redis cannot be reached, so no worker would hear of what is to be done. "
            "Check redis.endpoint (or INVENTORY_REDIS_ENDPOINT), and that the server runs."
        )
    return enqueued.id


def _link(
    db: "Connection", enqueuing: "BlockingQueue", wait: Callable[[float], None], queue: str | None
) -> str | None:
    """Relate everything; again if another run was at it, as that one may have passed some links."""
    while True:
        while first(db, _LINKING):
            wait(0.2)
        run = _enqueue(enqueuing, LINK_ALL, {}, queue)
        if error := watch.ended(db, run, wait):
            return error
        if not first(db, "SELECT result ? 'postponed' FROM common_run WHERE id = %s", (run,)):
            return None


def _find_leaks(
    db: "Connection", enqueuing: "BlockingQueue", wait: Callable[[float], None], queue: str | None
) -> str | None:
    """Ask at once, whatever linking left to be asked in some seconds."""
    key = f"{FIND_LEAKS} {uuid4().hex}"
    run = _enqueue(enqueuing, FIND_LEAKS, {}, queue, unique_key=key)
    return watch.ended(db, run, wait)


def _hearing(enqueuing: "BlockingQueue", wait: Callable[[float], None]) -> Callable[[float], None]:
    """Wait, and give up once Redis has been away for long, as nothing would ever start."""
    asked = heard = time.monotonic()

    def wait_and_ask(seconds: float) -> None:
        nonlocal asked, heard
        wait(seconds)
        if time.monotonic() < asked + _ASK_EVERY:
            return
        try:
            enqueuing.call(lambda queue: queue.broker.sizes(["default"]))
        except QueueError as error:
            if time.monotonic() > heard + PATIENCE:
                raise QueueError(
                    f"{error} Collecting ended, since nothing was heard for {PATIENCE:.0f} s; "
                    "what is stored stays."
                ) from error
        else:
            heard = time.monotonic()
        asked = time.monotonic()

    return wait_and_ask


@contextlib.contextmanager
def working(config: "Config", catalog: "Catalog", queue: str) -> Iterator[Callable[[float], None]]:
    """Run a worker in a thread. Yields a function that waits, and raises what ended the worker."""
    from inventory.runtime.worker import work

    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    started: Future[None] = Future()

    async def main() -> None:
        try:
            await work(
                config,
                catalog,
                stop=stop,
                queues={queue: 1},
                concurrency=config.collection.parallel,
                ready=lambda _: started.set_result(None),
            )
        except BaseException as error:
            if not started.done():
                started.set_exception(error)
            raise

    done: Future[None] = Future()

    def thread() -> None:
        try:
            loop.run_until_complete(main())
            done.set_result(None)
        except BaseException as error:  # noqa: BLE001  # told to the one who waits
            done.set_exception(error)
        finally:
            _end_tasks(loop)

    running = threading.Thread(target=thread, name=WORKER_THREAD, daemon=True)
    running.start()

    def wait(seconds: float) -> None:
        if done.done():
            done.result()
        time.sleep(seconds)

    try:
        started.result(timeout=30)
        yield wait
    finally:
        if not loop.is_closed():
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(stop.set)
        running.join(timeout=15)


def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Close a loop; what waits for stuck threads is told to wait no longer."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left, timeout=1.0))
    loop.close()


@contextlib.contextmanager
def _leaving_nothing(db: "Connection", queue: str) -> Iterator[None]:
    """Cancel what is left in a queue that nobody takes from any more."""
    try:
        yield
    finally:
        with contextlib.suppress(psycopg.Error):
            db.execute(
                "UPDATE common_run SET state = 'cancelled', finished_at = now(), lease_until = NULL,"
                " updated_at = now(), error = COALESCE(error, 'inventory collect ended')"
                " WHERE queue = %s AND state IN ('scheduled', 'pending', 'active', 'retry')",
                (queue,),
            )


@contextlib.contextmanager
def _connection(config: "Config") -> "Iterator[Connection]":
    from inventory.db import engine

    with engine.connect(str(config.database.dsn), application="inventory-collect") as db:
        yield db


def _be_quiet() -> None:
    """Keep the worker's log out of the way of the progress, for good: the summary says what failed."""
    for name in ("inventory", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def first(db: "Connection", query: str, values: tuple[Any, ...] = ()) -> Any:
    row = db.execute(query, values).fetchone()
    return row[0] if row else None
