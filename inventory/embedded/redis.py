"""Redis in a home."""

from __future__ import annotations

import signal
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from inventory.embedded import binaries
from inventory.embedded.process import command_line, end, is_alive, spawn, works_in
from inventory.errors import QueueError

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from inventory.embedded.home import Home
    from inventory.errors import InventoryError

DATABASES = 64
"""Tests take one for each of pytest's workers."""


def url(home: Home, database: int = 0) -> str:
    return f"unix://{quote(str(home.sockets / 'redis.sock'))}?db={database}"


def server(home: Home, *, durable: bool) -> RedisServer:
    return RedisServer(home, durable)


@dataclass(frozen=True)
class RedisServer:
    home: Home
    durable: bool

    name = "Redis"
    # It writes what is left of its log on SIGTERM, and ends at once on a second SIGINT.
    stop_signal = signal.SIGTERM
    hurry_signal = signal.SIGINT

    @property
    def data(self) -> Path:
        return self.home.base / "redis"

    @property
    def log(self) -> Path:
        return self.home.log / "redis.log"

    @property
    def _socket(self) -> Path:
        return self.home.sockets / "redis.sock"

    @property
    def _pid_file(self) -> Path:
        return self.home.base / "redis" / "redis.pid"

    def running(self) -> int | None:
        pid = self._pid()
        if pid is None:
            return None
        if not self._socket.exists():
            # Nobody can reach it, and a second one on the same files would ruin them.
            end(pid, self.stop_signal, self.hurry_signal)
            return None
        return pid

    def _pid(self) -> int | None:
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        named = command_line(pid) if is_alive(pid) else ""
        ours = ("redis" in named or "valkey" in named) and works_in(pid, self.data, self._socket)
        return pid if ours else None

    def launch(self) -> subprocess.Popen[bytes]:
        program = binaries.redis_server(self.home.account)
        self.home.account.folder(self.data)
        settings = {
            "appendfsync": "everysec" if self.durable else "no",
            "appendonly": "yes" if self.durable else "no",
            "databases": str(DATABASES),
            "daemonize": "no",
            "dir": str(self.data),
            "logfile": "",
            "maxmemory-policy": "noeviction",
            "pidfile": str(self._pid_file),
            "port": "0",
            "save": "",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
        }
        command: list[str | Path] = [program]
        for name, value in settings.items():
            command += [f"--{name}", value]
        process = spawn(self.home, command, self.log)
        # It writes the same by itself, but later: we may be killed before.
        self._pid_file.write_text(f"{process.pid}\n")
        self.home.account.own(self._pid_file)
        return process

    def answers(self) -> bool:
        """Whether it answers PING; while it reads its data it says that it is loading."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.settimeout(5)
                client.connect(str(self._socket))
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def settle(self) -> None:
        """Nothing to make."""

    def failure(self, message: str) -> InventoryError:
        return QueueError(message)
