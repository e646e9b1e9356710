"""One server process: start it, wait until it answers, end it; and tell whether a process is still there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.embedded.home import Home
    from inventory.errors import InventoryError

ON_LINUX: bool = sys.platform.startswith("linux")
Hurried = Callable[[], bool]
MAX_LOG_BYTES = 10_000_000
ENVIRONMENT = {
    "LC_ALL": "C",
    "TZ": "UTC",
    # glibc gives memory back and faults it in again on every copy of a large answer: a fifth of a large query.
    "MALLOC_TOP_PAD_": str(64 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(256 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(512 << 20),
}


class Server(Protocol):
    """A kind of server in one home."""

    @property
    def name(self) -> str: ...
    @property
    def log(self) -> Path: ...
    @property
    def stop_signal(self) -> signal.Signals: ...
    @property
    def hurry_signal(self) -> signal.Signals: ...

    def running(self) -> int | None:
        """The process that serves this home, whoever started it."""

    def launch(self) -> subprocess.Popen[bytes]:
        """Start it. Only called while nothing runs."""

    def answers(self) -> bool:
        """Whether it takes requests now."""

    def settle(self) -> None:
        """What is done once it answers."""

    def failure(self, message: str) -> InventoryError: ...


def spawn(home: Home, command: Sequence[str | Path], log: Path) -> subprocess.Popen[bytes]:
    """Start a command as the home's account, apart from the terminal, so that Ctrl-C reaches it only through us."""
    rotate(log)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - no shell, our own arguments
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env=environment(),
            umask=0o077,
            user=None if home.account.is_self else home.account.uid,
            group=None if home.account.is_self else home.account.gid,
            extra_groups=None if home.account.is_self else [],
        )
    home.account.own(log)
    return process


def run(home: Home, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - no shell, our own arguments
        [os.fspath(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        start_new_session=True,
        cwd="/",
        env=environment(),
        umask=0o077,
        user=None if home.account.is_self else home.account.uid,
        group=None if home.account.is_self else home.account.gid,
        extra_groups=None if home.account.is_self else [],
    )


def environment() -> dict[str, str]:
    """Ours, without what would point a server or libpq elsewhere."""
    ours = {
        k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG", "MALLOC_"))
    }
    return ours | ENVIRONMENT


def rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.replace(log.with_suffix(".1.log"))


def tail(log: Path, *, since: int = 0, lines: int = 12) -> str:
    """The last lines of a log, indented, or what to say in their place."""
    try:
        with log.open("rb") as file:
            file.seek(since)
            text = file.read()[-8_000:].decode(errors="replace")
    except OSError as error:
        return f"  ({log}: {error.strerror})"
    last = [line for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join(f"  {line}" for line in last) or "  (its log is empty)"


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if ON_LINUX:
        try:
            state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
        except OSError:
            return False
        return state not in (b"Z", b"X")
    return True


def command_line(pid: int) -> str:
    """What a process was started as, or what it calls itself; empty if there is none."""
    if ON_LINUX:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            return ""
        return words.decode(errors="replace").strip()
    found = subprocess.run(  # noqa: S603 - no shell, our own arguments
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip()


def works_in(pid: int, folder: Path, *or_named: Path) -> bool:
    """Whether a server process serves this folder. Servers change to it; where the system does not tell, their command
    line names it, or one of the others.
    """
    if ON_LINUX:
        try:
            return Path(f"/proc/{pid}/cwd").samefile(folder)
        except OSError:
            return False
    named = command_line(pid)
    return any(str(path) in named for path in (folder, folder.resolve(), *or_named))


def working_in(folder: Path) -> list[int]:
    """The processes that work in a folder, where the system tells."""
    if not ON_LINUX:
        return []
    pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [pid for pid in pids if works_in(pid, folder)]


def wait_until_gone(pid: int, seconds: float, hurried: Hurried) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        # Ours are waited for, so that they do not linger as zombies.
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        if not is_alive(pid):
            return True
        if hurried() or time.monotonic() > deadline:
            return False
        time.sleep(0.02)


def never() -> bool:
    return False


def end(
    pid: int,
    first: signal.Signals = signal.SIGINT,
    then: signal.Signals = signal.SIGQUIT,
    *,
    patience: float = 30.0,
    hurried: Hurried = never,
) -> None:
    """Ask a process to end, then, after a while or when hurried, urge it, then kill it."""
    for sent, seconds, until in (
        (first, patience, hurried),
        (then, 5.0, never),
        (signal.SIGKILL, 5.0, never),
    ):
        try:
            os.kill(pid, sent)
        except ProcessLookupError:
            return
        if wait_until_gone(pid, seconds, until):
            return


@contextmanager
def unhurt_by_interrupts() -> Iterator[Hurried]:
    """Keep Ctrl-C from breaking off what is inside, which may ask whether it was pressed; raise it at the end."""
    if threading.current_thread() is not threading.main_thread():
        yield never
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
    if pressed:
        raise KeyboardInterrupt


@dataclass
class Starting:
    """A server that was started or found, until it answers."""

    server: Server
    pid: int
    popen: subprocess.Popen[bytes] | None = None
    log_offset: int = 0
    seconds: float = 60.0
    _started: float = field(default_factory=time.monotonic)

    def wait(self) -> None:
        pause = 0.005
        while not self.server.answers():
            ended = self.popen is not None and self.popen.poll() is not None
            if ended or not is_alive(self.pid):
                raise self._failure("stopped before it answered")
            if time.monotonic() - self._started > self.seconds:
                raise self._failure(f"did not answer within {self.seconds:.0f} s")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.1)

    def _failure(self, what: str) -> InventoryError:
        log = self.server.log
        return self.server.failure(
            f"the embedded {self.server.name} {what}; {log} ends with:\n{tail(log, since=self.log_offset)}"
        )
