"""Listening: a port that is taken moves on, and an open door needs someone to ask who comes in."""

import errno
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from inventory.cli.base import Failed, Misused

if TYPE_CHECKING:
    from inventory.config import ApiConfig, Config
    from inventory.config.api import ApiMetricsConfig
    from inventory.config.model import MetricsConfig
    from inventory.telemetry.monitor import Monitor

PORTS_TO_TRY = 50


def check_exposure(api: "ApiConfig") -> None:
    """Refuse to serve other machines without asking who they are."""
    if api.is_exposed:
        raise Misused(
            f"api.host is {api.host}, which other machines reach, and nobody asks them who they are; "
            "configure api.auth, or say --insecure if something in front of it asks"
        )


def listen(host: str, port: int, *, move_on: bool = True) -> socket.socket:
    """Bind a socket; where the port is taken, the next free one."""
    candidates = range(port, min(port + PORTS_TO_TRY, 65536)) if port and move_on else (port,)
    taken: OSError | None = None
    for candidate in candidates:
        try:
            return _bound(host, candidate)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise Failed(f"cannot listen at {host}:{candidate}: {_reason(error)}") from error
            taken = error
    if move_on:
        return _bound(host, 0)
    raise Failed(
        f"cannot listen at {host}:{port}: {_reason(taken)}; stop what listens there, or choose another --port"
    )


@contextmanager
def monitor(service: str, metrics: "MetricsConfig | ApiMetricsConfig") -> "Iterator[Monitor]":
    """What counts the work of a process, and tells of it at its address if it has one."""
    from inventory.config import is_loopback, split_address
    from inventory.telemetry.meters import Meters
    from inventory.telemetry.monitor import Monitor

    meters = Meters(service)
    if metrics.address is None or not getattr(metrics, "is_enabled", True):
        yield Monitor(meters)
        return
    host, port = split_address(metrics.address)
    with listen(host, port) as listening:
        found = listening.getsockname()[1]
        notes = [f"port {port} is taken"] if port not in (0, found) else []
        if not is_loopback(host):
            notes.append("open to other machines, and nobody is asked for a token")
        said = f"  ({'; '.join(notes)})" if notes else ""
        print(f"metrics  {url(listening)}{metrics.path}{said}", file=sys.stderr, flush=True)
        yield Monitor(meters, listening, metrics.path)


@contextmanager
def traced(service: str, config: "Config") -> Iterator[None]:
    """Send traces while the block runs, if there is somewhere to send them."""
    from inventory.logs import Redaction
    from inventory.telemetry import tracing

    endpoint = config.telemetry.otlp_endpoint
    if not tracing.turn_on(service, Redaction(config.secrets()), endpoint):
        yield
        return
    try:
        yield
    finally:
        tracing.turn_off()


def url(listening: socket.socket) -> str:
    """The address to open."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104  # nothing is bound
    return f"http://{host}:{port}"


def _bound(host: str, port: int) -> socket.socket:
    try:
        (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except socket.gaierror as error:
        raise Misused(
            f"api.host: {host!r} is no address of this machine: {error.strerror}"
        ) from error
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _refuse_if_answered(address, family)
        made.bind(address)
        made.listen(2048)
    except OSError:
        made.close()
        raise
    made.set_inheritable(True)
    return made


def _refuse_if_answered(address: tuple[Any, ...], family: int) -> None:
    """Treat a port as taken if another program answers there, even one that listens at all addresses."""
    if not address[1]:
        return
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.settimeout(0.2)
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(str(address[0]), address[0])  # noqa: S104  # nothing is bound
        if probe.connect_ex((host, address[1])) == 0:
            raise OSError(errno.EADDRINUSE, "address already in use")


def _reason(error: OSError | None) -> str:
    return ((error.strerror if error else None) or str(error)).lower()
