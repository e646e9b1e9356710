"""What one process counts and times about itself, for Prometheus.

Names that the original has are kept; labels never hold what there can be any number of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from inventory import __version__

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
CODE = re.compile("[A-Z][A-Z_]{1,40}")
MOST_CODES = 64
QUICK = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# The original stops at 120 s, where listings of a large account only begin to be slow.
LONG = (0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
LATE = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600)
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
TASK = ("task_name", "task_queue")


class Pool(Protocol):
    """A pool of connections that tells about itself."""

    def get_stats(self) -> dict[str, int]: ...


class Meters:
    """The instruments of one process. Observing costs about a microsecond."""

    def __init__(self, service: str) -> None:
        """`service` is what the process is: `api`, `worker`, `scheduler`, or `up` for all of it."""
        # Twice the series, to say when each counter began.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # theirs
        self.registry = registry = CollectorRegistry()
        self.pools: dict[str, Pool] = {}
        self._codes: set[str] = set()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        registry.register(_Pools(self.pools))

        def counter(name: str, doc: str, *labels: str) -> Counter:
            return Counter(name, doc, labels, registry=registry)

        def timer(name: str, doc: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(name, doc, labels, buckets=buckets, registry=registry)

        def gauge(name: str, doc: str, *labels: str) -> Gauge:
            return Gauge(name, doc, labels, registry=registry)

        self.build = gauge("inventory_build_info", "What runs; always 1.", "service", "version")
        self.build.labels(service, __version__).set(1)
        self.requests = counter(
            "inventory_http_requests", "Answered requests.", "method", "path", "status"
        )
        self.request_time = timer(
            "inventory_http_request_seconds",
            "From the request to the last byte of its answer; streams are left out.",
            QUICK,
            "path",
        )
        self.operations = counter(
            "inventory_graphql_operations",
            "GraphQL operations by outcome: `ok`, `failed` while executed, `refused` before.",
            "kind",
            "outcome",
        )
        self.operation_time = timer(
            "inventory_graphql_operation_seconds", "How long operations took.", QUICK, "kind"
        )
        self.graphql_errors = counter(
            "inventory_graphql_errors", "Operations that did not succeed, by error code.", "code"
        )
        self.sql_time = timer(
            "inventory_sql_seconds",
            "Time in PostgreSQL, the wait for a connection included: `api` answers queries, "
            "`ledger` keeps the runs.",
            QUICK,
            "use",
        )
        self.successful = counter("inventory_task_successful", "Attempts that ended well.", *TASK)
        self.failed = counter(
            "inventory_task_failed", "Attempts that failed and are tried again.", *TASK
        )
        self.skipped = counter(
            "inventory_task_skipped", "Attempts that failed for good: archived.", *TASK
        )
        self.cancelled = counter("inventory_task_cancelled", "Attempts that were cancelled.", *TASK)
        self.task_errors = counter(
            "inventory_task_errors", "Attempts that failed, by error code.", "task_name", "code"
        )
        self.task_time = timer(
            "inventory_task_duration_seconds",
            "How long attempts took, failures included.",
            LONG,
            *TASK,
        )
        self.rows = counter(
            "inventory_collected_rows",
            "Rows that collectors have `seen`, `written` because they were new or different, and "
            "`deleted`.",
            "task_name",
            "change",
        )
        self.processed = counter(
            "asynq_tasks_processed", "Attempts that ended, however, by queue.", "queue"
        )
        self.failed_by_queue = counter(
            "asynq_tasks_failed", "Attempts that failed, by queue.", "queue"
        )
        self.slots = gauge("inventory_worker_slots", "Runs that the worker can do at a time.")
        self.busy = gauge("inventory_worker_slots_busy", "Runs that the worker is doing.")
        self.ticks = counter(
            "inventory_scheduler_ticks",
            "Ticks that this scheduler `sent`, or that another had (`passed`).",
            "outcome",
        )
        self.tick_lag = timer(
            "inventory_scheduler_tick_lag_seconds", "How late ticks were sent.", LATE
        )
        self.jobs = gauge("inventory_scheduler_jobs", "Jobs that this scheduler knows.")
        self.round_at = gauge(
            "inventory_scheduler_last_round_timestamp_seconds",
            "When this scheduler last looked for what is due.",
        )

    # -- the API ------------------------------------------------------------------------------------

    def request(self, method: str, path: str, status: int, seconds: float | None) -> None:
        """A request was answered; `path` is a route's, and streams give no time."""
        _labelled(self.requests, method if method in METHODS else "other", path, str(status)).inc()
        if seconds is not None:
            _labelled(self.request_time, path).observe(seconds)

    def operation(self, kind: str, outcome: str, code: str | None, seconds: float) -> None:
        """A GraphQL operation was answered."""
        _labelled(self.operations, kind, outcome).inc()
        _labelled(self.operation_time, kind).observe(seconds)
        if code is not None:
            _labelled(self.graphql_errors, self.code(code)).inc()

    def sql(self, use: str) -> Callable[[float], None]:
        """What takes the seconds of a statement."""
        observe: Callable[[float], None] = self.sql_time.labels(use).observe
        return observe

    # -- workers and schedulers -----------------------------------------------------------------------

    def attempt(self, task: str, queue: str, state: str, code: str | None, seconds: float) -> None:
        """An attempt ended; `state` is what became of the run."""
        by_state = {
            "completed": self.successful,
            "retry": self.failed,
            "archived": self.skipped,
            "cancelled": self.cancelled,
        }
        _labelled(by_state[state], task, queue).inc()
        _labelled(self.task_time, task, queue).observe(seconds)
        _labelled(self.processed, queue).inc()
        if state in ("retry", "archived"):
            _labelled(self.failed_by_queue, queue).inc()
            _labelled(self.task_errors, task, self.code(code or "INTERNAL")).inc()

    def collected(self, task: str, **changes: int | None) -> None:
        """A collector's run ended: `seen`, `written`, `deleted`."""
        for change, rows in changes.items():
            if rows is not None:
                _labelled(self.rows, task, change).inc(rows)

    def tick(self, lag: float) -> None:
        """A tick was sent by this scheduler."""
        _labelled(self.ticks, "sent").inc()
        self.tick_lag.observe(max(lag, 0.0))

    # -- all ------------------------------------------------------------------------------------------

    def pool(self, name: str, pool: Pool) -> None:
        """Tell about a pool of connections from now on."""
        self.pools[name] = pool

    def code(self, code: str) -> str:
        """The code of an error, or `other` where somebody made up too many of them."""
        if code in self._codes:
            return code
        if len(self._codes) >= MOST_CODES or not CODE.fullmatch(code):
            return "other"
        self._codes.add(code)
        return code

    def text(self) -> bytes:
        """Everything in Prometheus' text form."""
        return generate_latest(self.registry)


