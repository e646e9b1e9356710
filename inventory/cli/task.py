"""`inventory task`."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from inventory.cli.base import Failed, Group, Misused, Settings, pass_settings
from inventory.cli.output import ago, print_json, show, show_one

STATES = ("scheduled", "pending", "active", "retry", "completed", "archived", "cancelled")


class DurationType(click.ParamType[timedelta]):
    """`30m`, `1h30m`."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        from inventory.core import duration
        from inventory.errors import InventoryError

        if isinstance(value, timedelta):
            return value
        try:
            return duration.parse(value)
        except InventoryError as error:
            self.fail(str(error), param, ctx)


@click.group(cls=Group)
def command() -> None:
    """What can run, is running and has run.

    Examples:
        inventory task registered
        inventory task enqueue aws:task:collect-vpcs
        inventory task list --state archived
        inventory task inspect 5b1a5e6a-8e0c-4d7a-9a53-0c9c1b2a7f10
    """


@command.command()
@click.option("--source", help="Only the tasks of one source, such as g.")
@pass_settings
def registered(settings: Settings, source: str | None) -> None:
    """List the tasks that a worker can run, and what payload they take.

    Examples:
        inventory task registered
        inventory task registered --source aws --json
    """
    tasks = [t for t in settings.catalog.tasks.values() if source in (None, t.source.key)]
    rows = [
        {
            "name": task.name,
            "payload": ",".join(task.payload.model_fields) or None,
            "does": task.doc.splitlines()[0],
        }
        for task in sorted(tasks, key=lambda task: task.name)
    ]
    show(settings, rows, ("name", "payload", "does"), empty=f"no task of source {source!r}")


@command.command()
@click.argument("name")
@click.option("--payload", metavar="TEXT", help="What the task is told, in JSON or YAML.")
@click.option(
    "--payload-file",
    type=click.Path(path_type=Path),
    help="The same, from a file; - is standard input.",
)
@click.option("--queue", help="The queue; the task's own by default.")
@click.option("--timeout", type=DurationType(), help="How long one attempt may take, such as 30m.")
@click.option("--max-retry", type=click.IntRange(0), help="How many attempts may follow the first.")
@click.option(
    "--priority", type=int, help="Of two waiting runs, the one of higher priority goes first."
)
@click.option("--unique-key", help="Refuse, or rather return, a second live run of the same key.")
@click.option("--in", "delay", type=DurationType(), help="Start later, such as 5m.")
@pass_settings
def enqueue(
    settings: Settings,
    /,
    name: str,
    payload: str | None,
    payload_file: Path | None,
    **options: Any,
) -> None:
    """Enqueue a run of the task NAME, and print the run's id.

    Examples:
        inventory task enqueue aws:task:collect-vpcs
        inventory task enqueue aws:task:collect-vpcs --payload '{"account_id": "111122223333"}'
        inventory task enqueue common:task:housekeeper --payload-file retention.yaml --in 5m
        inventory task enqueue common:task:link-all --unique-key nightly --max-retry 0
    """
    from inventory.runtime.queue import BlockingQueue
    from inventory.runtime.requests import Options, request

    text = _payload(payload, payload_file)
    catalog = settings.catalog
    request(catalog, name, text, Options())
    given = {key: value for key, value in options.items() if value is not None}
    with settings.servers() as config, BlockingQueue.connected(config, catalog) as queue:
        enqueued = queue.enqueue(name, text, **given)
    if settings.json:
        print_json({"id": str(enqueued.id), "created": enqueued.created, "rung": enqueued.rung})
        return
    print(enqueued.id)
    if not enqueued.created:
        click.echo("a live run with this key was there already", err=True)
    if not enqueued.rung:
        click.echo("Redis is away; the run is recorded, and starts once Redis is back", err=True)


@command.command("list")
@click.option(
    "--state",
    "states",
    type=click.Choice(STATES),
    multiple=True,
    help="Only these; again for more.",
)
@click.option("--task", help="Only runs of this task; % stands for anything.")
@click.option("--queue", help="Only runs of this queue.")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="How many runs."
)
@pass_settings
def list_runs(
    settings: Settings, states: tuple[str, ...], task: str | None, queue: str | None, limit: int
) -> None:
    """List runs, the latest first.

    Examples:
        inventory task list
        inventory task list --state active --state retry
        inventory task list --state archived --task 'aws:task:%' --json
    """
    from inventory.cli import rows

    where: dict[str, Any] = {}
    if states:
        where["state"] = {"in": list(states)}
    if task:
        where["task"] = {"like": task}
    if queue:
        where["queue"] = queue
    with settings.database() as dsn:
        found = rows.runs(dsn, where, limit=limit)
    if settings.json:
        print_json(found)
        return
    listed = [
        {
            "id": run["id"],
            "task": run["task"],
            "scope": run["scope"],
            "state": run["state"],
            "attempt": f"{run['attempt']}/{run['max_retry'] + 1}",
            "enqueued": ago(run["enqueued_at"]),
            "seen": run["seen"],
            "error": (run["error"] or "")[:60] or None,
        }
        for run in found
    ]
    columns = ("id", "task", "scope", "state", "attempt", "enqueued", "seen", "error")
    wanted = f" {' or '.join(states)}" if states else ""
    show(settings, listed, columns, empty=f"no run is{wanted}" if states else "no run is recorded")


@command.command()
@click.argument("run_id", metavar="ID")
@pass_settings
def inspect(settings: Settings, run_id: str) -> None:
    """Print all that is known of one run.

    Examples:
        inventory task inspect 5b1a5e6a-8e0c-4d7a-9a53-0c9c1b2a7f10
    """
    from inventory.cli import rows

    try:
        wanted = UUID(run_id)
    except ValueError as error:
        raise Misused(f"{run_id!r} is no id of a run; see `inventory task list`") from error
    with settings.database() as dsn:
        found = rows.runs(dsn, {"id": str(wanted)}, limit=1)
    if not found:
        raise Failed(f"no run has the id {wanted}; see `inventory task list`")
    show_one(settings, found[0], blocks=("payload", "error", "result"))


def _payload(text: str | None, file: Path | None) -> str | None:
    if file is None:
        return text
    if text is not None:
        raise Misused("give --payload or --payload-file, not both")
    try:
        with click.open_file(str(file), encoding="utf-8") as opened:
            content: str = opened.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "this is not text in UTF-8"
        raise Misused(f"--payload-file: {file}: {reason.lower()}") from error
    return content
