"""What a run's function gets to see: `RunContext`, bound to a worker."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from inventory.catalog import Catalog
from inventory.config import Config
from inventory.runtime import statements
from inventory.runtime.ledger import Claimed, NewRun
from inventory.runtime.policy import LOST, Interrupted
from inventory.runtime.queue import Enqueued, Queue
from inventory.runtime.requests import Given, Options, request

if TYPE_CHECKING:
    from inventory.runtime.clients import Clients

Connection = psycopg.Connection[Any]
LOOK = 0.02
LARGEST_NUMBER = 2**63 - 1


def now() -> float:
    """Seconds by a clock that also counts while the process is frozen and the machine sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Context:
    """One attempt of a run. The function's thread uses it; the worker interrupts it."""

    def __init__(
        self,
        claimed: Claimed,
        *,
        config: Config,
        catalog: Catalog,
        queue: Queue,
        pool: ConnectionPool[Connection],
        clients: Clients,
        redact: Callable[[str], str],
        worker: str,
        believed_until: float,
    ) -> None:
        self.claimed = claimed
        self.id: UUID = claimed.id
        self.task = claimed.task
        self.attempt = claimed.attempt
        self.config = config
        self.catalog = catalog
        self.clients = clients
        self.redact = redact
        self.worker = worker
        self.believed_until = believed_until
        """When the lease ends at the earliest, by our own clock."""
        self.queue = queue
        self.pool = pool
        self.done: tuple[int, int | None] | None = None
        self.reason: str | None = None
        self._on_interrupt: Callable[[], object] | None = None
        self._loop = asyncio.get_running_loop()
        self._lent: set[Connection] = set()
        self._guard = threading.Lock()

    @contextmanager
    def db(self) -> Iterator[Connection]:
        """Lend a connection in autocommit mode. What it does ends when the run is interrupted."""
        self.check()
        with self.pool.connection() as db:
            with self._guard:
                self._lent.add(db)
            try:
                yield db
            except psycopg.errors.QueryCanceled:
                self.check()
                raise
            finally:
                with self._guard:
                    self._lent.discard(db)
                if self.reason is not None:
                    # What cancels its statement may still be under way, and would hit the next run.
                    db.close()

    def enqueue(self, name: str, payload: Given = None, **options: Any) -> UUID:
        """Enqueue a child run; a repeated attempt of this run enqueues it once."""
        (child,) = self.enqueue_all([(name, payload)], **options)
        return child.id

    def enqueue_all(self, children: Iterable[tuple[str, Given]], **options: Any) -> list[Enqueued]:
        """Enqueue many child runs at once."""
        if self._is_on_loop():
            raise RuntimeError("an async task awaits `run.queue.enqueue(…, parent_id=run.id)`")
        runs = [self._child(name, payload, options) for name, payload in children]
        future = asyncio.run_coroutine_threadsafe(self.queue.enqueue_all(runs), self._loop)
        return future.result()

    def progress(self, done: int, total: int | None = None) -> None:
        """Tell how far the run is. Costs nothing: the worker writes it now and then."""
        self.done = (_number(done), None if total is None else _number(total))

    def check(self) -> None:
        """Raise Interrupted if the run should not go on. Called between pages.

        Where the lease ran out, because the process was frozen or could not reach PostgreSQL, it
        waits until the ledger has said whether the run is still ours: somebody else may have it.
        """
        while self.reason is None and now() >= self.believed_until:
            if self._is_on_loop():
                # The answer would come by the loop, which must not wait. If the run is still
                # ours, the next report hands it back.
                self.interrupt(LOST)
                break
            time.sleep(LOOK)
        if self.reason is not None:
            raise Interrupted(self.reason)

    def fence(self, db: Connection) -> None:
        """Raise Interrupted unless this attempt is the one that counts. Until the transaction of
        `db` has ended no other begins: called last in it, what it wrote stays only then.
        """
        given = {"id": self.id, "worker": self.worker, "attempt": self.attempt}
        if db.execute(statements.FENCE, given).fetchone() is None:
            self._loop.call_soon_threadsafe(self.interrupt, LOST)
            raise Interrupted(LOST)

    def interrupt(self, reason: str) -> None:
        """Make the function stop at its next check; a statement that it waits for ends now."""
        if self.reason is None:
            self.reason = reason
            if self._on_interrupt is not None:
                self._on_interrupt()
            self._loop.run_in_executor(None, self._cancel_statements)

    def on_interrupt(self, call: Callable[[], object]) -> None:
        """Call this when the run is interrupted, at once if it was already."""
        self._on_interrupt = call
        if self.reason is not None:
            call()

    def _cancel_statements(self) -> None:
        with self._guard:
            for db in self._lent:
                with suppress(psycopg.Error):
                    db.cancel_safe(timeout=2.0)

    def _child(self, name: str, payload: Given, options: dict[str, Any]) -> NewRun:
        # A fan-out stays in the queue that it was put into, unless a task has one of its own.
        usual = {
            "parent_id": self.id,
            "priority": self.claimed.priority,
            "usual_queue": self.claimed.queue,
        }
        return request(self.catalog, name, payload, Options(**{**usual, **options}))

    def _is_on_loop(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False


def _number(value: float) -> int:
    """What PostgreSQL keeps as a bigint; one run's odd number must not keep the others' away."""
    return max(-LARGEST_NUMBER, min(LARGEST_NUMBER, int(value)))
