"""HTTP with as little client as possible: requests are made beforehand, answers are read by their length."""

from __future__ import annotations

import select
import socket

import orjson


def request(path: str, query: str, variables: dict[str, str]) -> bytes:
    """A request to the GraphQL endpoint; the bare servers read its variables alone."""
    body = orjson.dumps({"query": query, "variables": variables})
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One connection, one request at a time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.buffer = bytearray(4 * 1024 * 1024)
        self._connect()

    def _connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, sent: bytes) -> memoryview:
        """The body of the answer, valid until the next question."""
        if self._closed():
            self._connect()
        self.socket.sendall(sent)
        view = memoryview(self.buffer)
        filled, wanted, start = 0, None, 0
        while wanted is None or filled < wanted:
            got = self.socket.recv_into(view[filled:])
            if not got:
                raise ConnectionError("the server closed the connection")
            filled += got
            if wanted is None:
                start, wanted = lengths(self.buffer, filled)
        return view[start:wanted]

    def _closed(self) -> bool:
        """Whether the server has closed it meanwhile, as servers do when nothing is asked for seconds."""
        if not select.select([self.socket], [], [], 0)[0]:
            return False
        self.socket.close()
        return True

    def close(self) -> None:
        self.socket.close()


def lengths(buffer: bytearray, filled: int) -> tuple[int, int | None]:
    """Where the body of an answer begins and ends; no end while its head is incomplete."""
    end = buffer.find(b"\r\n\r\n", 0, filled)
    if end < 0:
        return 0, None
    head = bytes(buffer[:end]).lower()
    if not head.startswith(b"http/1.1 200"):
        raise ConnectionError(bytes(buffer[:filled]).decode(errors="replace")[:500])
    place = head.index(b"content-length:") + 15
    length = int(head[place : head.find(b"\r\n", place) if b"\r\n" in head[place:] else None])
    return end + 4, end + 4 + length
