"""`inventory collect`."""

import time
from typing import TYPE_CHECKING, Any

import click

from inventory.cli.base import Command, Misused, Settings, pass_settings, unknown
from inventory.cli.output import plural, print_json, print_table, took

if TYPE_CHECKING:
    from inventory.catalog import Catalog
    from inventory.cli.collecting import Outcome
    from inventory.config import Config
    from inventory.core.task import Collector

_SHOWN = 10


@click.command(cls=Command)
@click.option(
    "--source", "sources", multiple=True, help="Only this source, such as aws; again for more."
)
@click.option("--task", "tasks", multiple=True, help="Only this collector; again for more.")
@click.option("--confirm-delete", is_flag=True, help="Delete what is gone, however much it is.")
@click.option(
    "--attempts",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How often to try a scope that fails.",
)
@pass_settings
def command(
    settings: Settings,
    sources: tuple[str, ...],
    tasks: tuple[str, ...],
    confirm_delete: bool,
    attempts: int,
) -> None:
    """Read everything that is configured, now, and relate what was found.

    A worker of its own runs what it enqueues, so no other needs to run. Ends with a summary, and
    with status 1 if any part of a source could not be read.

    Examples:
        inventory --config config.yaml collect
        inventory collect --source aws --source g
        inventory collect --task aws:task:collect-vpcs --json
        inventory collect --task g:task:collect-shoots --confirm-delete
    """
    from inventory.cli import collecting, serving
    from inventory.db import migrate as migrations

    catalog = settings.catalog
    chosen = choose(catalog, settings.config, sources, tasks)
    began = time.monotonic()
    with settings.servers() as config, serving.traced("collect", config):
        dsn = str(config.database.dsn)
        if settings.config.database.dsn is None:
            # It is ours alone, and there may be nothing in it yet.
            migrations.upgrade(dsn, config.database.migration_dir)
        else:
            migrations.require_current(dsn, config.database.migration_dir)
        outcome = collecting.collect(
            config,
            catalog,
            chosen,
            confirm_delete=confirm_delete,
            attempts=attempts,
            quiet=not settings.debug,
        )
    show(settings, outcome, time.monotonic() - began)
    if not outcome.is_complete:
        raise click.exceptions.Exit(1)


def choose(
    catalog: "Catalog", config: "Config", sources: tuple[str, ...], tasks: tuple[str, ...]
) -> "list[Collector]":
    """The collectors that were asked for, of sources that are enabled."""
    from inventory.config import current_name
    from inventory.core.task import Collector

    for source in sources:
        if source not in catalog.sources:
            unknown(source, [*catalog.sources], "source")
    named = [catalog.task(current_name(task)) for task in tasks]
    for task in named:
        if not isinstance(task, Collector):
            raise Misused(
                f"{task.name} is no collector; `inventory task enqueue {task.name}` runs it"
            )
    every = [task for task in catalog.collectors() if not named or task in named]
    every = [task for task in every if not sources or task.source.key in sources]
    enabled = [task for task in every if is_enabled(config, task.source.key)]
    if not enabled:
        asked = ", ".join([*sources, *tasks]) or "any source"
        raise Misused(
            f"nothing to collect: {asked} is not enabled; set `is_enabled: true` in the configuration "
            "(see examples/config.yaml); `inventory init` does, and `inventory demo` simulates clouds"
        )
    return enabled


def is_enabled(config: "Config", source: str) -> bool:
    """Sources of other distributions have no section and decide for themselves."""
    section = config.source(source)
    return section is None or bool(getattr(section, "is_enabled", True))


def show(settings: Settings, outcome: "Outcome", seconds: float) -> None:
    """Print what was done: a line for each collector, then links, then what failed and why."""
    rows = [each.rows for each in outcome.collected]
    links = outcome.links
    failures = [
        {"collector": each.task, "scope": scope, "reason": reason}
        for each in outcome.collected
        for scope, reason in each.failures
    ]
    if settings.json:
        print_json(
            {
                "complete": outcome.is_complete,
                "collectors": rows,
                "links": links,
                "failures": failures,
                "link_error": outcome.link_error,
                "leaks": outcome.leaks,
                "leak_error": outcome.leak_error,
                "seconds": round(seconds, 3),
            }
        )
        return
    print_table(rows, ("collector", "scopes", "complete", "failed", "seen", "changed", "deleted"))
    print()
    if links:
        shown = [link for link in links if link["found"] or link["removed"] or link["error"]]
        if shown:
            print_table(shown, ("link", "found", "added", "removed"))
            print()
    _show_leaks(outcome)
    _show_failures(outcome, failures)
    print(_sum(rows, links, seconds))


def _show_leaks(outcome: "Outcome") -> None:
    if not outcome.leaks:
        return
    found = sum(rule["found"] for rule in outcome.leaks)
    silent = [rule for rule in outcome.leaks if rule["status"] != "answered"]
    print(
        f"{plural(found, 'leak')} by {plural(len(outcome.leaks), 'rule')}; see `inventory leak list`"
    )
    if silent:
        print(
            f"{plural(len(silent), 'rule')} could not tell, or not of all; `inventory leak rules` says why"
        )
    print()


def _show_failures(outcome: "Outcome", failures: list[dict[str, Any]]) -> None:
    for reason, places in _by_reason(failures).items():
        if len(places) == 1:
            print(f"failed: {places[0]}: {reason}")
            continue
        print(f"failed {len(places)} times: {reason}")
        for place in places[:_SHOWN]:
            print(f"  {place}")
        if len(places) > _SHOWN:
            print(f"  and {len(places) - _SHOWN} more; `--json` lists them all")
    for link in outcome.links:
        if link["error"]:
            print(f"failed: {link['link']}: {link['error']}")
    if outcome.link_error:
        print(f"failed: common:task:link-all: {outcome.link_error}")
    if outcome.leak_error:
        print(f"failed: common:task:find-leaks: {outcome.leak_error}")
    if not outcome.is_complete:
        print("Nothing was deleted where reading failed.\n")


def _by_reason(failures: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Where each reason was met; one outage is told once, and not by every collector."""
    found: dict[str, list[str]] = {}
    for failure in failures:
        place = f"{failure['collector']} {failure['scope']}"
        found.setdefault(failure["reason"], []).append(place)
    return found


def _sum(rows: list[dict[str, Any]], links: list[dict[str, Any]], seconds: float) -> str:
    total = {
        key: sum(row[key] for row in rows)
        for key in ("scopes", "failed", "seen", "changed", "deleted")
    }
    edges = sum(link["found"] for link in links)
    return (
        f"{plural(total['seen'], 'row')} in {plural(total['scopes'], 'scope')}"
        f" ({total['failed']} failed), {total['changed']} changed, {total['deleted']} deleted,"
        f" {plural(edges, 'edge')}, {took(seconds)}"
    )
