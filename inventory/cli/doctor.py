"""`inventory doctor`."""

from collections.abc import Iterable

import click

from inventory.cli.base import Command, Failed, Settings, pass_settings, unknown
from inventory.cli.output import plural, show


@click.command(cls=Command)
@click.option("--source", multiple=True, help="Only this source, such as aws; again for more.")
@pass_settings
def command(settings: Settings, source: tuple[str, ...]) -> None:
    """Try every listing of what is configured, and name the permissions that are missing.

    Reads one page of each listing at most and writes nothing. Exit status 1 if anything fails.

    Examples:
        inventory --config config.yaml doctor
        inventory doctor --source aws
        inventory doctor --json | jq '.[] | select(.works | not)'
    """
    from inventory import doctor
    from inventory.logs import Redaction

    config, catalog = settings.config, settings.catalog
    for key in source:
        if key not in catalog.sources:
            unknown(key, [*catalog.sources], "source")
    enabled = [
        key
        for key in source or catalog.sources
        if getattr(config.source(key), "is_enabled", False) and catalog.sources[key].probe
    ]
    if not enabled:
        raise Failed(
            "no source is enabled, so there is nothing to try; `inventory init` looks for "
            "credentials and writes a configuration"
        )
    checked = doctor.check(config, catalog, sources=enabled, deep=True)
    # What a service said may quote what it was sent.
    redact = Redaction(config.secrets())
    problems = [each.problem and redact(each.problem) for each in checked]
    rows = [
        {
            "source": each.source,
            "scope": each.scope,
            "task": each.task,
            "works": each.works,
            "problem": problem,
        }
        for each, problem in zip(checked, problems, strict=True)
    ]
    show(settings, rows, ("source", "scope", "task", "works", "problem"), empty="Nothing to try.")
    tell_problems(settings, problems)
    failed = sum(not each.works for each in checked)
    if failed:
        raise Failed(f"{plural(failed, 'listing')} of {len(checked)} cannot be read")


def tell_problems(settings: Settings, problems: Iterable[str | None]) -> None:
    """Print each problem in full, once: a table cuts what is long, and the remedy stands last."""
    distinct = [problem for problem in dict.fromkeys(problems) if problem]
    if settings.json or not distinct:
        return
    print("\nProblems:")
    for problem in distinct:
        print(f"  {problem}")
