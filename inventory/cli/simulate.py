"""`inventory simulate`."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

import click

from inventory.cli.base import Command, Misused, Settings, pass_settings


@click.command(cls=Command)
@click.option("--shoots", type=click.IntRange(0), help="How many shoots. [default: 200]")
@click.option("--seed", type=int, help="The same seed and size give the same clouds. [default: 1]")
@click.option("--host", help="The address to listen at. [default: 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="A taken port moves on; 0 is any free one. [default: 8765]",
)
@click.option(
    "--write-config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a configuration for these clouds, and its kubeconfigs beside it.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME=VALUE",
    help="What goes wrong, such as latency_ms=50 or throttle_every=10; again for more.",
)
@click.option(
    "--unmanaged-seed",
    "unmanaged",
    type=click.Choice(["unreachable", "kubeconfig", "excluded", "soil"]),
    default="unreachable",
    show_default=True,
    help="What the configuration says of the seed that nobody issues a kubeconfig for.",
)
@click.option("--until-eof", is_flag=True, hidden=True, help="Stop when standard input ends.")
@pass_settings
def command(
    settings: Settings,
    /,
    shoots: int | None,
    seed: int | None,
    host: str | None,
    port: int | None,
    write_config: Path | None,
    faults: tuple[str, ...],
    unmanaged: str,
    until_eof: bool,
) -> None:
    """Serve simulated clouds, of any size, as their SDKs know them.

    The answers are a function of size and seed; leaks are planted, and /_truth tells where.

    Examples:
        inventory simulate --shoots 1000 --write-config sim.yaml
        inventory --config sim.yaml collect
        inventory simulate --shoots 100000 --seed 7 --port 0
        inventory simulate --fault latency_ms=50 --fault throttle_every=10
        curl -s http://127.0.0.1:8765/_truth
        curl -s -X POST http://127.0.0.1:8765/_tick      some time passes
    """
    from inventory.simulator import Faults, run

    defaults = settings.config.simulator
    if until_eof:
        _stop_at_eof()
    try:
        wanted = Faults.of(read_faults(faults)) if faults else None
    except (TypeError, ValueError) as error:
        raise Misused(f"--fault: {error}") from error
    try:
        run(
            shoots=defaults.shoots if shoots is None else shoots,
            seed=defaults.seed if seed is None else seed,
            host=host or defaults.host,
            port=defaults.port if port is None else port,
            write_config=write_config,
            faults=wanted,
            unmanaged=unmanaged,
            echo=_echo,
        )
    except OSError as error:
        raise Misused(
            f"cannot listen at {host or defaults.host}: {error.strerror or error}"
        ) from error


def read_faults(given: tuple[str, ...]) -> dict[str, Any]:
    """`latency_ms=50` → a number; `failing_seeds=a,b` → a list."""
    from inventory.config.files import plain, read_text

    found = {}
    for text in given:
        name, mark, value = text.partition("=")
        if not mark:
            raise ValueError(f"NAME=VALUE is expected, not {text!r}")
        found[name] = value.split(",") if "," in value else plain(read_text(value, name))
    return found


def _stop_at_eof() -> None:
    """Stop with the process that started us, however it ends."""

    def watch() -> None:
        # Not `sys.stdin`, whose lock would be missed when the interpreter ends.
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _echo(text: str) -> None:
    print(text, flush=True)
