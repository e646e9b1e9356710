"""The start page: GraphiQL with example queries, or a small page of our own until that is built.

Everything a browser needs comes from here, so the page works where no other host can be reached.
"""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse
from graphql import GraphQLSyntaxError, NonNullTypeNode, OperationDefinitionNode, parse

from inventory.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

STATIC = Path(__file__).parent / "static"
BUNDLE = STATIC / "graphiql"
"""Where `make web` puts GraphiQL; absent in a checkout until then."""
EXAMPLES = STATIC / "examples"
"""In a checkout a symbolic link to `examples/queries`, in a wheel its files."""

SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'self'",
            # `connect-src 'self'` covers the WebSocket of subscriptions too.
            "connect-src 'self'",
            "script-src 'self'",
            # The editor sizes and colours its lines by style elements.
            "style-src 'self' 'unsafe-inline'",
            "font-src 'self' data:",
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Asset names hold a hash of their content, all other names stay.
FOREVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"

# Of the files we ship; the platform's own table is wrong often enough (`.js` on Windows).
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
}
OUR_FILES = ("icon.svg", "page.css", "page.js")


@dataclass(frozen=True)
class Example:
    """A query worth knowing, as a file of `examples/queries` spells it."""

    title: str
    description: str
    query: str
    """The operation under its title, ready for an editor."""
    variables: Mapping[str, Any]
    kind: str
    """`query`, `mutation` or `subscription`: only a query runs when it is opened."""


def load_examples(folder: Path = EXAMPLES) -> list[Example]:
    """Read `*.graphql` in the order of their names.

    A file starts with comments: its title on the first line, then its description, and where its
    operation has variables one line `# variables: {…}`. It holds one operation.

    Raises ConfigError naming the file.
    """
    examples = [_read(path) for path in sorted(folder.glob("*.graphql"))]
    titles = [example.title for example in examples]
    for title in titles:
        if titles.count(title) > 1:
            raise ConfigError(f"{folder}: two examples are called {title!r}.")
    return examples


def router(
    endpoint: str,
    examples: Sequence[Example],
    *,
    bundle: Path = BUNDLE,
    introspection: bool = True,
) -> APIRouter:
    """Serve the page at the application's root.

    `endpoint` is the path of GraphQL below that root, `/graphql`. A prefix under which a proxy or a
    mount puts the application is taken from the request's `root_path`. The bundle may appear while
    the server runs.
    """
    routes = APIRouter(include_in_schema=False)
    described = json.dumps([asdict(example) for example in examples], ensure_ascii=False).encode()

    @routes.api_route("/", methods=["GET", "HEAD"])
    def page(request: Request) -> Response:
        built = bundle / "index.html"
        template = built if built.is_file() else STATIC / "page.html"
        text = _place(template.read_text("utf-8"), request.scope.get("root_path", ""), endpoint)
        if not introspection:
            told = '<head>\n    <meta name="graphql-introspection" content="off">'
            text = text.replace("<head>", told, 1)
        return _answer(request, text.encode(), "text/html; charset=utf-8")

    @routes.api_route("/examples.json", methods=["GET", "HEAD"])
    def examples_json(request: Request) -> Response:
        return _answer(request, described, "application/json")

    @routes.api_route("/assets/{name}", methods=["GET", "HEAD"])
    def asset(name: str, request: Request) -> Response:
        path = bundle / "assets" / name
        media_type = MEDIA_TYPES.get(path.suffix)
        if media_type is None or path.name != name or not path.is_file():
            reason = f"The page has no file assets/{name}; reload it."
            raise HTTPException(404, reason, SECURITY_HEADERS)
        headers = SECURITY_HEADERS | {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        packed = path.with_name(f"{name}.gz")
        if "gzip" in request.headers.get("accept-encoding", "") and packed.is_file():
            path = packed
            headers["Content-Encoding"] = "gzip"
        return FileResponse(path, media_type=media_type, headers=headers)

    def ours(request: Request) -> Response:
        path = STATIC / request.url.path.rpartition("/")[2]
        return _answer(request, path.read_bytes(), MEDIA_TYPES[path.suffix])

    for name in OUR_FILES:
        routes.add_api_route(f"/{name}", ours, methods=["GET", "HEAD"])
    return routes


def _place(page: str, root_path: str, endpoint: str) -> str:
    """Tell the page where it lies and, relative to that, where to send its queries."""
    base = html.escape(f"{root_path.rstrip('/')}/")
    target = html.escape(endpoint.lstrip("/"))
    head = (
        f'<head>\n    <base href="{base}">\n    <meta name="graphql-endpoint" content="{target}">'
    )
    return page.replace("<head>", head, 1)


def _answer(request: Request, body: bytes, media_type: str) -> Response:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = SECURITY_HEADERS | {"Cache-Control": ASK_FIRST, "ETag": etag}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        headers |= {"Content-Length": str(len(body))}
        return Response(media_type=media_type, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _read(path: Path) -> Example:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}.") from error
    comments = list(_leading_comments(text))
    title, *rest = comments or [""]
    variables: dict[str, Any] = {}
    description = []
    for comment in rest:
        label, colon, value = comment.partition(":")
        if colon and label == "variables":
            variables = _variables(path, value)
        else:
            description.append(comment)
    if not title or not description:
        raise ConfigError(f"{path}: start with `# title` and a line `# description`.")
    operation = _operation(path, text)
    for declared in operation.variable_definitions or ():
        name = declared.variable.name.value
        required = isinstance(declared.type, NonNullTypeNode) and declared.default_value is None
        if required and name not in variables:
            raise ConfigError(f"{path}: ${name} needs a value in a line `# variables: {{…}}`.")
    body = "".join(text.splitlines(keepends=True)[len(comments) :]).lstrip()
    query = f"# {title}\n{body}"
    return Example(title, " ".join(description), query, variables, operation.operation.value)


def _leading_comments(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.startswith("#"):
            return
        yield line.removeprefix("#").strip()


def _variables(path: Path, value: str) -> dict[str, Any]:
    try:
        variables = json.loads(value)
    except ValueError as error:
        raise ConfigError(f"{path}: the variables are not JSON: {error}.") from error
    if not isinstance(variables, dict):
        raise ConfigError(f"{path}: the variables must be a JSON object, not {value.strip()}.")
    return variables


def _operation(path: Path, text: str) -> OperationDefinitionNode:
    try:
        definitions = parse(text).definitions
    except GraphQLSyntaxError as error:
        line = error.locations[0].line if error.locations else 1
        raise ConfigError(f"{path}, line {line}: {error.message}") from error
    operations = [node for node in definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) != 1:
        raise ConfigError(f"{path}: holds {len(operations)} operations; an example has one.")
    return operations[0]
