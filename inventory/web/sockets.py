"""GraphQL over WebSockets, as `graphql-transport-ws` says: any operations, several at a time."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from inventory.core.access import Caller
from inventory.graph.answers import Answer
from inventory.web import bodies
from inventory.web.bodies import CHARSET, JSON, Asked, Malformed
from inventory.web.service import Service, counted_as

PROTOCOL = "graphql-transport-ws"
PATIENCE = 30.0
"""For how long a client may take nothing before its socket is closed."""
MOST_SOCKETS = 1_000
MOST_REASON = 123
"""A WebSocket's closing reason has so many bytes at most."""


class Closed(Exception):
    """The socket is to be closed, with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Sockets:
    """Takes WebSockets."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        try:
            caller = await self._admit(socket)
        except Malformed as error:
            await _deny(socket, error)
            return
        if PROTOCOL not in scope["subprotocols"]:
            await socket.accept()
            await socket.close(4406, f"Subprotocol not acceptable: use {PROTOCOL}")
            return
        self.service.sockets += 1
        try:
            with suppress(WebSocketDisconnect):
                await socket.accept(subprotocol=PROTOCOL)
                await Connection(socket, self.service, caller).run()
        finally:
            self.service.sockets -= 1

    async def _admit(self, socket: WebSocket) -> Caller | None:
        """Who asks, if the upgrade says it. Raises Malformed."""
        if self.service.sockets >= MOST_SOCKETS or self.service.leaving.is_set():
            raise Malformed(503, "no more WebSockets are taken", "UNAVAILABLE")
        self.service.check_host(socket.headers)
        self.service.check_origin(socket.headers)
        given = socket.headers.get("authorization")
        return None if given is None else await self.service.caller(given, socket.client)


