"""`inventory up`."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from inventory.cli.base import Command, Settings, connected, pass_settings
from inventory.cli.output import plural, took

if TYPE_CHECKING:
    import socket

    from inventory.catalog import Catalog
    from inventory.config import Config

Say = Callable[[str, str], None]


@click.command(cls=Command)
@click.option("--host", help="The address of the API. [default: api.host, 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Its port; a taken one moves on. [default: api.port, 8080]",
)
@click.option("--insecure", is_flag=True, help="Serve other machines without asking who they are.")
@pass_settings
def command(settings: Settings, host: str | None, port: int | None, insecure: bool) -> None:
    """Run everything: database, queue, API, worker and scheduler, in one process.

    Servers that are not configured are started under INVENTORY_HOME; the database is migrated.
    Ctrl-C stops all that was started; the data stays.

    Examples:
        inventory up
        inventory --config config.yaml up
        INVENTORY_HOME=./data inventory up --port 8081
        inventory --database-uri postgresql://inventory@localhost/inventory up
    """
    settings.overrides |= {"api.host": host, "api.port": port, "api.insecure": insecure or None}
    run(settings, settings.config, ready=lambda config, url: None)


def run(settings: Settings, config: "Config", *, ready: "Callable[[Config, str], None]") -> None:
    """Bring everything up, call `ready` with what runs and its address, and serve until a signal."""
    from inventory.cli import serving, together

    began = time.monotonic()
    serving.check_exposure(config.api)
    from inventory.runtime import precautions
    from inventory.telemetry.monitor import Monitor
    from inventory.web.app import create_app

    catalog = settings.catalog
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(_port(config, say))
        running = stack.enter_context(_servers(config, say))
        _migrate(config, running, say)
        precautions.warn(running)
        url = serving.url(listening)

        def all_ready() -> None:
            worker = running.worker
            say("worker", f"{worker.concurrency} runs at a time from {', '.join(worker.queues)}")
            say("scheduler", plural(planned[0], "job"))
            say("API", url)
            if not _is_any_enabled(catalog, config):
                say(
                    "sources",
                    "none is enabled, so nothing is collected; `inventory init` configures those that "
                    "this machine has credentials for, `inventory demo` simulates some",
                )
            say("ready", f"after {took(time.monotonic() - began)}; Ctrl-C stops everything")
            ready(running, url)

        readiness = together.Readiness(3, all_ready)
        planned: list[int] = []

        def scheduler_ready(jobs: int) -> None:
            planned.append(jobs)
            readiness()

        # One process, so one place for the figures of all three: that of the API.
        stack.enter_context(serving.traced("up", config))
        monitor = stack.enter_context(serving.monitor("up", config.api.metrics))
        parts = Monitor(monitor.meters)
        app = create_app(running, catalog, monitor)
        together.run(
            {
                "API": together.api(app, listening, readiness),
                "worker": together.worker(running, catalog, readiness, monitor=parts),
                "scheduler": together.scheduler(running, catalog, scheduler_ready, monitor=parts),
            }
        )
    # The servers took their time as well.
    say("stopped", "everything that was started")


def say(what: str, text: str) -> None:
    """Tell the one who watches; standard output stays free for results."""
    print(f"{what:<10} {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _port(config: "Config", say: Say) -> "Iterator[socket.socket]":
    from inventory.cli import serving

    with serving.listen(config.api.host, config.api.port) as listening:
        port = listening.getsockname()[1]
        if config.api.port not in (0, port):
            say("API", f"port {config.api.port} is taken, so {port} it is")
        yield listening


@contextlib.contextmanager
def _servers(config: "Config", say: Say) -> "Iterator[Config]":
    from inventory.config import mask
    from inventory.db import engine

    own = [
        name
        for name, given in (("PostgreSQL", config.database.dsn), ("Redis", config.redis.endpoint))
        if given is None
    ]
    if own:
        say("servers", f"{' and '.join(own)} under {config.home}")
    with connected(config) as running:
        if config.database.dsn:
            say("PostgreSQL", engine.address(str(running.database.dsn)))
        if config.redis.endpoint:
            say("Redis", mask(str(running.redis.endpoint)))
        yield running


def _is_any_enabled(catalog: "Catalog", config: "Config") -> bool:
    from inventory.cli.collect import is_enabled

    return any(is_enabled(config, key) for key in catalog.sources if catalog.collectors(key))


def _migrate(given: "Config", config: "Config", say: Say) -> None:
    from inventory.db import migrate as migrations
    from inventory.db.revisions import OtherVersion

    try:
        applied = migrations.upgrade(str(config.database.dsn), config.database.migration_dir)
    except OtherVersion as error:
        if given.database.dsn is not None:
            raise
        raise OtherVersion(
            f"{error}. Or move {given.home} away (what is in it was collected, and can be again), or "
            "set INVENTORY_HOME to another folder"
        ) from error
    say("migrations", f"{len(applied)} applied" if applied else "up to date")
