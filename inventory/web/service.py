"""What every way to the API shares: who asks, how much they may, and how an operation is answered."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg
from psycopg_pool import PoolTimeout
from starlette.datastructures import Headers
from starlette.requests import Request

from inventory.core.access import ANYONE, Caller
from inventory.graph.databases import Databases
from inventory.graph.answers import Answer, Stream, Told
from inventory.graph.execute import Engine
from inventory.graph.freshness import Counted, freshness
from inventory.graph.trusted import TrustedDocuments
from inventory.runtime.events import Bell
from inventory.runtime.queue import Queue
from inventory.web.access import Gate
from inventory.web.bodies import Asked, Malformed
from inventory.web.context import RequestContext
from inventory.web.guards import Guards
from inventory.web.strangers import Strangers

PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass
class Service:
    """The API of one process. `only_here` refuses requests that name another host than this
    machine: a page of elsewhere whose name was made to lead here could send any, and nobody asks it
    for a token.
    """

    engine: Engine
    databases: Databases
    queue: Callable[[], Queue]
    gate: Gate
    bell: Bell
    guards: Guards = field(default_factory=Guards)
    body_limit: int = 256 * 1024
    only_here: bool = False
    origins: tuple[str, ...] = ()
    """Other origins whose pages may ask here."""
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process is about to stop: streams end, and who listened may come back."""
    trusted: TrustedDocuments | None = None
    only_trusted: bool = False
    """Refuse every document that is not trusted."""
    kept: timedelta = timedelta(0)
    """For how long a client may keep the answer to a trusted document that it asked for by GET."""
    stale_after: timedelta = timedelta(hours=24)
    """How old a complete listing is before its scope counts as stale."""
    introduction: float = 10.0
    """How long a WebSocket's client may take to say who it is, in seconds."""
    strangers: Strangers = field(default_factory=Strangers)
    sockets: int = 0
    """How many WebSockets are open."""

    def check_host(self, headers: Headers) -> None:
        """Raise Malformed 403 for a request to another host, where nobody is asked for a token."""
        host = headers.get("host", "")
        if self.only_here and self.gate.is_open and not is_here(host):
            raise Malformed(
                403,
                f"the request is for {host or 'no host'}, and this service answers only as localhost; "
                "configure api.auth, or start it with --insecure behind a proxy that asks",
                "FORBIDDEN",
            )

    def check_origin(self, headers: Headers) -> None:
        """Raise Malformed 403 for a page of elsewhere: browsers ask nobody before a WebSocket, and
        before a POST only if its content type is none of a form's.
        """
        origin = headers.get("origin")
        if origin is None or origin in self.origins:
            return
        # What the browser itself says of the page; behind a proxy the host may have another name.
        if headers.get("sec-fetch-site") == "same-origin":
            return
        if not is_same_host(origin, headers.get("host", "")):
            raise Malformed(
                403,
                f"pages of {origin[:200]} may not ask here; allow them in api.origins",
                "FORBIDDEN",
            )

    async def caller(self, authorization: str, client: Iterable[object] | None = None) -> Caller:
        """Who asks, from an address. Raises Malformed 401; 503 while that cannot be known."""
        found = await self.gate.caller(authorization)
        if found is None:
            self.strangers.came(_host(client), with_token=bool(authorization))
            raise Malformed(
                401,
                "send a token that this service knows: `Authorization: Bearer …`",
                "UNAUTHENTICATED",
                **{"WWW-Authenticate": "Bearer"},
            )
        return found

    async def admit(self, request: Request) -> Caller:
        """Who asks. Raises Malformed for those who may not."""
        self.check_host(request.headers)
        caller = await self.caller(request.headers.get("authorization", ""), request.client)
        self.guards.spend(counted_as(caller, request.client))
        return caller

    async def leave(self, patience: float = 1.0) -> None:
        """End every stream as its protocol ends them, before the server cuts connections."""
        self.leaving.set()
        deadline = asyncio.get_running_loop().time() + patience
        while self.sockets or self.guards.streaming:
            if asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(0.01)

    async def respond(
        self,
        asked: Asked,
        caller: Caller,
        client: Iterable[object] | None,
        *,
        only_queries: bool = False,
        streams: bool = False,
    ) -> Answer | Stream:
        """Answer an operation of a caller at an address. Raises Malformed for a document that is
        not trusted.
        """
        database = self.databases.of(caller)
        counted = Counted(database) if asked.reports else None
        engine = self.engine.on(counted or database)
        told = Told()
        found = await engine.respond(
            self._text(asked),
            asked.variables,
            asked.operation_name,
            RequestContext(caller, engine, self.queue(), self.bell, origin=_host(client)),
            only_queries=only_queries,
            streams=streams,
            told=told,
        )
        if counted is None or not isinstance(found, Answer):
            return found
        return found.extended(await self._reports(asked.reports, told, counted))

    def _text(self, asked: Asked) -> str:
        if asked.document_id is None:
            if not self.only_trusted:
                return asked.query
            raise Malformed(
                400,
                "this service answers trusted documents alone; send the `documentId` of one",
                "TRUSTED_DOCUMENT_REQUIRED",
            )
        text = self.trusted.text(asked.document_id) if self.trusted else None
        if text is None:
            raise Malformed(
                400,
                f"there is no trusted document {asked.document_id[:100]!r}"
                + ("" if self.trusted else "; api.trusted_documents names none"),
                "PERSISTED_QUERY_NOT_FOUND",
            )
        return text

    async def _reports(
        self, asked: frozenset[str], told: Told, counted: Counted
    ) -> dict[str, object]:
        found: dict[str, object] = {}
        if "cost" in asked:
            found["cost"] = {
                "rows": told.rows,
                "limit": self.engine.limits.rows,
                "statements": len(counted.statements),
                "milliseconds": round(told.seconds * 1000, 1),
            }
        if "freshness" in asked:
            projection = self.engine.schema.projection
            try:
                found["freshness"] = await freshness(
                    counted.inner, projection, counted.statements, self.stale_after
                )
            except (psycopg.Error, PoolTimeout):
                # The answer itself says that the database is away, or came before it went.
                found["freshness"] = None
        return found


def counted_as(caller: Caller, client: Iterable[object] | None) -> str:
    """For whom a request counts: who asks or, where nobody is asked, the machine that asks."""
    if caller is ANYONE:
        return _host(client) or "anyone"
    return caller.name


def _host(client: Iterable[object] | None) -> str | None:
    """The machine of a client's address."""
    host = next(iter(client or ()), None)
    return None if host is None else str(host)


def is_here(host: str) -> bool:
    """Whether a Host header names this machine by a loopback address or as localhost."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def is_same_host(origin: str, host: str) -> bool:
    """Whether an Origin header names what a Host header names; a proxy may have ended its TLS."""
    try:
        given = urlsplit(origin)
        wanted = urlsplit(f"{given.scheme}://{host}")
        usual = PORTS.get(given.scheme)
        return (given.hostname, given.port or usual) == (wanted.hostname, wanted.port or usual) and (
            bool(given.hostname)
        )
    except ValueError:
        return False
