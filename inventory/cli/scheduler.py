"""`inventory scheduler`."""

import sys
from datetime import UTC, datetime
from typing import Any

import click

from inventory.cli.base import Group, Settings, pass_settings
from inventory.cli.output import ago, plural, print_json, show


@click.group(cls=Group)
def command() -> None:
    """Schedulers, which enqueue what is due; several do it once.

    Examples:
        inventory scheduler start
        inventory scheduler jobs
        inventory scheduler run-now common:task:housekeeper
    """


@command.command()
@pass_settings
def start(settings: Settings) -> None:
    """Enqueue the jobs of `scheduler.jobs` when they are due, until SIGTERM or Ctrl-C.

    Examples:
        inventory --config config.yaml scheduler start
    """
    from inventory.cli import serving, together
    from inventory.db import migrate as migrations
    from inventory.runtime import precautions

    def told(jobs: int) -> None:
        print(f"scheduler  {plural(jobs, 'job')}", file=sys.stderr, flush=True)

    with settings.servers() as config:
        migrations.require_current(str(config.database.dsn), config.database.migration_dir)
        precautions.warn(config)
        with (
            serving.traced("scheduler", config),
            serving.monitor("scheduler", config.scheduler.metrics) as monitor,
        ):
            part = together.scheduler(config, settings.catalog, told, monitor=monitor)
            together.run({"scheduler": part})


@command.command()
@pass_settings
def jobs(settings: Settings) -> None:
    """List the jobs: when they run, when they last did and next will, and how that ended.

    Those of the configuration at hand that no scheduler has made known are listed as well.

    Examples:
        inventory scheduler jobs
        inventory --config config.yaml scheduler jobs --json
    """
    from inventory.cli.ledger import reading
    from inventory.runtime import overview

    with settings.database() as dsn, reading(dsn) as read:
        found = read(overview.JOBS)
    known = {row["name"] for row in found}
    found += [row for row in _configured(settings) if row["name"] not in known]
    found.sort(key=lambda row: row["name"])
    if settings.json:
        print_json(found)
        return
    rows = [
        {
            "job": row["name"],
            "spec": row["spec"],
            "queue": row["queue"],
            "previous": ago(row["previous"]) if row["is_known"] is not None else None,
            "next": ago(row["next"]) if row["is_known"] else None,
            "last": _outcome(row),
            "description": row["description"],
        }
        for row in found
    ]
    columns = ("job", "spec", "queue", "previous", "next", "last", "description")
    none = "no job is configured; `scheduler.jobs` in config.yaml, see examples/config.yaml"
    show(settings, rows, columns, empty=none)
    if not any(row["is_known"] for row in found):
        click.echo(
            "no scheduler runs; `inventory scheduler start` starts one, and `inventory up` has one",
            err=True,
        )


@command.command("run-now")
@click.argument("job")
@click.option("--wait", is_flag=True, help="Wait until it and all that it fans out has ended.")
@pass_settings
def run_now(settings: Settings, job: str, wait: bool) -> None:
    """Enqueue at once what JOB enqueues when it is due, and print the run's id.

    Its next tick comes all the same.

    Examples:
        inventory scheduler run-now common:task:housekeeper
        inventory scheduler run-now common:task:link-all --wait
    """
    from inventory.cli import waiting
    from inventory.cli.ledger import Steering, reading
    from inventory.runtime.queue import BlockingQueue
    from inventory.runtime.schedule import plan

    catalog = settings.catalog
    configured = {each.id: each.run for each in plan(settings.config, catalog)}
    with settings.servers() as config, BlockingQueue.connected(config, catalog) as queue:
        enqueued = Steering(queue)(lambda c: c.run_job(job, configured))
        if not settings.json:
            print(enqueued.id, flush=True)
            if not enqueued.created:
                click.echo("a run of it was waiting already", err=True)
        if wait:
            with reading(str(config.database.dsn)) as read:
                waiting.follow(settings, read, enqueued.id)
        elif settings.json:
            print_json({"id": str(enqueued.id), "created": enqueued.created})


def _configured(settings: Settings) -> list[dict[str, Any]]:
    """The jobs of the configuration, as rows of what the schedulers know."""
    from inventory.runtime.spec import ticks

    config = settings.config
    now = datetime.now(UTC)
    return [
        {
            "name": job.id,
            "task": job.name,
            "spec": job.spec,
            "description": job.desc,
            "queue": job.queue or config.scheduler.default_queue,
            "priority": job.priority or 0,
            "payload": job.payload or {},
            "previous": None,
            "next": ticks(job.spec, job=job.id).after(now),
            "seen_at": None,
            "is_known": None,
            **dict.fromkeys(LAST),
        }
        for job in config.scheduler.jobs
        if job.is_enabled
    ]


LAST = ("last_run", "last_state", "last_error", "last_started_at", "last_finished_at")


def _outcome(row: dict[str, Any]) -> str | None:
    if row["last_state"] is None:
        return None
    ended = ago(row["last_finished_at"] or row["last_started_at"])
    failed = row["last_state"] in ("archived", "retry") and row["last_error"]
    error = f": {row['last_error'][:40]}" if failed else ""
    return " ".join(filter(None, (row["last_state"], ended))) + error
