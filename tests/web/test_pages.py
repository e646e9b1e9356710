"""The start page's files and headers, and the example queries, without a browser."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI
from graphql import GraphQLSchema, build_schema, parse, validate

from inventory.errors import ConfigError
from inventory.web.pages import Example, load_examples, router

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HELLO = Example("Hello", "Greets.", "# Hello\nquery Hello { hello }\n", {"n": 1}, "query")
SCHEMA = Path(__file__).parents[2] / "schema.graphql"
SCRIPT = "main-5fA_1.js"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle as Vite writes it, smaller."""
    assets = tmp_path / "graphiql" / "assets"
    assets.mkdir(parents=True)
    (assets.parent / "index.html").write_text("<html><head></head>GraphiQL</html>")
    (assets / SCRIPT).write_text("start()")
    (assets / f"{SCRIPT}.gz").write_bytes(gzip.compress(b"start()"))
    (assets / "notes.txt").write_text("not for browsers")
    return assets.parent


@pytest.fixture
async def client(bundle: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with browse(bundle) as client:
        yield client


def browse(bundle: Path, *, root_path: str = "", mount: str = "") -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(router("/graphql", [HELLO], bundle=bundle))
    if mount:
        outer = FastAPI()
        outer.mount(mount, app)
        app = outer
    transport = httpx.ASGITransport(app, root_path=root_path)
    return httpx.AsyncClient(transport=transport, base_url="http://inventory.test")


async def test_the_page_is_graphiql_once_that_is_built(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "GraphiQL" in answer.text
    assert '<base href="/">' in answer.text
    assert '<meta name="graphql-endpoint" content="graphql">' in answer.text


async def test_without_the_bundle_the_page_is_ours_and_says_how_to_get_the_other(
    tmp_path: Path,
) -> None:
    async with browse(tmp_path / "absent") as client:
        page = await client.get("/")
        parts = [await client.get(f"/{name}") for name in ("page.js", "page.css", "icon.svg")]

    assert "<code>make web</code>" in page.text
    assert [part.status_code for part in parts] == [200, 200, 200]
    assert [part.headers["content-type"] for part in parts] == [
        "text/javascript; charset=utf-8",
        "text/css; charset=utf-8",
        "image/svg+xml",
    ]
    assert len(page.content) + sum(len(part.content) for part in parts) < 6_000


async def test_the_bundle_may_appear_while_the_server_runs(tmp_path: Path) -> None:
    async with browse(tmp_path) as client:
        before = await client.get("/")
        (tmp_path / "index.html").write_text("<head></head>GraphiQL")
        after = await client.get("/")

    assert "make web" in before.text
    assert "GraphiQL" in after.text
    assert before.headers["etag"] != after.headers["etag"]


@pytest.mark.parametrize(
    "prefix", [{"root_path": "/cloud/inventory"}, {"mount": "/cloud/inventory"}]
)
async def test_the_page_knows_its_prefix(bundle: Path, prefix: dict[str, str]) -> None:
    async with browse(bundle, **prefix) as client:
        answer = await client.get(f"{prefix.get('mount', '')}/")

    assert '<base href="/cloud/inventory/">' in answer.text
    assert '<meta name="graphql-endpoint" content="graphql">' in answer.text


async def test_a_prefix_cannot_break_out_of_its_attribute(bundle: Path) -> None:
    async with browse(bundle, root_path='/"><script>') as client:
        answer = await client.get("/")

    assert "<script>" not in answer.text


@pytest.mark.parametrize("path", ["/", "/examples.json", "/icon.svg", f"/assets/{SCRIPT}"])
async def test_every_answer_forbids_what_the_page_does_not_need(
    client: httpx.AsyncClient, path: str
) -> None:
    headers = (await client.get(path)).headers

    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "http" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", "/examples.json", "/icon.svg", f"/assets/{SCRIPT}"])
async def test_head_answers_as_get_without_a_body(client: httpx.AsyncClient, path: str) -> None:
    got = await client.get(path)
    head = await client.head(path)

    assert head.status_code == 200
    assert head.content == b""
    for header in ("content-length", "content-type", "cache-control", "etag"):
        assert head.headers[header] == got.headers[header]


async def test_hashed_assets_are_kept_for_good_and_sent_compressed(
    client: httpx.AsyncClient,
) -> None:
    packed = await client.get(f"/assets/{SCRIPT}")
    plain = await client.get(f"/assets/{SCRIPT}", headers={"accept-encoding": "identity"})

    assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert packed.headers["content-type"] == "text/javascript; charset=utf-8"
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text == "start()"


@pytest.mark.parametrize("path", ["/", "/examples.json", "/icon.svg"])
async def test_what_keeps_its_name_is_asked_for_again_but_sent_once(
    client: httpx.AsyncClient, path: str
) -> None:
    first = await client.get(path)
    second = await client.get(path, headers={"if-none-match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert second.status_code == 304
    assert second.content == b""


@pytest.mark.parametrize(
    "name", ["main-old.js", "notes.txt", "%2e%2e%2findex.html", f"{SCRIPT}.gz", "%00.js"]
)
async def test_there_is_no_other_asset(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/assets/{name}")

    assert answer.status_code == 404


async def test_a_missing_asset_says_what_to_do(client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets/main-old.js")

    assert answer.json() == {"detail": "The page has no file assets/main-old.js; reload it."}
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_examples_are_json(client: httpx.AsyncClient) -> None:
    answer = await client.get("/examples.json")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == [
        {
            "title": "Hello",
            "description": "Greets.",
            "query": "# Hello\nquery Hello { hello }\n",
            "variables": {"n": 1},
            "kind": "query",
        }
    ]


def test_examples_are_read_in_the_order_of_their_files(tmp_path: Path) -> None:
    (tmp_path / "20-second.graphql").write_text("# Second\n# It waits.\n\nmutation M { m }\n")
    (tmp_path / "10-first.graphql").write_text(
        "# First → one\n# It takes\n# two lines.\n"
        '# variables: {"name": "Ada"}\n'
        "query Q($name: String!, $n: Int! = 1) {\n  # Kept.\n  q(name: $name, n: $n)\n}\n"
    )
    (tmp_path / "README.md").write_text("not an example")

    assert load_examples(tmp_path) == [
        Example(
            "First → one",
            "It takes two lines.",
            "# First → one\nquery Q($name: String!, $n: Int! = 1) {\n"
            "  # Kept.\n  q(name: $name, n: $n)\n}\n",
            {"name": "Ada"},
            "query",
        ),
        Example("Second", "It waits.", "# Second\nmutation M { m }\n", {}, "mutation"),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("query { a }", "start with `# title` and a line `# description`"),
        ("# Title\nquery { a }", "start with `# title` and a line `# description`"),
        ("# Title\n# What.\nquery {", "line 3: Syntax Error: Expected Name, found <EOF>."),
        ("# Title\n# What.\n", "Syntax Error: Unexpected <EOF>."),
        ("# Title\n# What.\nquery A { a }\nquery B { b }", "holds 2 operations"),
        ("# Title\n# What.\nfragment F on A { a }", "holds 0 operations"),
        ("# Title\n# What.\n# variables: {n: 1}\nquery { a }", "the variables are not JSON"),
        ("# Title\n# What.\n# variables: [1]\nquery { a }", "must be a JSON object, not [1]"),
        ("# Title\n# What.\nquery Q($n: Int!) { a(n: $n) }", "$n needs a value"),
        ("# Title\n# variables: {}\nquery { a }", "start with `# title` and a line"),
    ],
)
def test_an_example_that_cannot_be_used_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "broken.graphql").write_text(text)

    with pytest.raises(ConfigError) as raised:
        load_examples(tmp_path)

    assert str(raised.value).startswith(str(tmp_path / "broken.graphql"))
    assert complaint in str(raised.value)


def test_an_example_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.graphql").write_bytes(b"# caf\xe9\n# What.\nquery { a }")

    with pytest.raises(ConfigError, match=r"broken\.graphql: not UTF-8"):
        load_examples(tmp_path)


def test_two_examples_of_one_title_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.graphql").write_text("# Same\n# What.\nquery { a }")

    with pytest.raises(ConfigError, match="two examples are called 'Same'"):
        load_examples(tmp_path)


def test_the_examples_that_we_ship_are_found() -> None:
    titles = [example.title for example in load_examples()]

    assert titles[:5] == [
        "VPC → Shoot → Project",
        "Region → VPC → Instance → Machine → Shoot",
        "VPCs without a shoot",
        "Shoots per project",
        "Collect again",
    ]
    assert {"Recent runs", "How fresh is it?"} <= set(titles)


@pytest.mark.parametrize("example", load_examples(), ids=lambda example: example.title)
def test_an_example_that_we_ship_fits_the_schema(example: Example) -> None:
    assert validate(shipped_schema(), parse(example.query)) == []


@cache
def shipped_schema() -> GraphQLSchema:
    return build_schema(SCHEMA.read_text("utf-8"))
