"""Workers and schedulers as processes of their own: until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping

from inventory.catalog import Catalog
from inventory.config import Config
from inventory.runtime.timing import Timing


def run_worker(
    config: Config,
    catalog: Catalog,
    *,
    queues: Mapping[str, int] | None = None,
    concurrency: int | None = None,
    timing: Timing | None = None,
) -> None:
    """Be a worker. Ends the process at once if a thread hangs in a call that nobody can end."""
    from inventory.runtime.worker import work

    async def main() -> bool:
        stop = stop_on_signals()
        return await work(
            config, catalog, stop=stop, queues=queues, concurrency=concurrency, timing=timing
        )

    if not asyncio.run(main()):
        # Their runs were handed back; waiting for the threads would only keep the process.
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def run_scheduler(config: Config, catalog: Catalog) -> None:
    """Be a scheduler. Raises ConfigError for a job that cannot work."""
    from inventory.runtime.scheduler import schedule

    async def main() -> None:
        await schedule(config, catalog, stop=stop_on_signals())

    asyncio.run(main())


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; a second signal ends the process as usual."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def heed(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, heed, number)
    return stop
