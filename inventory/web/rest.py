"""`/api/v1`: tables as JSON, NDJSON and CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
import psycopg
from psycopg_pool import PoolTimeout
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from inventory.core.access import Caller
from inventory.errors import QueryError
from inventory.graph import errors
from inventory.graph.limits import Limits
from inventory.graph.schema import Schema
from inventory.rest import formats, statements
from inventory.rest.asking import Questions, unknown
from inventory.rest.formats import CSV, FORMATS, JSON, NDJSON, Format
from inventory.rest.tables import NOT_FOUND, Table, Tables, shown
from inventory.web import problems
from inventory.web.bodies import Malformed
from inventory.web.compression import compress
from inventory.web.problems import PROBLEM, Problem
from inventory.web.service import Service, counted_as
from inventory.web.streams import Exports

ROOT = "/api/v1"
LIST = ("where", "orderBy", "first", "after", "fields", "count", "format", "formulas")
ONE = ("fields", "format")
EVERYWHERE = {
    "vary": "Accept, Accept-Encoding, Authorization",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True)
class Response:
    """An answer that is written in one piece."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] | None = None


class RestEndpoint:
    """An ASGI application below ROOT."""

    def __init__(self, service: Service, schema: Schema, limits: Limits, timeout: str) -> None:
        self.service = service
        self.tables = Tables(schema.projection)
        self.questions = Questions(schema.projection, lambda: schema.graphql, limits)
        self.limits = limits
        self.timeout = timeout
        self.exports = Exports(service.leaving)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            found = await self._answer(request, receive, send)
        except Problem as problem:
            found = Response(problem.body(), problem.status, PROBLEM, problem.headers)
        if found is not None:
            await _send(request, send, found)

    async def _answer(self, request: Request, receive: Receive, send: Send) -> Response | None:
        """The answer, or None if it was sent already."""
        try:
            caller = await self.service.admit(request)
            with self.service.guards.request(counted_as(caller, request.client)):
                return await self._found(request, caller, receive, send)
        except Malformed as refused:
            problem = Problem(str(refused), refused.code)
            problem.status = refused.status
            problem.headers = refused.headers
        except QueryError as error:
            problem = problems.from_query_error(error)
        except TimeoutError:
            problem = Problem("PostgreSQL had no row for a minute; ask for less", "TIMEOUT")
        except (psycopg.Error, PoolTimeout) as error:
            problem = problems.from_database(error, self.timeout)
        except Problem as already:
            problem = already
        except RecursionError:
            problem = Problem("what is asked is nested too deeply", "TOO_COSTLY")
        except Exception as error:  # noqa: BLE001 - the last place that can hide it from clients
            problem = problems.from_error(errors.masked(error))
        if problem.status in (429, 503):
            problem.headers.setdefault("Retry-After", "5")
        raise problem from None

    async def _found(
        self, request: Request, caller: Caller, receive: Receive, send: Send
    ) -> Response | None:
        if request.method not in ("GET", "HEAD"):
            problem = Problem("tables are read with GET", "METHOD_NOT_ALLOWED")
            problem.headers["Allow"] = "GET, HEAD"
            raise problem
        given = parameters(request.scope["query_string"], self.limits.body_bytes)
        steps = [step for step in _path(request).split("/") if step]
        if not steps:
            _only(given, ())
            return Response(self._index(request))
        name, suffix = _suffixed(steps[0]) if len(steps) == 1 else (steps[0], None)
        table = self.tables.get(name)
        database = self.service.databases.of(caller)
        if len(steps) == 1:
            form = _form(request, given, suffix, (JSON, NDJSON, CSV))
            _only(given, LIST)
            if form is JSON:
                return await self._page(request, database, table, given)
            asked = self.questions.read(table, given, whole=True)
            headers = {
                **EVERYWHERE,
                "content-type": form.content_type,
                "content-disposition": f'inline; filename="{table.name}.{form.name}"',
            }
            await self.exports.answer(
                request, receive, send, database, statements.stream(asked, form), form, headers
            )
            return None
        if len(steps) > 2:
            raise Problem(f"there is nothing at {shown(_path(request))}", NOT_FOUND)
        _form(request, given, None, (JSON,))
        _only(given, ONE)
        return Response(await self._one(database, table, steps[1], given))

    # -- answers ------------------------------------------------------------------------------------

    async def _page(
        self, request: Request, database: Any, table: Table, given: dict[str, str]
    ) -> Response:
        asked = self.questions.read(table, given, whole=False)
        statement = statements.page(asked)
        items, page, *count = await database.fetch(statement.sql, statement.parameters)
        place = orjson.loads(page)
        following = place["cursor"] if place["next"] else None
        parts = [b'{"items":', items]
        if count:
            parts += [b',"count":', count[0]]
        parts += [b',"next":', orjson.dumps(following), b"}"]
        headers = {}
        if following is not None:
            query = urlencode({**given, "after": following})
            headers["link"] = f'<{_prefix(request)}/{table.name}?{query}>; rel="next"'
        return Response(b"".join(parts), headers=headers)

    async def _one(
        self, database: Any, table: Table, row_id: str, given: dict[str, str]
    ) -> bytes:
        if table.link is not None:
            raise Problem(
                f"rows of {table.name} have no id; ask for those of an end with where=", NOT_FOUND
            )
        fields = self.questions.fields(table, given.get("fields"))
        name, colon, _ = row_id.partition(":")
        if colon and name != table.name and name in self.tables.by_name:
            raise Problem(
                f"{shown(row_id)} is an id of {name}, not of {table.name}",
                NOT_FOUND,
                suggestions=[f"{name}/{row_id}"],
            )
        statement = statements.one(table, row_id if colon else f"{table.name}:{row_id}", fields)
        (found,) = await database.fetch(statement.sql, statement.parameters)
        if found == b"null":
            raise Problem(
                f"{table.name} has no row {shown(row_id)}; ids look like "
                f"{table.name}:01234567-89ab-cdef-0123-456789abcdef",
                NOT_FOUND,
            )
        body: bytes = found
        return body

    def _index(self, request: Request) -> bytes:
        prefix = _prefix(request)
        return orjson.dumps(
            {
                "tables": [
                    {
                        "table": table.name,
                        "kind": table.kind,
                        "source": table.source,
                        "type": table.type_name,
                        "description": table.first_sentence,
                        "href": f"{prefix}/{table.name}",
                        "csv": f"{prefix}/{table.name}.csv",
                        "ndjson": f"{prefix}/{table.name}.ndjson",
                    }
                    for table in self.tables.by_name.values()
                ],
                "openapi": f"{request.scope.get('root_path', '').rstrip('/')}/openapi.json",
            }
        )


