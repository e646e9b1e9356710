"""A collector's run: one scope → its rows in the database; no scope → one run for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql

from inventory import logs
from inventory.core.row import Row
from inventory.core.scope import FailedScope, Scope, SourceClient
from inventory.core.task import Collector, Payload
from inventory.db import scopes
from inventory.db.store import Stored, store
from inventory.errors import (
    BadAnswer,
    DatabaseError,
    Incomplete,
    InventoryError,
    PayloadError,
    SourceError,
)
from inventory.runtime.context import Connection, Context
from inventory.runtime.policy import describe
from inventory.telemetry import tracing

LINK = "common:task:link"
WRONG_SHAPE = (KeyError, IndexError, TypeError, ValueError, AttributeError)
CONFIRM = "confirm_delete"


@dataclass(frozen=True)
class Report:
    """What a run did, for the ledger."""

    result: dict[str, Any] = field(default_factory=dict)
    scope: str | None = None
    seen: int | None = None
    written: int | None = None
    deleted: int | None = None


def collect(run: Context, collector: Collector, payload: Payload) -> Report:
    """Read the scope that the payload names, or enqueue a run for each that it leaves open."""
    values = payload.model_dump()
    scope = collector.scope.named(values)
    if scope is None:
        return fan_out(run, collector, values)
    return collect_scope(run, collector, scope, confirm_delete=bool(values.get(CONFIRM)))


def collect_scope(
    run: Context, collector: Collector, scope: Scope, *, confirm_delete: bool = False
) -> Report:
    """Read one scope, store what was read, and ask for the links that it touches."""
    about = {"inventory.collector": collector.name, "inventory.scope": scope}
    with (
        logs.context(scope=str(scope)),
        tracing.span(f"collect {collector.name}", about) as span,
    ):
        return _collect_scope(run, collector, scope, confirm_delete, span)


def _collect_scope(
    run: Context, collector: Collector, scope: Scope, confirm_delete: bool, span: tracing.Nothing
) -> Report:
    try:
        with run.clients.of(collector.source) as client, client.open(scope) as reader:
            stored = _store(run, collector, scope, reader, confirm_delete, span)
    except Incomplete:
        # It is recorded, and some of its rows may be new.
        request_links(run, collector)
        raise
    except (InventoryError, psycopg.Error, *WRONG_SHAPE) as error:
        record_failure(run, collector, scope, error)
        raise
    # An earlier attempt may have stored the changes and not lived to say so.
    if stored.changed or run.attempt > 1:
        request_links(run, collector)
    result: dict[str, Any] = {"inserted": stored.inserted, "updated": stored.updated}
    if stored.withheld:
        result["withheld"] = stored.withheld
    written = stored.inserted + stored.updated
    return Report(result, str(scope), stored.seen, written, stored.deleted)


def _store(
    run: Context,
    collector: Collector,
    scope: Scope,
    reader: Any,
    confirm_delete: bool,
    span: tracing.Nothing,
) -> Stored:
    pages = 0

    def page(seen: int) -> None:
        nonlocal pages
        pages += 1
        span.set({"inventory.pages": pages, "inventory.rows": seen})
        run.progress(seen)
        run.check()

    with run.db() as db:
        return store(
            db,
            collector.models,
            scope,
            _rows(run, collector, scope, reader),
            run_id=run.id,
            confirm_delete=confirm_delete,
            max_delete_share=run.config.collection.max_delete_share,
            progress=page,
            fence=run.fence,
        )


def _rows(run: Context, collector: Collector, scope: Scope, reader: Any) -> Iterator[Row[Any]]:
    """The collector's rows; an answer that it stumbles over is a BadAnswer, named."""
    try:
        for row in collector(reader):
            if run.reason is not None:
                run.check()
            yield row
    except Incomplete as error:
        # It is recorded for the scope as well.
        error.args = (run.redact(str(error)),)
        raise
    except WRONG_SHAPE as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise BadAnswer(
            f"{collector.name} {scope}: an answer has another shape than expected: "
            f"{type(error).__name__}: {what}"
        ) from error