class Connection:
    """One socket."""

    def __init__(self, socket: WebSocket, service: Service, caller: Caller | None) -> None:
        self.socket = socket
        self.service = service
        self.caller = caller
        self.authorization = socket.headers.get("authorization", "")
        self.introduced = False
        self.acknowledged = False
        self.operations: dict[str, asyncio.Task[None]] = {}
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Talk until one side leaves."""
        reading = asyncio.ensure_future(self._read())
        leaving = asyncio.ensure_future(self.service.leaving.wait())
        ends: list[asyncio.Future[Any]] = [reading, leaving, self._failure]
        closing = Closed(1001, "Going away: the server stops, come back in a moment")
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not leaving.done():
                await next(end for end in ends if end.done())
        except Closed as error:
            closing = error
        except WebSocketDisconnect:
            return
        finally:
            left = [reading, leaving, *self.operations.values()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            self._failure.cancel()
        reason = closing.reason.encode()[:MOST_REASON].decode(errors="ignore")
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(PATIENCE):
                await self.socket.close(closing.code, reason)

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(self.service.introduction):
                while not self.acknowledged:
                    await self._hear()
        except TimeoutError:
            raise Closed(4408, "Connection initialisation timeout") from None
        while True:
            await self._hear()

    async def _hear(self) -> None:
        received = await self.socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        text = received.get("text")
        if text is None:
            raise Closed(4400, "Invalid message: send text, not bytes")
        # Bytes and characters differ by a factor of four at most; the server counts exactly.
        if len(text) > self.service.body_limit:
            raise Closed(1009, f"Message too big: more than {self.service.body_limit} bytes")
        try:
            message = orjson.loads(text)
        except ValueError:
            raise Closed(4400, "Invalid message: it is not JSON") from None
        if not isinstance(message, dict):
            raise Closed(4400, "Invalid message: it is no JSON object")
        payload = message.get("payload")
        if not isinstance(payload, dict | None):
            raise Closed(4400, "Invalid message: its payload is no JSON object")
        match message.get("type"):
            case "connection_init":
                await self._introduce(payload or {})
            case "ping":
                await self._send({"type": "pong", **({"payload": payload} if payload else {})})
            case "pong":
                pass
            case "subscribe":
                await self._subscribe(_id(message), payload)
            case "complete":
                task = self.operations.pop(_id(message), None)
                if task is not None:
                    task.cancel()
            case kind:
                raise Closed(4400, f"Invalid message: no type is called {str(kind)[:40]!r}")

    async def _introduce(self, payload: dict[str, Any]) -> None:
        if self.introduced:
            raise Closed(4429, "Too many initialisation requests")
        self.introduced = True
        given = payload.get("Authorization", payload.get("authorization"))
        if given is not None:
            if not isinstance(given, str):
                raise Closed(4400, "Invalid message: Authorization is not text")
            self.authorization = given
        await self._recognise()
        await self._send({"type": "connection_ack"})
        self.acknowledged = True

    async def _recognise(self) -> Caller:
        """Who asks; asked again for each operation, as a token may have been revoked meanwhile."""
        try:
            self.caller = await self.service.caller(self.authorization, self.socket.client)
        except Malformed as error:
            if error.status == 503:
                raise Closed(1013, f"Try again later: {error}") from None
            raise Closed(4403, "Forbidden: this service does not know the token") from None
        return self.caller

    async def _subscribe(self, name: str, payload: dict[str, Any] | None) -> None:
        if not self.acknowledged:
            raise Closed(4401, "Unauthorized: send connection_init first")
        if name in self.operations:
            raise Closed(4409, f"Subscriber for {name[:60]} already exists")
        try:
            asked = bodies.asked(payload)
        except Malformed as error:
            raise Closed(4400, f"Invalid message: {error}") from None
        task = asyncio.ensure_future(self._operate(name, asked, await self._recognise()))
        self.operations[name] = task
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not self._failure.done():
            self._failure.set_exception(error)

    async def _operate(self, name: str, asked: Asked, caller: Caller) -> None:
        key = counted_as(caller, self.socket.client)
        guards = self.service.guards
        try:
            with guards.request(key):
                found = await self.service.respond(asked, caller, self.socket.client, streams=True)
            if isinstance(found, Answer):
                await self._answer(name, found)
                if not found.refused:
                    await self._end(name, {"id": name, "type": "complete"})
                return
            with guards.subscription(key):
                async with aclosing(found) as answers:
                    async for answer in answers:
                        await self._answer(name, answer)
                        if answer.refused:
                            return
            await self._end(name, {"id": name, "type": "complete"})
        except Malformed as error:
            await self._answer(name, Answer(error.body(), refused=True, code=error.code))

    async def _answer(self, name: str, answer: Answer) -> None:
        if answer.refused:
            errors = orjson.loads(answer.body)["errors"]
            await self._end(name, {"id": name, "type": "error", "payload": errors})
            return
        quoted = orjson.dumps(name)
        text = b'{"id":' + quoted + b',"type":"next","payload":' + answer.body + b"}"
        await self._write(text.decode())

    async def _end(self, name: str, message: dict[str, Any]) -> None:
        """Send the last message of an operation; from then on its id is free."""
        if self.operations.get(name) is asyncio.current_task():
            del self.operations[name]
        await self._send(message)

    async def _send(self, message: dict[str, Any]) -> None:
        await self._write(orjson.dumps(message).decode())

    async def _write(self, text: str) -> None:
        # Waits while the client takes nothing, so that no more than this is kept for it.
        try:
            async with asyncio.timeout(PATIENCE):
                await self.socket.send_text(text)
        except TimeoutError:
            raise Closed(1008, "Too slow: what was sent was not taken") from None


def _id(message: dict[str, Any]) -> str:
    name = message.get("id")
    if not isinstance(name, str) or not name:
        raise Closed(4400, "Invalid message: its id is no text")
    return name


async def _deny(socket: WebSocket, error: Malformed) -> None:
    headers = {"content-type": JSON + CHARSET, "cache-control": "no-store", **error.headers}
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(Response(error.body(), error.status, headers))
        # uvicorn calls it an error of ours unless the connection is closed by the time we return.
        await asyncio.sleep(0.05)
    else:
        await socket.close()
