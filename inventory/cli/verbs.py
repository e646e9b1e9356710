"""`inventory task cancel`, `retry`, `archive` and `delete`: by ids, or by what runs have in common."""

import sys
from collections.abc import Iterator
from typing import Any

import click

from inventory.cli.base import Command, Misused, Settings, pass_settings
from inventory.cli.kinds import RunIdType
from inventory.cli.ledger import choice_of, choosing, steering
from inventory.cli.output import plural, print_json, print_table
from inventory.runtime.choice import Choice

DOC = {
    "cancel": """Cancel runs. One that is active is asked to stop, and is active until it has.

    Give ids, or options that choose runs; with options, the number of runs is shown first and
    confirmed.

    Examples:
        inventory task cancel 5b1a5e6a
        inventory task cancel --queue slow --state pending --dry-run
        inventory task cancel --task 'aws:task:*' --before 1h --yes
        inventory task cancel --parent 5b1a5e6a --yes --json
    """,
    "retry": """Run again at once what failed, was cancelled, is done or waits for its time.

    Give ids, or options that choose runs; with options, the number of runs is shown first and
    confirmed.

    Examples:
        inventory task retry 5b1a5e6a
        inventory task retry --state archived --since 1d --dry-run
        inventory task retry --state archived --error SOURCE_ACCESS_DENIED --yes
    """,
    "archive": """Put runs aside that are not active; they stay readable and can be retried.

    Give ids, or options that choose runs; with options, the number of runs is shown first and
    confirmed.

    Examples:
        inventory task archive 5b1a5e6a
        inventory task archive --state retry --task g:task:collect-machines --yes
    """,
    "delete": """Forget runs that are not active.

    Give ids, or options that choose runs; with options, the number of runs is shown first and
    confirmed.

    Examples:
        inventory task delete 5b1a5e6a
        inventory task delete --state completed --before 12h --dry-run
        inventory task delete --state archived --queue slow --yes
    """,
}


def commands() -> Iterator[click.Command]:
    """The commands, which differ in their verb alone."""
    for verb, doc in DOC.items():
        yield _command(verb, doc)


def _command(verb: str, doc: str) -> click.Command:
    @click.command(verb, cls=Command, help=doc)
    @click.argument("ids", nargs=-1, metavar="[ID]...", type=RunIdType())
    @choosing()
    @click.option("--all", "everything", is_flag=True, help="All runs that this can be done to.")
    @click.option("--dry-run", is_flag=True, help="Only say which runs it would be.")
    @click.option("--yes", "-y", is_flag=True, help="Do not ask.")
    @pass_settings
    def run(
        settings: Settings,
        /,
        ids: tuple[str, ...],
        everything: bool,
        dry_run: bool,
        yes: bool,
        **chosen: Any,
    ) -> None:
        is_chosen = any(chosen.values())
        if ids and (is_chosen or everything):
            raise Misused("give ids, or options that choose runs, not both")
        if not ids and not is_chosen and not everything:
            raise Misused(
                f"which runs? Give their ids, or options such as --state and --task, or --all; "
                f"see `inventory task {verb} --help`"
            )
        do(settings, verb, ids, chosen, dry_run=dry_run, yes=yes)

    return run


def do(
    settings: Settings,
    verb: str,
    ids: tuple[str, ...],
    chosen: dict[str, Any],
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Choose, ask, do, and tell."""
    from inventory.runtime.control import VERBS, Done

    done = VERBS[verb].done
    with steering(settings) as (read, control):
        if ids:
            wanted = [read.run_id(text) for text in ids]
            choice = Choice(ids=wanted)
        else:
            choice = choice_of(read, **chosen)
        if dry_run or not ids:
            counts = control(lambda c: c.count(verb, choice))
            total = sum(row["runs"] for row in counts)
        if dry_run:
            _tell_dry(settings, done, counts, total)
            return
        if not ids:
            if total and not yes:
                confirm(f"{plural(total, 'run')} would be {done}", counts, settings)
            wanted = control(lambda c: c.find(verb, choice))
        outcome: Done = control(lambda c: c.apply(verb, wanted))
    tell(settings, done, outcome.states, outcome.refused)


def confirm(sentence: str, counts: list[dict[str, Any]], settings: Settings) -> None:
    """Show what would be touched and ask. Without anyone to ask, refuse."""
    if settings.json or not sys.stdin.isatty():
        raise Misused(f"{sentence}; add --yes to do it, or --dry-run to see which")
    print_table(counts, ("task", "state", "runs"))
    if not click.confirm(f"{sentence}. Go on?", err=True):
        raise click.Abort


def tell(settings: Settings, done: str, states: dict[Any, str], refused: dict[Any, str]) -> None:
    """Say how many, and which not and why; status 1 if there was one."""
    if settings.json:
        reasons = [{"id": str(each), "reason": reason} for each, reason in refused.items()]
        print_json(
            {"count": len(states), "runs": {str(k): v for k, v in states.items()}, "not": reasons}
        )
    else:
        asked = sum(state == "active" for state in states.values())
        still = f"; {asked} of them are active, and were asked to stop" if asked else ""
        print(f"{plural(len(states), 'run')} {done}{still}")
        for run_id, reason in refused.items():
            click.echo(f"{run_id} was not {done}: {reason}", err=True)
    if refused:
        raise click.exceptions.Exit(1)


def _tell_dry(settings: Settings, done: str, counts: list[dict[str, Any]], total: int) -> None:
    if settings.json:
        print_json({"dry_run": True, "count": total, "by_task": counts})
        return
    if counts:
        print_table(counts, ("task", "state", "runs"))
    print(f"{plural(total, 'run')} would be {done}")
