"""The HTTP server: one port for every cloud, with faults and a log of the requests."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from inventory.simulator.answers import truth
from inventory.simulator.faults import Faults
from inventory.simulator.landscape import Landscape
from inventory.simulator.wire import Call, Request, Response
from inventory.simulator.wire.aws import AwsApi
from inventory.simulator.wire.gcp import GoogleApi
from inventory.simulator.wire.k8s import KubernetesApi

AWS_SERVICES = ("ec2:", "sts:", "s3:", "route53:", "elb:", "elbv2:")
MAX_BODY = 4 * 1024 * 1024
HEADER_LIMIT = 64 * 1024


INDEX = """\
This is a simulator of clouds, part of Inventory.

     /            AWS, for the service, account and region in the signature
     /garden      the Kubernetes API of the garden
     /compute/v1  Google Cloud, with /storage/v1, /v3/projects and /v1/projects; /gcp may precede
     /seeds/NAME  the Kubernetes API of a seed
GET  /_truth      the answer key; ?ids=1 for ids in large landscapes, ?excluded_seeds=A,B,
                  ?excluded_regions=A,B, ?unmanaged=reachable
GET  /_requests   the calls so far; DELETE forgets them
GET  /_faults     the faults; POST replaces those that are named, DELETE ends them all
POST /_tick       time passes: about 8 % of the shoots change
"""


class Hang(Exception):
    """The request must not be answered."""


class Simulator:
    """Routes requests to the simulated clouds, and does to them what the faults say."""

    def __init__(self, landscape: Landscape, faults: Faults | None = None) -> None:
        self.landscape = landscape
        self.aws = AwsApi(landscape)
        self.kubernetes = KubernetesApi(landscape)
        self.google = GoogleApi(landscape)
        self.actions: Counter[str] = Counter()
        self.scopes: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.calls = 0
        self.set_faults(faults or Faults())

    def set_faults(self, faults: Faults) -> None:
        self.faults = faults
        self.kubernetes.expire_next = faults.expire_continue
        self.google.down = faults.unreachable_zones

    async def respond(self, request: Request) -> tuple[Response, bool]:
        """Answer a request; the flag says that the connection must break in the middle of the body.

        Raises Hang if it is never to be answered.
        """
        if request.path.startswith("/_"):
            return self._control(request), False
        signed = "AWS4-HMAC-SHA256" in request.headers.get("authorization", "")
        if request.path == "/" and request.method == "GET" and not request.query and not signed:
            return Response(200, "text/plain; charset=utf-8", INDEX.encode()), False
        if signed or request.path == "/":
            call = self.aws.call(request)
        elif f"{request.path}/".startswith(("/garden/", "/seeds/")):
            call = self.kubernetes.call(request)
        elif google := self.google.call(request):
            call = google
        else:
            return _json({"error": f"the simulator serves nothing at {request.path}"}, 404), False
        self.calls += 1
        self.actions[call.action] += 1
        self.scopes[f"{call.action}@{call.scope}"] += 1
        if self.faults.latency_ms:
            await asyncio.sleep(self.faults.latency_ms / 1000)
        response = self._answer(call)
        self.statuses[str(response.status)] += 1
        return response, self.faults.strikes(self.faults.truncate, call)

    def _answer(self, call: Call) -> Response:
        faults = self.faults
        if faults.strikes(faults.hang, call):
            raise Hang
        if faults.throttle_every and self.calls % faults.throttle_every == 0:
            if not call.action.startswith(AWS_SERVICES):
                return call.refuse(429, "too many requests, please try again later")
            return call.refuse(503, "Request limit exceeded.")
        if status := faults.status(call):
            return call.refuse(status, "the simulator was told to refuse this")
        if faults.strikes(faults.garbage, call):
            return call.garbage
        return call.answer()

    # the simulator's own pages

    def _control(self, request: Request) -> Response:
        try:
            match request.method, request.path:
                case "GET", "/_truth":
                    return _json(self.truth(request.query))
                case "POST", "/_tick":
                    return _json(dataclasses.asdict(self.landscape.tick()))
                case "GET", "/_faults":
                    return _json(dataclasses.asdict(self.faults))
                case "POST", "/_faults":
                    self.set_faults(self.faults.updated(_object(request.body)))
                    return _json(dataclasses.asdict(self.faults))
                case "DELETE", "/_faults":
                    self.set_faults(Faults())
                    return _json(dataclasses.asdict(self.faults))
                case "GET", "/_requests":
                    return _json(self.requests())
                case "DELETE", "/_requests":
                    self.calls = 0
                    for counter in (self.actions, self.scopes, self.statuses):
                        counter.clear()
                    return _json(self.requests())
        except ValueError as error:
            return _json({"error": str(error)}, 400)
        return _json({"error": f"no {request.method} {request.path} here"}, 404)

    def truth(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The answer key under the present faults and the exclusions that the query names."""
        excluded = [name for name in query.get("excluded_seeds", "").split(",") if name]
        regions = [name for name in query.get("excluded_regions", "").split(",") if name]
        return truth(
            self.landscape,
            ids=query["ids"] not in ("0", "false", "") if "ids" in query else None,
            unmanaged_reachable=query.get("unmanaged") == "reachable",
            unreachable_seeds=[*self.faults.failing_seeds, *excluded],
            unreachable_regions=self.faults.unreachable_regions,
            unreachable_zones=self.faults.unreachable_zones,
            excluded_regions=regions,
        )

    def requests(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "actions": dict(sorted(self.actions.items())),
            "by_scope": dict(sorted(self.scopes.items())),
            "statuses": dict(sorted(self.statuses.items())),
        }


