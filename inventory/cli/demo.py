"""`inventory demo`."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inventory.cli.base import Command, Failed, Settings, pass_settings
from inventory.cli.output import plural, took
from inventory.errors import ConfigError

if TYPE_CHECKING:
    from inventory.catalog import Catalog
    from inventory.config import Config

_LEFT_BEHIND = (
    "{ awsVpcs(where: {isDefault: {ne: true}, gardenerShoots: {none: {}}}, first: 5)"
    " { totalCount nodes { vpcId name regionName } } }"
)


@click.command(cls=Command)
@click.option("--shoots", type=click.IntRange(1), help="How many shoots. [default: 200]")
@click.option("--seed", type=int, help="Another seed, other clouds. [default: 1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Of the API; a taken one moves on.")
@click.option("--exit", "leave", is_flag=True, help="Stop after collecting, instead of serving on.")
@pass_settings
def command(
    settings: Settings, shoots: int | None, seed: int | None, port: int | None, leave: bool
) -> None:
    """Simulate clouds, collect and link them, and serve the graph; no account needed.

    Everything is kept under INVENTORY_HOME/demo, and used again the next time. Ctrl-C stops all.
    Databases and sources that are configured are left alone.

    Examples:
        inventory demo
        inventory demo --shoots 5000
        INVENTORY_HOME=./data inventory demo --port 9000
    """
    from inventory import logs
    from inventory.cli import up
    from inventory.config import load

    began = time.monotonic()
    environ = own_environment(os.environ)
    plain = load(settings.paths, environ)
    home = plain.home / "demo"
    shoots = plain.simulator.shoots if shoots is None else shoots
    seed = plain.simulator.seed if seed is None else seed
    with simulator(home, shoots, seed) as file:
        overrides: dict[str, Any] = {"home": str(home), "api.port": port}
        config = load([file], environ, settings.overrides | overrides)
        if not settings.debug:
            # What goes wrong is told at the end; the rest is of interest to operators.
            quiet = config.logging.model_copy(update={"level": "error"})
            logs.set_up(quiet, secrets=config.secrets())
        failures: list[BaseException] = []

        def ready(running: "Config", url: str) -> None:
            threading.Thread(
                target=_show,
                args=(settings.catalog, running, url, began, leave, failures),
                daemon=True,
            ).start()

        up.run(settings, config, ready=ready)
    if failures:
        raise failures[0]


def own_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what points to real servers and clouds: simulated rows are not for them."""
    kept = ("INVENTORY_HOME", "INVENTORY_API_", "INVENTORY_SIMULATOR_", "INVENTORY_WORKER_")
    others = ("INVENTORY_", "DATABASE_URI", "REDIS_ENDPOINT")
    return {
        name: value
        for name, value in environ.items()
        if name.startswith(kept) or not name.startswith(others)
    }


@contextlib.contextmanager
def simulator(home: Path, shoots: int, seed: int) -> Iterator[Path]:
    """Run the simulator in a process of its own; yields the configuration that it wrote."""
    from inventory.cli.up import say

    try:
        home.mkdir(parents=True, exist_ok=True)
        file = home / "config.yaml"
        file.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{home}: {(error.strerror or str(error)).lower()}; set INVENTORY_HOME to a folder that can be written"
        ) from error
    arguments = [
        *("simulate", "--shoots", str(shoots), "--seed", str(seed)),
        *("--write-config", str(file), "--unmanaged-seed", "kubeconfig", "--until-eof"),
    ]
    process = subprocess.Popen(  # noqa: S603  # ourselves
        [sys.executable, "-m", "inventory", *arguments],
        stdout=subprocess.PIPE,
        # It ends when this closes, even if we are killed.
        stdin=subprocess.PIPE,
        text=True,
        # Ctrl-C is for us; we end the simulator when everything else has ended.
        start_new_session=True,
        env=own_environment(os.environ),
    )
    try:
        for line in process.stdout or ():
            if line.startswith("configuration:"):
                break
            say("simulator", line.strip().removeprefix("simulator: "))
        else:
            raise Failed("the simulator did not start")
        yield file
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _show(
    catalog: "Catalog",
    config: "Config",
    url: str,
    began: float,
    leave: bool,
    failures: list[BaseException],
) -> None:
    """Collect through the worker that is up, then say what there is to see."""
    import signal

    try:
        summary = _collect(catalog, config)
        _tell(summary, url, time.monotonic() - began)
    except BaseException as error:  # noqa: BLE001  # raised again by the command
        failures.append(error)
        leave = True
    if leave:
        os.kill(os.getpid(), signal.SIGTERM)


def _collect(catalog: "Catalog", config: "Config") -> dict[str, Any]:
    from inventory.cli import collecting
    from inventory.cli.collect import choose
    from inventory.db import engine
    from inventory.runtime.queue import BlockingQueue

    with (
        BlockingQueue.connected(config, catalog) as queue,
        engine.connect(str(config.database.dsn), application="inventory-demo") as db,
    ):
        chosen = choose(catalog, config, (), ())
        # Whatever an earlier demo left of other clouds goes.
        payload = {"confirm_delete": True}
        outcome = collecting.follow(db, queue, chosen, wait=time.sleep, payload=payload)
    edges = sum(link["found"] for link in outcome.links)
    failed = [
        (each.task, scope, reason) for each in outcome.collected for scope, reason in each.failures
    ]
    failed += [("link", link["link"], link["error"]) for link in outcome.links if link["error"]]
    if outcome.link_error and not failed:
        failed.append(("link", "all", outcome.link_error))
    counted = _counted(catalog, str(config.database.dsn))
    return {**counted, "edges": edges, "failed": failed}


def _counted(catalog: "Catalog", dsn: str) -> dict[str, int]:
    import sqlalchemy as sa

    from inventory.cli import rows

    vpc, shoot = (catalog.models[name].__table__ for name in ("aws:model:vpc", "g:model:shoot"))
    nexus = catalog.links["n_aws_vpc_to_g_shoot"]
    owned = sa.exists().where(nexus.table.c[nexus.columns[0]] == vpc.c.id)
    count = sa.func.count()
    selected = {
        "vpcs": sa.select(count).select_from(vpc),
        "shoots": sa.select(count).select_from(shoot),
        # AWS makes a default VPC in each region; nobody leaves it behind.
        "left": sa.select(count).select_from(vpc).where(~owned, vpc.c.is_default.is_not(True)),
    }
    statement = sa.select(*(each.scalar_subquery().label(name) for name, each in selected.items()))
    return rows.run(dsn, statement)[0]


def _tell(found: dict[str, Any], url: str, seconds: float) -> None:
    query = json.dumps({"query": _LEFT_BEHIND})
    lines = [
        "",
        f"Found {plural(found['vpcs'], 'VPC')}, {plural(found['shoots'], 'shoot')} and"
        f" {plural(found['edges'], 'edge')} in {took(seconds)};"
        f" {plural(found['left'], 'VPC')} without a shoot.",
    ]
    lines += [f"Failed: {task} {scope}: {reason}" for task, scope, reason in found["failed"]]
    lines += [
        "",
        f"Explore:   {url}",
        f"Or ask:    curl -s {url}/graphql -H 'content-type: application/json' -d '{query}'",
        "",
        "Ctrl-C stops everything; run again, it goes on with its data.",
    ]
    print("\n".join(lines), flush=True)
