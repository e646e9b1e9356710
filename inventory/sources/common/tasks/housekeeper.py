"""Remove what nobody has seen for longer than its retention."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from inventory.core import duration
from inventory.core.model import Model, Resource
from inventory.core.task import Payload, RunContext, task
from inventory.db import audit, tokens
from inventory.db.engine import first_line
from inventory.db.expire import Expired, expire
from inventory.errors import DatabaseError, PayloadError
from inventory.sources.common import source as common
from inventory.sources.common.tasks.cleanup import Duration
from inventory.sources.common.tasks.collect import is_enabled

log = logging.getLogger(__name__)
Connection = psycopg.Connection[Any]


class Retention(Payload):
    name: str
    """The model, such as `aws:model:vpc`."""
    duration: Duration
    """How long its rows are kept that no complete listing confirms, such as `4h`."""


class HousekeeperPayload(Payload):
    default: Duration | None = None
    """How long rows of the models that are not named are kept; for ever when left out."""
    retention: tuple[Retention, ...] = ()
    """How long rows of these models are kept."""
    audit: Duration = "400d"
    """How long it is kept who changed what."""


@task(common, payload=HousekeeperPayload, unique=True)
def housekeeper(run: RunContext, payload: HousekeeperPayload) -> dict[str, Any]:
    """Delete resources that no complete listing has confirmed for longer than their retention.

    Rows of a scope whose last attempt failed stay, and so does everything of a model that nothing
    was collected of: an outage must not look like an empty cloud.
    """
    wanted, unknown = _wanted(run, payload)
    removed: dict[str, int] = {}
    spared: dict[str, int] = {}
    problems: list[str] = []
    with run.db() as db:
        for number, (model, retention) in enumerate(wanted.items()):
            run.progress(number, len(wanted))
            name = model.registered_name()
            started = datetime.now(UTC)
            try:
                result = _expire(run, db, model, retention)
            except psycopg.DatabaseError as error:
                if db.closed or isinstance(error, psycopg.errors.QueryCanceled):
                    raise
                problems.append(f"{name}: {first_line(error)}")
                result = Expired(error=first_line(error))
            _record(run, db, name, retention, started, result)
            removed |= {name: result.removed} if result.removed else {}
            spared |= {name: result.spared} if result.spared else {}
        db.execute(
            "DELETE FROM common_housekeeper_run WHERE started_at < now() - interval '90 days'"
        )
        db.execute(audit.FORGET, (duration.parse(payload.audit),))
        db.execute(tokens.FORGET)
    if problems:
        raise DatabaseError("; ".join(problems))
    if unknown:
        raise PayloadError(f"payload.retention: no model is named {', '.join(unknown)}")
    return {"models": len(wanted), "removed": removed, "spared": spared}


def _wanted(
    run: RunContext, payload: HousekeeperPayload
) -> tuple[dict[type[Resource], timedelta], list[str]]:
    """The retention of each model, and the names that no model has."""
    wanted: dict[type[Resource], timedelta] = {}
    unknown: list[str] = []
    if payload.default is not None:
        usual = duration.parse(payload.default)
        wanted = {model: usual for model in run.catalog if _is_resource(model)}  # type: ignore[misc]
    for each in payload.retention:
        model = run.catalog.models.get(each.name)
        if model is None or not _is_resource(model):
            # One wrong name must not keep the others from being cleaned.
            unknown.append(repr(each.name))
        else:
            wanted[model] = duration.parse(each.duration)  # type: ignore[index]
    return wanted, unknown


def _is_resource(model: type[Model]) -> bool:
    return issubclass(model, Resource)


def _expire(
    run: RunContext, db: Connection, model: type[Resource], retention: timedelta
) -> Expired:
    collectors = [each.name for each in run.catalog.collectors() if model in each.models]
    return expire(
        db,
        model,
        retention,
        collectors=collectors,
        enabled=is_enabled(run.config, model.source.key),
        check=run.check,
    )


def _record(
    run: RunContext,
    db: Connection,
    name: str,
    retention: timedelta,
    started: datetime,
    result: Expired,
) -> None:
    db.execute(
        "INSERT INTO common_housekeeper_run (model_name, retention, started_at, completed_at,"
        " count, spared, reason, error, run_id)"
        " VALUES (%s, %s, %s, clock_timestamp(), %s, %s, %s, %s, %s)",
        (
            name,
            retention.total_seconds(),
            started,
            result.removed,
            result.spared,
            result.reason,
            result.error,
            run.id,
        ),
    )