# -- requests ---------------------------------------------------------------------------------------


def parameters(query: bytes, limit: int) -> dict[str, str]:
    """The parameters of a query string, each once. Raises Problem."""
    if len(query) > limit:
        raise Problem(f"the query string is longer than {limit} bytes", "URI_TOO_LONG")
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50
        )
    except ValueError:
        raise Problem(
            "the query string is not UTF-8, or has too many parts", "BAD_REQUEST"
        ) from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise Problem(f"{shown(name)} is given twice", "BAD_USER_INPUT", parameter=name)
        if "\0" in value:
            raise Problem(f"{shown(name)} holds a NUL", "BAD_USER_INPUT", parameter=name)
        found[name] = value
    return found


def _only(given: dict[str, str], known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            hint = unknown(name, known) if known else "it takes none"
            raise Problem(
                f"there is no parameter {shown(name)} here; {hint}",
                "BAD_USER_INPUT",
                parameter=name,
            )


def _path(request: Request) -> str:
    found: str = request.path_params.get("path", "")
    return found


def _prefix(request: Request) -> str:
    return f"{request.scope.get('root_path', '').rstrip('/')}{ROOT}"


def _suffixed(step: str) -> tuple[str, Format | None]:
    """`aws_vpc.csv` → the table's name and the form."""
    name, _, suffix = step.rpartition(".")
    return (name, FORMATS[suffix]) if name and suffix in FORMATS else (step, None)


def _form(
    request: Request, given: dict[str, str], suffix: Format | None, offers: tuple[Format, ...]
) -> Format:
    """The form to answer in: as the suffix says, else `format=`, else `Accept`."""
    names = [offer.name for offer in offers]
    asked = given.get("format")
    if asked is not None and asked not in names:
        raise Problem(
            f"format is {' or '.join(names)}, not {shown(asked)}",
            "BAD_USER_INPUT",
            parameter="format",
        )
    if suffix is not None and asked not in (None, suffix.name):
        raise Problem(
            f"the path says {suffix.name} and format={asked}; leave one out",
            "BAD_USER_INPUT",
            parameter="format",
        )
    if suffix is not None:
        return suffix
    if asked is not None:
        return FORMATS[asked]
    return formats.accepted(request.headers.get("accept", ""), offers)


async def _send(request: Request, send: Send, found: Response) -> None:
    body, encoding = compress(found.body, request.headers.get("accept-encoding", ""))
    headers = {
        **EVERYWHERE,
        "content-type": found.content_type,
        "content-length": str(len(body)),
        **({"content-encoding": encoding} if encoding else {}),
        **(found.headers or {}),
    }
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": found.status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})