@lru_cache(maxsize=4096)
def _labelled(instrument: Any, *labels: str) -> Any:
    return instrument.labels(*labels)


class _Pools(Collector):
    """What the pools of connections say when they are asked."""

    def __init__(self, pools: dict[str, Pool]) -> None:
        self.pools = pools

    def collect(self) -> Iterator[Metric]:
        connections = GaugeMetricFamily(
            "inventory_pool_connections",
            "Connections to PostgreSQL: `idle`, `used`, and `max` that there may be.",
            labels=("pool", "state"),
        )
        waiting = GaugeMetricFamily(
            "inventory_pool_waiting", "Who waits for a connection now.", labels=("pool",)
        )
        waited = CounterMetricFamily(
            "inventory_pool_wait_seconds", "How long they waited, in total.", labels=("pool",)
        )
        failures = CounterMetricFamily(
            "inventory_pool_failures",
            "Connections that could not be had (`requests`) or made (`connections`).",
            labels=("pool", "kind"),
        )
        for name, pool in list(self.pools.items()):
            stats = pool.get_stats()
            size, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
            connections.add_metric((name, "idle"), idle)
            connections.add_metric((name, "used"), size - idle)
            connections.add_metric((name, "max"), stats.get("pool_max", 0))
            waiting.add_metric((name,), stats.get("requests_waiting", 0))
            waited.add_metric((name,), stats.get("requests_wait_ms", 0) / 1000)
            failures.add_metric((name, "requests"), stats.get("requests_errors", 0))
            failures.add_metric((name, "connections"), stats.get("connections_errors", 0))
        yield from (connections, waiting, waited, failures)


def pool_families() -> list[Metric]:
    """What is told of pools, without a pool."""
    return list(_Pools({}).collect())
