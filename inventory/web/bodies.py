"""HTTP requests → what GraphQL is asked, and answers → HTTP. GraphQL-over-HTTP is kept here alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
CHARSET = "; charset=utf-8"
REPORTS = frozenset({"cost", "freshness"})


@dataclass(frozen=True)
class Asked:
    """A well-formed GraphQL request."""

    query: str
    """The document; empty where it is asked for by its id."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    document_id: str | None = None
    """The id of a trusted document."""
    reports: frozenset[str] = frozenset()
    """What the answer's `extensions` are asked to tell: `cost`, `freshness`."""


class Malformed(Exception):
    """A request that is none of GraphQL's; `status` and `headers` are the answer's."""

    def __init__(
        self, status: int, message: str, code: str = "BAD_REQUEST", **headers: str
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers

    def body(self) -> bytes:
        return orjson.dumps({"errors": [{"message": str(self), "extensions": {"code": self.code}}]})


async def read(request: Request, limit: int) -> Asked:
    """Read a GET or POST request. Raises Malformed for anything that is not a GraphQL request."""
    if request.method == "GET":
        return _from_query(request.scope["query_string"])
    if request.method != "POST":
        raise Malformed(
            405, "GraphQL is asked with GET or POST", "METHOD_NOT_ALLOWED", Allow="GET, POST"
        )
    _check_content_type(request.headers)
    body = await _body(request, limit)
    try:
        given = orjson.loads(body)
    except ValueError as error:
        raise Malformed(400, f"the body is not JSON: {error}") from None
    return asked(given)


def _check_content_type(headers: Headers) -> None:
    given = headers.get("content-type", "")
    kind, _, parameters = given.partition(";")
    charset = dict(parse_qsl(parameters.replace(" ", ""), separator=";")).get("charset", "utf-8")
    # Only JSON: a form could be sent by any page, JSON from elsewhere is asked for first (CSRF).
    if kind.strip().lower() != JSON or charset.strip('"').lower() not in ("utf-8", "utf8"):
        raise Malformed(
            415,
            f"the body must be {JSON} in UTF-8, not {given or 'of no type'}",
            "UNSUPPORTED_MEDIA_TYPE",
        )


async def _body(request: Request, limit: int) -> bytes:
    too_large = Malformed(
        413, f"the body is larger than {limit} bytes", "BODY_TOO_LARGE", Connection="close"
    )
    length = request.headers.get("content-length", "0")
    parts: list[bytes] = []
    size = 0
    stream = request.stream()
    try:
        if length.isdecimal() and int(length[:19]) > limit:
            await _discard(stream, limit)
            raise too_large
        async for part in stream:
            size += len(part)
            if size > limit:
                await _discard(stream, limit)
                raise too_large
            parts.append(part)
    except ClientDisconnect:
        raise Malformed(400, "the request ended before its body did") from None
    return b"".join(parts)


async def _discard(stream: AsyncIterator[bytes], limit: int) -> None:
    """Read on for a moment: who still writes when the connection is cut never sees the answer."""
    size = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            async for part in stream:
                size += len(part)
                if size > 4 * limit:
                    return


def _from_query(query: bytes) -> Asked:
    try:
        # ASCII, since everything else must be percent-encoded.
        given: dict[str, Any] = dict(
            parse_qsl(
                query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50
            )
        )
    except ValueError:
        raise Malformed(400, "the query string is not UTF-8, or has too many parts") from None
    for name in ("variables", "extensions"):
        if name in given:
            try:
                given[name] = orjson.loads(given[name]) if given[name] else None
            except ValueError as error:
                raise Malformed(400, f"{name} is not JSON: {error}") from None
    given["operationName"] = given.get("operationName") or None
    return asked(given)


def asked(given: object) -> Asked:
    """Read a request. Raises Malformed for what is none."""
    if isinstance(given, list):
        raise Malformed(
            400, "batches are not supported; send one operation, with several root fields"
        )
    if not isinstance(given, dict):
        raise Malformed(400, "the body must be a JSON object with a `query`")
    for name, kind, wanted in (
        ("variables", dict, "an object"),
        ("extensions", dict, "an object"),
        ("operationName", str, "text"),
        ("documentId", str, "text"),
    ):
        if given.get(name) is not None and not isinstance(given[name], kind):
            raise Malformed(400, f"`{name}` must be {wanted}, or left out")
    query, extensions = given.get("query"), given.get("extensions") or {}
    document_id = given.get("documentId") or _persisted(extensions, query)
    if document_id and query:
        raise Malformed(400, "send `query` or `documentId`, not both")
    if not document_id and (not isinstance(query, str) or not query):
        raise Malformed(400, "`query` must be the text of a GraphQL document")
    return Asked(
        query or "",
        given.get("variables") or {},
        given.get("operationName"),
        document_id,
        frozenset(name for name in REPORTS if extensions.get(name) is True),
    )


def _persisted(extensions: Mapping[str, Any], query: object) -> str | None:
    """The id in the form of Apollo's clients. With a text, the text is what is asked."""
    given = extensions.get("persistedQuery")
    found = given.get("sha256Hash") if isinstance(given, dict) and not query else None
    return f"sha256:{found}" if isinstance(found, str) else None


def reports(header: str) -> frozenset[str]:
    """What a header asks the answer's `extensions` to tell."""
    return REPORTS & {part.strip().lower() for part in header.split(",")}


def media_type(accept: str) -> str | None:
    """The media type to answer with: the one that the client prefers, or None if it takes neither."""
    if not accept.strip():
        return JSON
    qualities = _accepted(accept)
    best: tuple[float, bool, bool] = (0.0, False, False)
    chosen: str | None = None
    for offer in (JSON, GRAPHQL):
        # What is said of the type itself counts before what is said of all types.
        said = next((each for each in (offer, "application/*", "*/*") if each in qualities), None)
        if said is None or qualities[said] <= 0:
            continue
        # Clients that take anything get JSON, those that name both get the newer type.
        named = said == offer
        rank = (qualities[said], named, (offer == GRAPHQL) == named)
        if rank > best:
            best, chosen = rank, offer
    return chosen


def takes(accept: str, media_type: str) -> bool:
    """Whether the client names this very media type as one that it takes."""
    return _accepted(accept).get(media_type, 0.0) > 0


def _accepted(accept: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in accept.split(","):
        kind, *parameters = [piece.strip().lower() for piece in part.split(";")]
        found[kind] = max(found.get(kind, 0.0), _quality(parameters))
    return found


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
