"""`inventory task`."""

from pathlib import Path
from typing import Any

import click

from inventory.cli.base import Failed, Group, Misused, Settings, pass_settings, unknown
from inventory.cli.kinds import DurationType, RunIdType
from inventory.cli.ledger import choice_of, choosing, reading
from inventory.cli.output import ago, print_json, show
from inventory.cli.task_watch import watch


@click.group(cls=Group)
def command() -> None:
    """What can run, is running and has run.

    Examples:
        inventory task registered
        inventory task enqueue aws:task:collect-vpcs --wait
        inventory task list --state archived
        inventory task inspect 5b1a5e6a
        inventory task retry --state archived --task 'aws:task:*' --dry-run
        inventory task cancel 5b1a5e6a
        inventory task watch 5b1a5e6a
    """


command.add_command(watch)


@command.command()
@click.option("--source", help="Only the tasks of one source, such as g.")
@pass_settings
def registered(settings: Settings, source: str | None) -> None:
    """List the tasks that a worker can run, and what payload they take.

    Examples:
        inventory task registered
        inventory task registered --source aws --json
    """
    catalog = settings.catalog
    if source is not None and source not in catalog.sources:
        unknown(source, [*catalog.sources], "source")
    tasks = [t for t in catalog.tasks.values() if source in (None, t.source.key)]
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
@click.option(
    "--payload",
    metavar="TEXT|FILE|-",
    help="What the task is told, in JSON or YAML: as it is, in a file, or on standard input.",
)
@click.option("--payload-file", type=click.Path(path_type=Path), help="The same, from a file.")
@click.option("--queue", help="The queue; the task's own by default.")
@click.option("--timeout", type=DurationType(), help="How long one attempt may take, such as 30m.")
@click.option("--max-retry", type=click.IntRange(0), help="How many attempts may follow the first.")
@click.option(
    "--priority", type=int, help="Of two waiting runs, the one of higher priority goes first."
)
@click.option("--unique-key", help="Refuse, or rather return, a second live run of the same key.")
@click.option("--in", "delay", type=DurationType(), help="Start later, such as 5m.")
@click.option("--wait", is_flag=True, help="Wait until it and all that it fans out has ended.")
@pass_settings
def enqueue(
    settings: Settings,
    /,
    name: str,
    payload: str | None,
    payload_file: Path | None,
    wait: bool,
    **options: Any,
) -> None:
    """Enqueue a run of the task NAME, and print the run's id.

    With --wait, the status is 1 unless the run and all that it fanned out completed.

    Examples:
        inventory task enqueue aws:task:collect-vpcs --wait
        inventory task enqueue aws:task:collect-vpcs --payload '{"account_id": "111122223333"}'
        inventory task enqueue common:task:housekeeper --payload retention.yaml --in 5m
        inventory task enqueue common:task:link-all --unique-key nightly --max-retry 0
    """
    from inventory.cli import waiting
    from inventory.runtime.queue import BlockingQueue
    from inventory.runtime.requests import Options, request

    text = _payload(payload, payload_file)
    catalog = settings.catalog
    request(catalog, name, text, Options())
    given = {key: value for key, value in options.items() if value is not None}
    with settings.servers() as config, BlockingQueue.connected(config, catalog) as queue:
        enqueued = queue.enqueue(name, text, **given)
        if not settings.json:
            print(enqueued.id, flush=True)
            if not enqueued.created:
                click.echo("a live run with this key was there already", err=True)
            if not enqueued.rung:
                click.echo(
                    "Redis is away; the run is recorded, and starts once Redis is back", err=True
                )
        if wait:
            with reading(str(config.database.dsn)) as read:
                waiting.follow(settings, read, enqueued.id)
        elif settings.json:
            print_json({"id": str(enqueued.id), "created": enqueued.created, "rung": enqueued.rung})


@command.command("list")
@choosing()
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="How many runs."
)
@pass_settings
def list_runs(settings: Settings, /, limit: int, **chosen: Any) -> None:
    """List runs, the latest first.

    Examples:
        inventory task list
        inventory task list --state active --state retry
        inventory task list --state archived --task 'aws:task:*' --since 2h --json
        inventory task list --parent 5b1a5e6a --limit 500
    """
    with settings.database() as dsn, reading(dsn) as read:
        choice = choice_of(read, **chosen)
        found = read.runs(choice, limit)
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
    show(settings, listed, columns, empty=_none(chosen))
    if len(found) == limit:
        click.echo(f"these are the latest {limit}; --limit shows more", err=True)


@command.command()
@click.argument("run_id", metavar="ID", type=RunIdType())
@pass_settings
def inspect(settings: Settings, run_id: str) -> None:
    """Print all that is known of one run: progress, attempts, error, and what it fanned out.

    ID may be the beginning of an id, as long as it is the only one that begins so.

    Examples:
        inventory task inspect 5b1a5e6a-8e0c-4d7a-9a53-0c9c1b2a7f10
        inventory task inspect 5b1a5e6a --json
    """
    from inventory.cli import inspecting

    with settings.database() as dsn, reading(dsn) as read:
        found = inspecting.run(read, read.run_id(run_id))
    if found is None:
        raise Failed(f"no run has the id {run_id}; see `inventory task list`")
    inspecting.tell(settings, found)


def _none(chosen: dict[str, Any]) -> str:
    """Why the list is empty, and what to do."""
    states = chosen["states"]
    others = any(value for name, value in chosen.items() if name != "states")
    if others:
        wanted = f" {' or '.join(states)} and" if states else ""
        return f"no run is{wanted} like that; `inventory task list` shows all"
    if states:
        return f"no run is {' or '.join(states)}"
    return "no run is recorded; `inventory task enqueue NAME` makes one, see `inventory task registered`"


def _payload(text: str | None, file: Path | None) -> str | None:
    option = "--payload-file"
    if file is None:
        # Nothing but a mapping will do, so a word without its signs is the name of a file.
        if text is None or text.strip() == "" or {*text} & {*"{[\n"} or ": " in text:
            return text
        option, file = "--payload", Path(text)
    elif text is not None:
        raise Misused("give --payload or --payload-file, not both")
    try:
        with click.open_file(str(file), encoding="utf-8") as opened:
            content: str = opened.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "this is not text in UTF-8"
        raise Misused(f"{option}: {file}: {reason.lower()}") from error
    return content


def _add_verbs() -> None:
    from inventory.cli import verbs

    for each in verbs.commands():
        command.add_command(each)


_add_verbs()
