"""`inventory queue`."""

from typing import Any

import click

from inventory.cli.base import Group, Settings, pass_settings, unknown
from inventory.cli.ledger import known_queues, reading, steering
from inventory.cli.output import plural, print_json, show, show_one, took
from inventory.cli.verbs import confirm
from inventory.runtime import overview
from inventory.runtime.choice import STATES

LEASE = 30.0
DRAINED = tuple(state for state in STATES if state != "active")


@click.group(cls=Group)
def command() -> None:
    """Queues, in which runs wait.

    Examples:
        inventory queue list
        inventory queue inspect default
        inventory queue pause slow
        inventory queue drain slow --state archived --dry-run
    """


@command.command("list")
@pass_settings
def list_queues(settings: Settings) -> None:
    """List the queues: what is in them, how long the first pending run waits, who takes from them.

    Examples:
        inventory queue list
        inventory queue list --json
    """
    rows = _queues(settings)
    if settings.json:
        print_json(rows)
        return
    shown = [_cells(row) for row in rows]
    columns = ("queue", "pending", "active", "scheduled", "retry", "completed", "archived")
    show(settings, shown, (*columns, "cancelled", "latency", "workers", "paused"), empty="")
    if not any(row["workers"] for row in rows):
        click.echo("no worker runs; `inventory worker start` starts one", err=True)


@command.command()
@click.argument("name")
@pass_settings
def inspect(settings: Settings, name: str) -> None:
    """Print all that is known of a queue.

    Examples:
        inventory queue inspect default
        inventory queue inspect default --json
    """
    rows = {row["name"]: row for row in _queues(settings)}
    if name not in rows:
        unknown(name, [*rows], "queue")
    row = rows[name]
    show_one(settings, row if settings.json else _cells(row) | {"slots": row["slots"]})


@command.command()
@click.argument("name")
@pass_settings
def pause(settings: Settings, name: str) -> None:
    """Start no more runs of a queue; those that are active go on. Holds until `resume`.

    Examples:
        inventory queue pause slow
    """
    known = known_queues(settings)
    with steering(settings) as (_, control):
        changed = control(lambda c: c.pause(name, known))
    _say(settings, name, changed, "is paused", "was paused already")


@command.command()
@click.argument("name")
@pass_settings
def resume(settings: Settings, name: str) -> None:
    """Start runs of a queue again.

    Examples:
        inventory queue resume slow
    """
    known = known_queues(settings)
    with steering(settings) as (_, control):
        changed = control(lambda c: c.resume(name, known))
    _say(settings, name, changed, "is open again", "was not paused")


@command.command()
@click.argument("name")
@click.option(
    "--state",
    "states",
    type=click.Choice(DRAINED),
    multiple=True,
    required=True,
    help="Runs in this state; again for more.",
)
@click.option("--dry-run", is_flag=True, help="Only say how many it would be.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_settings
def drain(settings: Settings, name: str, states: tuple[str, ...], dry_run: bool, yes: bool) -> None:
    """Forget the runs of a queue that are in a state. What is active is to be cancelled first.

    Examples:
        inventory queue drain slow --state archived --dry-run
        inventory queue drain slow --state pending --state retry --yes
    """
    known = known_queues(settings)
    with steering(settings) as (_, control):
        total = control(lambda c: c.size(name, states, known))
        if not dry_run and total and not yes:
            counts = [{"task": f"queue {name}", "state": " or ".join(states), "runs": total}]
            confirm(f"{plural(total, 'run')} would be deleted", counts, settings)
        count = 0 if dry_run else control(lambda c: c.drain(name, states, known))
    if settings.json:
        print_json({"queue": name, "dry_run": dry_run, "matched": total, "count": count})
    elif dry_run:
        print(f"{plural(total, 'run')} would be deleted")
    else:
        print(f"{plural(count, 'run')} deleted")


def _queues(settings: Settings) -> list[dict[str, Any]]:
    given = {"known": sorted(known_queues(settings)), "lease": LEASE}
    with settings.database() as dsn, reading(dsn) as read:
        return [overview.queue(row) for row in read(overview.QUEUES, given)]


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    latency = row["latency_seconds"]
    return {
        "queue": row["name"],
        **{state: row[state] for state in STATES},
        "latency": None if latency is None else took(latency),
        "workers": row["workers"],
        "paused": row["is_paused"],
    }


def _say(settings: Settings, name: str, changed: bool, now: str, already: str) -> None:
    if settings.json:
        print_json({"queue": name, "changed": changed})
    else:
        print(f"queue {name} {now if changed else already}")
