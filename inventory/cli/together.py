"""Several services in one process: they start together, and when one ends or a signal comes, all end."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from inventory.cli.base import Failed

if TYPE_CHECKING:
    from inventory.catalog import Catalog
    from inventory.config import Config

Part = Callable[[asyncio.Event], Awaitable[Any]]
"""A service: it runs until the event is set."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(parts: Mapping[str, Part]) -> None:
    """Run services until SIGINT or SIGTERM, or until one of them fails; a second signal does not wait."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_together(parts))


async def _together(parts: Mapping[str, Part]) -> None:
    stop = asyncio.Event()
    with _stopped_by_signals(stop):
        tasks = {asyncio.ensure_future(part(stop)): name for name, part in parts.items()}
        waiter = asyncio.ensure_future(stop.wait())
        first, _ = await asyncio.wait([*tasks, waiter], return_when=asyncio.FIRST_COMPLETED)
        asked = stop.is_set()
        stop.set()
        await asyncio.wait(tasks)
        await waiter
    # What ended first is why the others had to.
    for task in sorted(tasks, key=lambda task: task not in first):
        task.result()
    if not asked:
        ended = " and ".join(name for task, name in tasks.items() if task in first)
        raise Failed(f"the {ended} stopped by itself")


@contextlib.contextmanager
def _stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def stopped() -> None:
        if stop.is_set():
            # Whoever asks twice does not want to wait; what was under way is found by its lease.
            os._exit(130)
        stop.set()

    for number in _SIGNALS:
        loop.add_signal_handler(number, stopped)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


def api(app: Any, listening: socket.socket, ready: Callable[[], None]) -> Part:
    """The HTTP service at a socket."""

    async def serve(stop: asyncio.Event) -> None:
        import uvicorn

        class Server(uvicorn.Server):
            def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]  # ours are set
                return contextlib.nullcontext()

            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                ready()

        settings = uvicorn.Config(
            app,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            ws_max_size=app.state.service.body_limit,
        )
        server = Server(settings)

        async def leave() -> None:
            await stop.wait()
            await app.state.service.leave()
            server.should_exit = True

        leaving = asyncio.ensure_future(leave())
        try:
            await server.serve(sockets=[listening])
        except SystemExit as error:
            raise Failed("the API could not start; the log above says why") from error
        finally:
            leaving.cancel()

    return serve


def worker(config: "Config", catalog: "Catalog", ready: Callable[[], None], **options: Any) -> Part:
    """A worker."""

    async def serve(stop: asyncio.Event) -> bool:
        from inventory.runtime.worker import work

        return await work(config, catalog, stop=stop, ready=lambda _: ready(), **options)

    return serve


def scheduler(
    config: "Config", catalog: "Catalog", ready: Callable[[int], None], **options: Any
) -> Part:
    """A scheduler; tells how many jobs it has, those that need no configuration included."""

    async def serve(stop: asyncio.Event) -> None:
        from inventory.runtime.scheduler import schedule

        known = lambda jobs: ready(len(jobs.planned))  # noqa: E731
        await schedule(config, catalog, stop=stop, ready=known, **options)

    return serve


class Readiness:
    """Calls once when every part has said that it is ready."""

    def __init__(self, parts: int, then: Callable[[], None]) -> None:
        self.missing = parts
        self.then = then

    def __call__(self) -> None:
        self.missing -= 1
        if self.missing == 0:
            self.then()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
