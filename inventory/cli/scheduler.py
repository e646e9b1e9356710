"""`inventory scheduler`."""

import sys

import click

from inventory.cli.base import Group, Settings, pass_settings
from inventory.cli.output import plural


@click.group(cls=Group)
def command() -> None:
    """Schedulers, which enqueue what is due; several do it once.

    Examples:
        inventory scheduler start
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

    def told(jobs: int) -> None:
        print(f"scheduler  {plural(jobs, 'job')}", file=sys.stderr, flush=True)

    with settings.servers() as config:
        migrations.require_current(str(config.database.dsn), config.database.migration_dir)
        with serving.monitor("scheduler", config.scheduler.metrics) as monitor:
            part = together.scheduler(config, settings.catalog, told, monitor=monitor)
            together.run({"scheduler": part})
