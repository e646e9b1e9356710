"""Run a command of the operator's own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any

from inventory.core.task import Payload, RunContext, task
from inventory.errors import CommandFailed, PayloadError
from inventory.sources.common import source as common

TAIL = 8192
EVERY = 0.1
MERCY = 2.0
OURS = ("INVENTORY_", "DATABASE_URI", "REDIS_ENDPOINT")


class CommandPayload(Payload):
    command: str
    """The program, as `worker.commands` has it."""
    args: tuple[str, ...] = ()
    """Its arguments, as `worker.commands` has them."""
    dir: str | None = None
    """Where it runs, as `worker.commands` has it; that when left out."""


@task(common, payload=CommandPayload, max_retry=3)
def command(run: RunContext, payload: CommandPayload) -> dict[str, Any]:
    """Run a command line that the worker's configuration allows, and keep the end of its output.

    It runs without a shell, in a process group of its own, which ends when the run is cancelled or
    takes too long. Settings and secrets of ours are not in its environment.
    """
    argv, folder = _allowed(run, payload)
    try:
        process = subprocess.Popen(  # noqa: S603 - word for word what the configuration allows
            argv,
            cwd=folder,
            env=environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise PayloadError(f"{argv[0]}: {(error.strerror or str(error)).lower()}") from error
    with _tail(process) as tail:
        status = _wait(run, process)
    output = shown(tail(), run.redact)
    if status != 0:
        ended = f"signal {-status}" if status < 0 else f"status {status}"
        raise CommandFailed(
            f"{argv[0]} ended with {ended}; its output ended with: {output[-2000:]}"
        )
    return {"status": status, "output": output}


def _allowed(run: RunContext, payload: CommandPayload) -> tuple[list[str], str | None]:
    """The command line, if it is allowed. Raises PayloadError."""
    argv = [payload.command, *payload.args]
    for each in run.config.worker.commands:
        folder = None if each.dir is None else str(each.dir)
        if list(each.argv) == argv and payload.dir in (None, folder):
            if shutil.which(argv[0]) is None:
                raise PayloadError(f"payload.command: there is no program {argv[0]}")
            return argv, folder
    raise PayloadError(
        "payload: the worker's configuration does not allow this command line; worker.commands "
        "lists those that may run, word for word"
    )


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What the command gets to know: all but our own settings."""
    return {name: value for name, value in environ.items() if not name.startswith(OURS)}


def shown(kept: bytes, redact: Callable[[str], str]) -> str:
    """The end of the output, without secrets, and without what is left of one that was cut."""
    text = redact(kept.decode("utf-8", "replace"))
    return text[TAIL:] if len(kept) == 2 * TAIL else text[-TAIL:]


def _wait(run: RunContext, process: subprocess.Popen[bytes]) -> int:
    """Wait for it; end its whole group if the run is to stop."""
    try:
        while True:
            run.check()
            with suppress(subprocess.TimeoutExpired):
                return process.wait(EVERY)
    finally:
        # After an ordinary end, what it left in its group ends as well.
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the group: politely first, if the command itself still runs."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(MERCY)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # Nothing may be left of the group.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


@contextmanager
def _tail(process: subprocess.Popen[bytes]) -> Iterator[Any]:
    """Read its output as it comes, and keep the end."""
    kept = bytearray()
    stream: IO[bytes] | None = process.stdout
    assert stream is not None  # noqa: S101 - it was asked for

    def read() -> None:
        with suppress(OSError, ValueError):
            while chunk := stream.read1(TAIL):  # type: ignore[attr-defined]  # of buffered streams
                kept.extend(chunk)
                del kept[: -2 * TAIL]

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield lambda: bytes(kept)
    finally:
        reader.join(MERCY)
        if not reader.is_alive():
            stream.close()
