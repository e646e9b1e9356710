"""`inventory serve` that stops while clients listen to streams."""

import json
import signal
import threading
import time
from collections.abc import Callable
from subprocess import Popen

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.web.runs import Runs

QUERY = "subscription ($id: ID!) { taskEvents(id: $id) { sequence } }"


def test_streams_end_as_their_protocols_say_when_the_service_stops(
    process: Callable[..., Popen[str]], database: str, redis_url: str
) -> None:
    run_id = str(Runs(database).new())
    asked = {"query": QUERY, "variables": {"id": run_id}}
    places = ("--database-uri", database, "--redis-endpoint", redis_url)
    service = process(*places, "serve", "--port", "0")
    assert service.stderr is not None
    line = next(line for line in service.stderr if line.startswith("API "))
    # So that what the service logs never fills the pipe.
    threading.Thread(target=service.stderr.read, daemon=True).start()
    url = line.split()[1]
    with (
        connect(
            f"ws{url.removeprefix('http')}/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
        ) as socket,
        httpx.stream(
            "POST",
            f"{url}/graphql",
            json=asked,
            headers={"accept": "text/event-stream"},
            timeout=20,
        ) as stream,
    ):
        socket.send(json.dumps({"type": "connection_init"}))
        socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": asked}))
        while json.loads(socket.recv(timeout=20))["type"] != "next":
            pass
        lines = stream.iter_lines()
        while "sequence" not in next(lines):
            pass
        service.send_signal(signal.SIGTERM)
        began = time.monotonic()

        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=20)
        rest = list(lines)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    assert "event: complete" not in rest
    assert service.wait(20) == 0
    # Had nobody told the streams, uvicorn would have waited for them for five seconds.
    assert time.monotonic() - began < 5
