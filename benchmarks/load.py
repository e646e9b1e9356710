"""Many connections at once, from a process of its own: reads a job from stdin, prints what came of it.

The job is JSON: port, requests (in base64), connections, seconds.
"""

from __future__ import annotations

import base64
import json
import selectors
import socket
import statistics
import sys
import time
from dataclasses import dataclass
from itertools import cycle

from benchmarks.wire import lengths


@dataclass(eq=False)
class Asker:
    """A connection and the answer that it waits for."""

    socket: socket.socket
    buffer: bytearray
    filled: int = 0
    wanted: int | None = None
    began: float = 0.0


def run(port: int, requests: list[bytes], connections: int, seconds: float) -> dict[str, float]:
    """Keep every connection busy; count the answers and how long each took."""
    following = cycle(requests)
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        asker = Asker(socket.create_connection(("127.0.0.1", port)), bytearray(4 * 1024 * 1024))
        asker.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(asker.socket, selectors.EVENT_READ, asker)
        asker.began = time.perf_counter()
        asker.socket.sendall(next(following))
    took: list[float] = []
    began = time.perf_counter()
    now = began
    # A slow server gets the time for two answers on each connection: fewer tell nothing.
    while now - began < seconds or (len(took) < 2 * connections and now - began < 40 * seconds):
        for key, _ in selector.select(1):
            asker = key.data
            asker.filled += asker.socket.recv_into(memoryview(asker.buffer)[asker.filled :])
            if asker.wanted is None:
                asker.wanted = lengths(asker.buffer, asker.filled)[1]
            if asker.wanted is None or asker.filled < asker.wanted:
                continue
            now = time.perf_counter()
            took.append(now - asker.began)
            asker.filled, asker.wanted, asker.began = 0, None, now
            asker.socket.sendall(next(following))
        now = time.perf_counter()
    return {
        "answers": len(took),
        "seconds": now - began,
        "p50": statistics.median(took),
        "p99": statistics.quantiles(took, n=100)[98],
    }


if __name__ == "__main__":
    job = json.load(sys.stdin)
    job["requests"] = [base64.b64decode(each) for each in job["requests"]]
    print(json.dumps(run(**job)))
