"""Starting the simulator: in the foreground for people, in a thread for tests."""

from __future__ import annotations

import asyncio
import errno
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from inventory.simulator.config import write_configuration
from inventory.simulator.faults import Faults
from inventory.simulator.landscape import Landscape
from inventory.simulator.server import Simulator, listen
from inventory.simulator.ticking import Ticked

T = TypeVar("T")

DEFAULT_PORT = 8765
PORTS_TO_TRY = 50


@dataclass(frozen=True, slots=True)
class Running:
    """A simulator that runs in a thread of this process."""

    url: str
    landscape: Landscape
    simulator: Simulator
    loop: asyncio.AbstractEventLoop

    def config(self, path: str | Path, *, unmanaged: str = "unreachable") -> dict[str, Any]:
        """Write a full inventory configuration to a file, or into a directory, and return it."""
        return write_configuration(path, self.url, self.landscape, unmanaged=unmanaged)

    def truth(
        self,
        *,
        ids: bool | None = None,
        excluded_seeds: Iterable[str] = (),
        excluded_regions: Iterable[str] = (),
        unmanaged_reachable: bool = False,
    ) -> dict[str, Any]:
        """The answer key, as `GET /_truth` gives it: `all`, `reachable`, `unreachable`, `ids`."""
        query = {
            "excluded_seeds": ",".join(excluded_seeds),
            "excluded_regions": ",".join(excluded_regions),
            "unmanaged": "reachable" if unmanaged_reachable else "",
        }
        if ids is not None:
            query["ids"] = str(int(ids))
        return self._between_requests(lambda: self.simulator.truth(query))

    def faults(self, **faults: Any) -> None:
        """Replace the named faults, as `POST /_faults` does; without a name, end all.

        Raises ValueError for a fault that does not exist.
        """
        changed = self.simulator.faults.updated(faults) if faults else Faults()
        self._between_requests(lambda: self.simulator.set_faults(changed))

    def tick(self) -> Ticked:
        """Let time pass, as `POST /_tick` does."""
        return self._between_requests(self.landscape.tick)

    def requests(self) -> dict[str, int]:
        """How often each call was made so far, by `ec2:DescribeVpcs` and the like."""
        return self._between_requests(lambda: dict(self.simulator.actions))

    def _between_requests(self, act: Callable[[], T]) -> T:
        async def call() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(timeout=60)


@contextmanager
def running(
    shoots: int = 20, seed: int = 1, *, landscape: Landscape | None = None, **faults: Any
) -> Iterator[Running]:
    """Run a simulator on a free port of the loopback until the block ends."""
    simulator = Simulator(landscape or Landscape(shoots, seed), Faults.of(faults))
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(listen(simulator))
    thread = threading.Thread(target=loop.run_forever, name="simulator", daemon=True)
    thread.start()
    try:
        yield Running(_url(server), simulator.landscape, simulator, loop)
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


def run(
    shoots: int = 200,
    seed: int = 1,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    write_config: str | Path | None = None,
    *,
    faults: Faults | None = None,
    unmanaged: str = "unreachable",
    echo: Callable[[str], None] = print,
) -> None:
    """Serve a landscape until SIGTERM or SIGINT, and say where.

    A port that is taken is replaced by the next free one; port 0 is any free one.
    """
    simulator = Simulator(Landscape(shoots, seed), faults)
    asyncio.run(_run(simulator, host, port, write_config, unmanaged, echo))


async def _run(
    simulator: Simulator,
    host: str,
    port: int,
    write_config: str | Path | None,
    unmanaged: str,
    echo: Callable[[str], None],
) -> None:
    server = await _listen(simulator, host, port)
    landscape, url = simulator.landscape, _url(server)
    echo(f"simulator: {url}  ({landscape.shoots} shoots, seed {landscape.seed})")
    if write_config is not None:
        write_configuration(write_config, url, landscape, unmanaged=unmanaged)
        echo(f"configuration: {write_config}")
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError, RuntimeError):
            loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
    await _stop(server)


async def _listen(simulator: Simulator, host: str, port: int) -> asyncio.Server:
    for candidate in range(port, min(port + PORTS_TO_TRY, 65536)) if port else (0,):
        try:
            return await listen(simulator, host, candidate)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    return await listen(simulator, host, 0)


async def _stop(server: asyncio.Server) -> None:
    """Stop listening and end the connections, hanging ones included."""
    server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _url(server: asyncio.Server) -> str:
    host, port = server.sockets[0].getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - nothing is bound here
    return f"http://{host}:{port}"