async def serve(
    landscape: Landscape,
    host: str = "127.0.0.1",
    port: int = 0,
    faults: Faults | None = None,
) -> asyncio.Server:
    """Serve a landscape. Raises OSError if the port is taken."""
    return await listen(Simulator(landscape, faults), host, port)


async def listen(simulator: Simulator, host: str = "127.0.0.1", port: int = 0) -> asyncio.Server:
    """Listen, on any free port if it is 0. Raises OSError if it is taken."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await _exchange(simulator, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        except asyncio.CancelledError:
            # The server stops. Raising it on would make asyncio report every idle connection.
            pass
        finally:
            writer.close()

    return await asyncio.start_server(connected, host, port, limit=HEADER_LIMIT)


async def _exchange(
    simulator: Simulator, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Read one request and answer it; whether the connection may be used again."""
    head = await reader.readuntil(b"\r\n\r\n")
    try:
        request, length = _parse(head)
    except (ValueError, UnicodeDecodeError):
        await _write(writer, _json({"error": "this is not an HTTP request"}, 400), keep=False)
        return False
    if "transfer-encoding" in request.headers or length > MAX_BODY:
        await _write(writer, _json({"error": "a body needs a length below 4 MiB"}, 413), keep=False)
        return False
    if request.headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if length:
        request = dataclasses.replace(request, body=await reader.readexactly(length))
    try:
        response, broken = await simulator.respond(request)
    except Hang:
        await reader.read()
        return False
    except Exception as error:
        # A defect of the simulator must look like one, not like a broken connection.
        response, broken = _json({"error": f"simulator defect: {error!r}"}, 500), False
        await _write(writer, response, keep=False)
        raise
    keep = request.headers.get("connection", "").lower() != "close" and not broken
    await _write(writer, response, keep=keep, broken=broken)
    return keep


def _parse(head: bytes) -> tuple[Request, int]:
    lines = head.decode("latin-1").split("\r\n")
    method, target, _version = lines[0].split(" ")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        if line:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
    url = urlsplit(target)
    request = Request(method, url.path, dict(parse_qsl(url.query, keep_blank_values=True)), headers)
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise ValueError("the length of the body is no number")
    return request, int(length)


async def _write(
    writer: asyncio.StreamWriter, response: Response, *, keep: bool, broken: bool = False
) -> None:
    """Write headers and body at once: two writes cost 40 ms with clients that delay their ACK."""
    extra = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
    head = (
        f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Answer')}\r\n"
        f"Content-Type: {response.content_type}\r\nContent-Length: {len(response.body)}\r\n"
        f"{extra}Connection: {'keep-alive' if keep else 'close'}\r\n\r\n"
    )
    body = response.body[: len(response.body) // 2] if broken else response.body
    writer.write(head.encode() + body)
    await writer.drain()


REASONS = {
    200: "OK",
    201: "Created",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    410: "Gone",
    413: "Content Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def _object(body: bytes) -> dict[str, Any]:
    values = orjson.loads(body or b"{}")
    if isinstance(values, dict):
        return values
    raise ValueError("the body is a JSON object of faults")


def _json(value: object, status: int = 200) -> Response:
    return Response(status, "application/json", orjson.dumps(value))
