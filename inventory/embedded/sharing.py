"""Several processes, one home: who starts the servers, and who stops them.

Two locks of the kernel (flock), which it takes back from a killed process. `lock` is held while servers are started
or stopped. `users` is held shared by everyone who uses the servers; whoever can have it alone was the last.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from inventory.embedded.process import Starting, end, unhurt_by_interrupts

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from inventory.embedded.home import Home
    from inventory.embedded.process import Hurried, Server


class Share:
    """A use of the servers of a home, from `with` to its end. `wanted` are started; `every` are stopped."""

    def __init__(self, home: Home, wanted: Sequence[Server], every: Sequence[Server]) -> None:
        self._home = home
        self._wanted = wanted
        self._every = every
        self._users: int | None = None

    def __enter__(self) -> Self:
        with self._alone():
            self._users = self._open("users")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            try:
                self._start()
            except BaseException:
                with unhurt_by_interrupts() as hurried:
                    self._leave(hurried)
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with unhurt_by_interrupts() as hurried, self._alone():
            self._leave(hurried)

    def _start(self) -> None:
        """Start all, then wait for all."""
        starting: list[Starting] = []
        try:
            for server in self._wanted:
                if pid := server.running():
                    starting.append(Starting(server, pid))
                    continue
                log_offset = server.log.stat().st_size if server.log.exists() else 0
                process = server.launch()
                starting.append(Starting(server, process.pid, process, log_offset))
            for one in starting:
                one.wait()
                one.server.settle()
        finally:
            for one in starting:
                if one.popen is not None:
                    _disown(one.popen)

    def _leave(self, hurried: Hurried) -> None:
        if self._users is None:
            return
        try:
            # Converting gives up the shared lock first, which is what we want when others stay.
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            for server in self._every:
                if pid := server.running():
                    end(pid, server.stop_signal, server.hurry_signal, hurried=hurried)
        finally:
            os.close(self._users)
            self._users = None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        file = self._open("lock")
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def _open(self, name: str) -> int:
        path: Path = self._home.path / name
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._home.account.own(path)
        return file


def _disown(process: subprocess.Popen[bytes]) -> None:
    """Its process may outlive this object and is ended by number: Python need not warn of it."""
    if process.returncode is None:
        process.returncode = 0
