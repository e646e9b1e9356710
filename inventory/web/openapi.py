"""`/openapi.json`: FastAPI's own routes and, typed for each table, those of REST."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from inventory.graph import naming
from inventory.rest.formats import CSV, JSON, NDJSON
from inventory.rest.schemas import ref, row_schema, schemas_of
from inventory.rest.tables import Table
from inventory.web.compression import compress
from inventory.web.problems import PROBLEM
from inventory.web.rest import ROOT, RestEndpoint

REFUSALS = {
    400: "A parameter cannot be used; `parameter` names it.",
    401: "No token that this service knows was sent.",
    403: "The caller may not ask this.",
    404: "There is no such row.",
    406: "None of the accepted media types is offered.",
    414: "The query string is too long.",
    429: "Too much is asked at once; `Retry-After` says when to try again.",
    500: "A defect; `trace` finds it in the service's log.",
    503: "The database does not answer; `Retry-After` says when to try again.",
    504: "The statement took too long; ask for less at a time.",
}


class OpenAPIEndpoint:
    """Serves the document, made when it is first asked for."""

    def __init__(self, app: FastAPI, rest: RestEndpoint, *, secured: bool) -> None:
        self.app = app
        self.rest = rest
        self.secured = secured
        self._written = lru_cache(maxsize=4)(self._write)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method not in ("GET", "HEAD"):
            await Response(status_code=405, headers={"allow": "GET, HEAD"})(scope, receive, send)
            return
        written = self._written(scope.get("root_path", "").rstrip("/"))
        body, encoding = compress(written, request.headers.get("accept-encoding", ""))
        headers = {"vary": "Accept-Encoding", "cache-control": "no-cache"}
        if encoding:
            headers["content-encoding"] = encoding
        await Response(body, headers=headers, media_type="application/json")(scope, receive, send)

    def document(self, root_path: str = "") -> dict[str, Any]:
        """The description of every route, for clients that find the service below `root_path`."""
        found = get_openapi(
            title=self.app.title,
            version=self.app.version,
            description=self.app.description,
            routes=self.app.routes,
        )
        tables = self.rest.tables.by_name.values()
        found["servers"] = [{"url": root_path or "/"}]
        found["tags"] = _tags(tables)
        found["paths"] |= {ROOT: {"get": self._operation(INDEX)}}
        for table in tables:
            found["paths"][f"{ROOT}/{table.name}"] = {"get": self._operation(_list(table))}
            if table.link is None:
                path = f"{ROOT}/{table.name}/{{id}}"
                found["paths"][path] = {"get": self._operation(_get(table))}
        components = found.setdefault("components", {})
        known = components.setdefault("schemas", {})
        known |= schemas_of(self.rest.questions.inputs, tables) | {"Problem": PROBLEM_SCHEMA}
        for table in tables:
            known[table.type_name] = row_schema(table)
            known[f"{table.type_name}Page"] = _page_schema(table)
        components["parameters"] = PARAMETERS
        components["responses"] = {
            str(status): {
                "description": description,
                "content": {PROBLEM: {"schema": ref("Problem")}},
            }
            for status, description in REFUSALS.items()
        }
        components["securitySchemes"] = {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token of `api.auth`; not asked for where none is configured.",
            }
        }
        return found

    def _operation(self, made: dict[str, Any]) -> dict[str, Any]:
        refusals = {str(status): {"$ref": f"#/components/responses/{status}"} for status in REFUSALS}
        token: dict[str, list[str]] = {"bearer": []}
        return made | {
            "responses": made["responses"] | refusals,
            "security": [token] if self.secured else [token, {}],
        }

    def _write(self, root_path: str) -> bytes:
        return orjson.dumps(self.document(root_path))


def _tags(tables: Any) -> list[dict[str, str]]:
    labels = {"nexus": "Links between sources."}
    for table in tables:
        labels.setdefault(table.source, f"Tables of the source `{table.source}`.")
    return [{"name": name, "description": text} for name, text in sorted(labels.items())]


def _list(table: Table) -> dict[str, Any]:
    if table.link is None:
        plural = naming.root_many(table.shape.model)
        operation = f"list{plural[0].upper()}{plural[1:]}"
    else:
        operation = f"list{table.type_name}s"
    rows = f"One {table.type_name} a line."
    return {
        "operationId": operation,
        "tags": [table.source],
        "summary": table.first_sentence,
        "description": f"{table.doc}\n\nA page as JSON, or all rows as NDJSON or CSV.",
        "parameters": [
            {
                "name": "where",
                "in": "query",
                "description": "Only rows for which this holds; as in GraphQL.",
                "content": {"application/json": {"schema": ref(f"{table.type_name}Where")}},
            },
            {
                "name": "fields",
                "in": "query",
                "description": "Only these fields, in this order; all when left out.",
                "style": "form",
                "explode": False,
                "schema": _fields_schema(table),
            },
            *({"$ref": f"#/components/parameters/{name}"} for name in PARAMETERS),
        ],
        "responses": {
            "200": {
                "description": "Rows.",
                "headers": {
                    "Link": {
                        "description": 'The next page, `rel="next"`; with JSON, if there is one.',
                        "schema": {"type": "string"},
                    }
                },
                "content": {
                    JSON.media_types[0]: {"schema": ref(f"{table.type_name}Page")},
                    NDJSON.media_types[0]: {"schema": {"type": "string", "description": rows}},
                    CSV.media_types[0]: {
                        "schema": {"type": "string", "description": f"RFC 4180. {rows}"}
                    },
                },
            }
        },
    }


def _get(table: Table) -> dict[str, Any]:
    return {
        "operationId": f"get{table.type_name}",
        "tags": [table.source],
        "summary": f"One row of {table.name}, by its id.",
        "parameters": [
            {
                "name": "id",
                "in": "path",
                "required": True,
                "description": f"Its global id, `{table.name}:…`, or the UUID in it.",
                "schema": {"type": "string", "minLength": 1},
            },
            {
                "name": "fields",
                "in": "query",
                "description": "Only these fields, in this order; all when left out.",
                "style": "form",
                "explode": False,
                "schema": _fields_schema(table),
            },
        ],
        "responses": {
            "200": {
                "description": "The row.",
                "content": {"application/json": {"schema": ref(table.type_name)}},
            }
        },
    }


def _fields_schema(table: Table) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"type": "string", "enum": [*table.fields]},
        "minItems": 1,
        "uniqueItems": True,
    }


def _page_schema(table: Table) -> dict[str, Any]:
    return {
        "type": "object",
        "description": f"A page of {table.name}.",
        "required": ["items", "next"],
        "additionalProperties": False,
        "properties": {
            "items": {"type": "array", "items": ref(table.type_name)},
            "count": {
                "type": "integer",
                "minimum": 0,
                "description": "All rows that the condition selects; with `count=true`.",
            },
            "next": {
                "type": ["string", "null"],
                "description": "What `after` takes for the next page; null on the last.",
            },
        },
    }


INDEX = {
    "operationId": "listTables",
    "tags": ["common"],
    "summary": "Every table, with its address.",
    "parameters": [],
    "responses": {
        "200": {
            "description": "The tables.",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["tables", "openapi"],
                        "properties": {
                            "tables": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["table", "kind", "source", "type", "href"],
                                    "properties": {
                                        name: {"type": "string"}
                                        for name in (
                                            *("table", "kind", "source", "type", "description"),
                                            *("href", "csv", "ndjson"),
                                        )
                                    },
                                },
                            },
                            "openapi": {"type": "string"},
                        },
                    }
                }
            },
        }
    },
}

PARAMETERS: dict[str, Any] = {
    "orderBy": {
        "name": "orderBy",
        "in": "query",
        "description": "Sort keys with commas between them, `-` before those that descend, dots through "
        "objects: `name,-createdAt,region.name`. Or JSON as in GraphQL. The id is always the last.",
        "schema": {"type": "string", "minLength": 1},
    },
    "first": {
        "name": "first",
        "in": "query",
        "description": "This many rows. JSON: 50 when left out, and 1000 at most if nothing else is "
        "configured; the other forms: all when left out.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "after": {
        "name": "after",
        "in": "query",
        "description": "Only rows behind this cursor: `next` of a page in the same order.",
        "schema": {"type": "string", "minLength": 1},
    },
    "count": {
        "name": "count",
        "in": "query",
        "description": "Count all rows too; with JSON.",
        "schema": {"type": "boolean", "default": False},
    },
    "format": {
        "name": "format",
        "in": "query",
        "description": "The form, whatever `Accept` says; also as a suffix of the path, `.csv`.",
        "schema": {"type": "string", "enum": ["json", "ndjson", "csv"]},
    },
    "formulas": {
        "name": "formulas",
        "in": "query",
        "description": "`escape` puts `'` before text in CSV that a spreadsheet would run: it starts "
        "with =, +, -, @, a tab or a carriage return.",
        "schema": {"type": "string", "enum": ["keep", "escape"], "default": "keep"},
    },
}

PROBLEM_SCHEMA = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "enum": sorted({s.phrase for s in HTTPStatus if s >= 400})},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What is wrong, and what to do."},
        "code": {"type": "string", "description": "The same as in GraphQL: `BAD_USER_INPUT`."},
        "parameter": {"type": "string", "description": "The parameter that it is about."},
        "suggestions": {"type": "array", "items": {"type": "string"}},
        "trace": {"type": "string", "description": "What to look for in the service's log."},
    },
}
