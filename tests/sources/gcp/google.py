"""Answers of Google's APIs as they were recorded or made up, over real HTTP on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PROJECT = "dev-1"
LINK = "https://www.googleapis.com/compute/v1"
HERE = f"{LINK}/projects/{PROJECT}"
ZONE, REGION = "europe-west1-b", "europe-west1"


@dataclass(frozen=True)
class Reply:
    """One answer; `body` is sent as JSON unless it is text."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    """Whether the connection breaks in the middle."""


@dataclass(frozen=True)
class Seen:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


class Google:
    """Answers by path: the replies in their order, the last of them for ever."""

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[Seen] = []
        self._replies: dict[str, list[Reply]] = {}

    def says(self, path: str, *replies: Any) -> None:
        """Set the answers of a path; `{project}` is the project."""
        self._replies[path.format(project=PROJECT).partition("?")[0]] = [
            reply if isinstance(reply, Reply) else Reply(reply) for reply in replies
        ]

    def reply(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        replies = self._replies.get(seen.path)
        if not replies:
            return Reply({"error": {"code": 404, "message": f"no {seen.path}"}}, 404)
        return replies.pop(0) if len(replies) > 1 else replies[0]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    google: Google

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        parts = urlsplit(self.path)
        is_json = "json" in self.headers.get("Content-Type", "")
        seen = Seen(
            self.command,
            parts.path,
            {name: values[0] for name, values in parse_qs(parts.query).items()},
            {name.title(): value for name, value in self.headers.items()},
            json.loads(raw) if is_json else raw.decode(),
        )
        reply = self.google.reply(seen)
        body = (
            reply.body.encode() if isinstance(reply.body, str) else json.dumps(reply.body).encode()
        )
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if reply.cut else body)
        self.close_connection = reply.cut

    do_POST = do_GET  # noqa: N815 - the name is the library's

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def google() -> Iterator[Google]:
    """A Google of one's own."""
    found = Google()
    handler = type("Handling", (Handler,), {"google": found, "wbufsize": 65536})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def listed(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A list of one place."""
    return {"kind": "compute#list", "items": list(items), **more}


def aggregated(member: str, places: dict[str, list[dict[str, Any]]], **more: Any) -> dict[str, Any]:
    """A list of all places; one without items says so."""
    empty = {
        "warning": {
            "code": "NO_RESULTS_ON_PAGE",
            "message": "There are no results for scope on this page.",
        }
    }
    return {
        "kind": "compute#aggregatedList",
        "items": {place: {member: items} if items else empty for place, items in places.items()},
        **more,
    }


def refused(status: int, message: str, reason: str, **more: Any) -> Reply:
    """A refusal as Compute Engine words it."""
    error = {"message": message, "domain": "global", "reason": reason, **more}
    return Reply({"error": {"code": status, "message": message, "errors": [error]}}, status)
