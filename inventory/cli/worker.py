"""`inventory worker`."""

import sys
from datetime import timedelta

import click

from inventory.cli.base import Group, Misused, Settings, pass_settings
from inventory.cli.kinds import DurationType
from inventory.cli.output import ago, print_json, show

LEASE = 30.0
NONE = "no worker runs; `inventory worker start` starts one, and `inventory up` has one"


@click.group(cls=Group)
def command() -> None:
    """Workers, which run what is enqueued; start as many as you like.

    Examples:
        inventory worker start
        inventory worker start --queue slow --concurrency 2
        inventory worker list
        inventory worker ping
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
    from inventory.runtime import precautions

    weights = _weights(queues) or dict(settings.config.worker.queues)
    slots = concurrency or settings.config.worker.concurrency

    def told() -> None:
        print(
            f"worker  {slots} runs at a time from {', '.join(weights)}", file=sys.stderr, flush=True
        )

    with settings.servers() as config:
        migrations.require_current(str(config.database.dsn), config.database.migration_dir)
        precautions.warn(config)
        with (
            serving.traced("worker", config),
            serving.monitor("worker", config.worker.metrics) as monitor,
        ):
            part = together.worker(
                config,
                settings.catalog,
                told,
                queues=weights,
                concurrency=slots,
                monitor=monitor,
            )
            together.run({"worker": part})


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Those as well that were stopped.")
@pass_settings
def list_workers(settings: Settings, everything: bool) -> None:
    """List the workers, as they last reported. One that is lost did not say goodbye.

    Examples:
        inventory worker list
        inventory worker list --all --json
    """
    from inventory.cli.ledger import reading
    from inventory.runtime import overview

    with settings.database() as dsn, reading(dsn) as read:
        found = read(overview.WORKERS, {"lease": LEASE})
    found = [row for row in found if everything or row["status"] != "stopped"]
    if settings.json:
        print_json(found)
        return
    rows = [
        {
            "worker": row["name"],
            "status": row["status"],
            "active": f"{row['active']}/{row['concurrency']}",
            "queues": ", ".join(f"{name}={weight}" for name, weight in row["queues"].items()),
            "started": ago(row["started_at"]),
            "seen": ago(row["seen_at"]),
        }
        for row in found
    ]
    columns = ("worker", "status", "active", "queues", "started", "seen")
    show(settings, rows, columns, empty=NONE)


@command.command()
@click.argument("names", nargs=-1, metavar="[WORKER]...")
@click.option("--local", is_flag=True, help="Only the workers of this machine.")
@click.option(
    "--timeout",
    type=DurationType(),
    default="2s",
    show_default=True,
    help="How long to wait for answers.",
)
@pass_settings
def ping(settings: Settings, names: tuple[str, ...], local: bool, timeout: timedelta) -> None:
    """Ask each worker process whether it is there: a round trip through Redis.

    WORKER is a name of `worker list` or how it begins, such as the host. The status is 1 when
    nobody answers, or when one that was named does not.

    Examples:
        inventory worker ping
        inventory worker ping --local
        inventory worker ping worker-7 --timeout 5s --json
    """
    import socket

    from inventory.cli.ledger import steering
    from inventory.runtime import overview
    from inventory.runtime.ping import ping as ask

    with steering(settings) as (read, control):
        known = [
            row["name"]
            for row in read(overview.WORKERS, {"lease": LEASE})
            if row["status"] in ("active", "stopping")
        ]
        host = socket.gethostname()

        def wanted(worker: str) -> bool:
            if local and worker.split("/", maxsplit=1)[0] != host:
                return False
            return not names or any(worker.startswith(name) for name in names)

        expected = [name for name in known if wanted(name)]
        answers = control(lambda c: ask(c.queue.broker, expected, wait=timeout.total_seconds()))
    answers = {name: seconds for name, seconds in answers.items() if wanted(name)}
    missing = [name for name in names if not any(a.startswith(name) for a in answers)]
    rows = [
        {"worker": name, "answer": "OK", "milliseconds": round(seconds * 1000, 1)}
        for name, seconds in sorted(answers.items())
    ]
    rows += [
        {"worker": name, "answer": "none", "milliseconds": None}
        for name in [*(n for n in expected if n not in answers), *missing]
    ]
    show(settings, rows, ("worker", "answer", "milliseconds"), empty=f"nobody answers; {NONE}")
    if missing or not answers:
        raise click.exceptions.Exit(1)


def _weights(given: tuple[str, ...]) -> dict[str, int]:
    weights = {}
    for text in given:
        name, mark, weight = text.partition("=")
        if not name or (mark and not (weight.isdigit() and int(weight))):
            raise Misused(f"--queue: NAME or NAME=WEIGHT is expected, not {text!r}")
        weights[name] = int(weight) if mark else 1
    return weights
