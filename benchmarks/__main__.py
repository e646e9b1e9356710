"""`make bench`: see --help and README.md."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import signal
import sys
import time
from collections.abc import Callable

import click

from benchmarks import (
    beside_postgraphile,
    collection,
    exports,
    ground,
    paths,
    queries,
    restricted,
    starts,
    tasks,
)

PARTS: dict[str, Callable[[ground.Ground, int], None]] = {
    "starts": starts.run,
    "queries": queries.run,
    "postgraphile": beside_postgraphile.run,
    "restricted": restricted.run,
    "collection": collection.run,
    "paths": paths.run,
    # The last, since it makes one table large.
    "exports": exports.run,
}
WITHOUT_GROUND: dict[str, Callable[[], None]] = {"tasks": tasks.run}
"""What brings its own ground, and does not depend on a size."""
ROUNDS = {
    "starts": 3,
    "queries": 25,
    "postgraphile": 5,
    "restricted": 15,
    "collection": 2,
    "paths": 40,
    "exports": 3,
}
VERSIONS = ("psycopg", "asyncpg", "graphql-core", "strawberry-graphql", "uvicorn", "botocore")


@click.command()
@click.option(
    "--shoots",
    multiple=True,
    type=click.IntRange(10, 100_000),
    help="Size of the landscape; again for more. [default: 1000 and 10000]",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([*PARTS, *WITHOUT_GROUND]),
    help="Measure this alone.",
)
@click.option("--rounds", type=click.IntRange(1, 200), help="More rounds, less noise.")
def main(shoots: tuple[int, ...], only: tuple[str, ...], rounds: int | None) -> None:
    """Measure beside limits that are measured in the same run, and print ratios.

    Starts its own PostgreSQL, Redis and simulated clouds, and ends them. Nothing fails for being
    slow: goals are printed with what was found.

    \b
    Examples:
      make bench
      make bench ARGS="--shoots 1000 --only queries --rounds 31"
    """
    # An orderly end, so that nothing that was started stays.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(_machine())
    for name, alone in WITHOUT_GROUND.items():
        if name in (only or WITHOUT_GROUND):
            alone()
    sizes = shoots or (1000, 10_000)
    for size in sizes if not only or set(only) & PARTS.keys() else ():
        began = time.monotonic()
        with ground.ground(size) as found:
            stored = ground.fill(found)
            print(f"\n## {size} shoots: {stored.seen} rows, ready in {_since(began)}")
            for name, measure in PARTS.items():
                # How processes start does not depend on the size.
                if name in (only or PARTS) and (name != "starts" or size == sizes[0]):
                    measure(found, rounds or ROUNDS[name])
        print(f"{size} shoots took {_since(began)}", flush=True)


def _since(began: float) -> str:
    return f"{time.monotonic() - began:.0f} s"


def _machine() -> str:
    found = []
    for name in VERSIONS:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"no {name}")
    load = f"load {os.getloadavg()[0]:.1f}"
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, {load}; {', '.join(found)}"


if __name__ == "__main__":
    main()