def fan_out(run: Context, collector: Collector, values: dict[str, Any]) -> Report:
    """Enqueue a run for each scope that the payload leaves open.

    Scopes that cannot be listed are recorded as failed and do not stop the others; only if there
    are no others does the run fail with them.
    """
    narrowed = any(values.get(name) for name in collector.scope.names())
    found: list[Scope] = []
    failed: list[FailedScope] = []
    known = 0
    try:
        with run.clients.of(collector.source) as client:
            for scope in _scopes(client, collector):
                run.check()
                if isinstance(scope, FailedScope):
                    scope.error.args = (run.redact(str(scope.error)),)
                    failed.append(scope)
                    continue
                known += 1
                if scope.within(values):
                    found.append(scope)
    except SourceError as error:
        record_failure(run, collector, Scope.whole, error)
        raise
    _record_listing(run, collector, found, failed, whole=not narrowed)
    if failed and not found:
        raise failed[0].error
    if narrowed and not found:
        raise PayloadError(
            f"{collector.name}: none of the {known} scopes that are configured is within "
            f"{ {name: values[name] for name in collector.scope.names() if values[name]} }"
        )
    confirm = {CONFIRM: True} if values.get(CONFIRM) else {}
    children = run.enqueue_all((collector.name, {**asdict(scope), **confirm}) for scope in found)
    result: dict[str, Any] = {
        "scopes": len(found),
        "enqueued": sum(child.created for child in children),
    }
    if failed:
        result["failed"] = {each.name: str(each.error) for each in failed}
    return Report(result)


def _scopes(client: SourceClient, collector: Collector) -> Iterator[Scope | FailedScope]:
    return client.scopes(collector.scope)


def _record_listing(
    run: Context,
    collector: Collector,
    found: list[Scope],
    failed: list[FailedScope],
    *,
    whole: bool,
) -> None:
    with run.db() as db:
        for each in failed:
            for model in collector.models:
                scopes.attempted(db, model, each.name, "failed", run_id=run.id, error=each.error)
        if whole:
            db.execute(
                "UPDATE common_scope SET listed_at = now() WHERE model = ANY(%s) AND scope = ANY(%s)",
                (
                    [model.registered_name() for model in collector.models],
                    [str(each) for each in found],
                ),
            )
            names = [str(each) for each in found] + [each.name for each in failed]
            for model in collector.models:
                _forget_failures(db, model.registered_name(), str(model.__tablename__), names)


def _forget_failures(db: Connection, model: str, table: str, names: list[str]) -> None:
    """Drop the records of listings that failed once and do not any more: nothing hangs on them."""
    db.execute(
        sql.SQL(
            "DELETE FROM common_scope AS s WHERE model = %s AND status = 'failed'"
            " AND last_complete_at IS NULL AND NOT scope = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM {} AS r WHERE r.scope_id = s.id)"
        ).format(sql.Identifier(table)),
        (model, names),
    )


def record_failure(
    run: Context, collector: Collector, scope: Scope | str, error: BaseException
) -> None:
    """Record that a scope could not be read. When it was last complete stays as it was."""
    text, code = describe(error)
    told = InventoryError(run.redact(text))
    told.code = code
    # The reason may be that PostgreSQL is away; then this fails as well, and the run's end says it.
    with suppress(psycopg.Error, DatabaseError), run.db() as db:
        for model in collector.models:
            scopes.attempted(db, model, scope, "failed", run_id=run.id, error=told)


def request_links(run: Context, collector: Collector) -> None:
    """Ask for the links at whose ends rows changed; a few seconds later, one run does them all."""
    links = sorted(link.name for link in run.catalog.links_of(collector.models))
    if not links:
        return
    with run.db() as db:
        db.execute(
            "INSERT INTO common_link (name, requested_at)"
            " SELECT name, clock_timestamp() FROM unnest(%s::text[]) AS name"
            " ON CONFLICT (name) DO UPDATE SET requested_at = excluded.requested_at",
            (links,),
        )
    if LINK in run.catalog.tasks:
        delay = timedelta(seconds=run.queue.ledger.timing.link)
        run.enqueue(LINK, delay=delay, parent_id=None)
