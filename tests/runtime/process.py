"""Workers and schedulers as processes of their own, to be killed.

They are forked from a process that has everything imported: a worker that is started for the tenth
time must not cost the seconds of the first.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from typing import Any

from inventory.config import Config
from inventory.runtime.process import run_worker
from tests.runtime.conftest import CATALOG, FAST


def context(module: str) -> ForkServerContext:
    """Where processes come from, with this and another module imported."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload([__name__, module])
    return found


class Process:
    """A process of its own that calls a function of a module."""

    def __init__(self, function: Callable[..., None], *arguments: Any) -> None:
        self._process = context(function.__module__).Process(
            target=_called, args=(function, *arguments)
        )
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def send(self, number: int) -> None:
        if self._process.is_alive():
            os.kill(self.pid, number)

    def end(self, number: int = signal.SIGKILL, *, within: float = 60.0) -> int | None:
        """Send a signal, and wait for the end. Returns the status: negative for a signal."""
        self.send(number)
        self._process.join(within)
        return self._process.exitcode


def worker(settings: str) -> None:
    """Be a worker with the configuration given as JSON."""
    run_worker(Config.model_validate_json(settings), CATALOG, timing=FAST)


def _called(function: Callable[..., None], *arguments: Any) -> None:
    os.environ["MAY_DIE"] = "1"
    # The fork server's own handlers are not for us.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    function(*arguments)
    sys.stdout.flush()
