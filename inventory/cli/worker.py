"""`inventory worker`."""

import sys

import click

from inventory.cli.base import Group, Misused, Settings, pass_settings


@click.group(cls=Group)
def command() -> None:
    """Workers, which run what is enqueued; start as many as you like.

    Examples:
        inventory worker start
        inventory worker start --queue slow --concurrency 2
    """


@command.command()
@click.option(
    "--concurrency", type=click.IntRange(1), help="Runs at a time. [default: worker.concurrency]"
)
@click.option(
    "--queue",
    "queues",
    multiple=True,
    metavar="NAME[=WEIGHT]",
    help="A queue to take from; again for more. [default: worker.queues]",
)
@pass_settings
def start(settings: Settings, concurrency: int | None, queues: tuple[str, ...]) -> None:
    """Work until SIGTERM or Ctrl-C; then finish what is under way, or hand it back.

    Examples:
        inventory --config config.yaml worker start
        inventory worker start --concurrency 20
        inventory worker start --queue critical=6 --queue default=3
    """
    from inventory.cli import serving, together
    from inventory.db import migrate as migrations

    weights = _weights(queues) or dict(settings.config.worker.queues)
    slots = concurrency or settings.config.worker.concurrency

    def told() -> None:
        print(
            f"worker  {slots} runs at a time from {', '.join(weights)}", file=sys.stderr, flush=True
        )

    with settings.servers() as config:
        migrations.require_current(str(config.database.dsn), config.database.migration_dir)
        with serving.monitor("worker", config.worker.metrics) as monitor:
            part = together.worker(
                config,
                settings.catalog,
                told,
                queues=weights,
                concurrency=slots,
                monitor=monitor,
            )
            together.run({"worker": part})


def _weights(given: tuple[str, ...]) -> dict[str, int]:
    weights = {}
    for text in given:
        name, mark, weight = text.partition("=")
        if not name or (mark and not (weight.isdigit() and int(weight))):
            raise Misused(f"--queue: NAME or NAME=WEIGHT is expected, not {text!r}")
        weights[name] = int(weight) if mark else 1
    return weights
