"""The page in a real browser that can reach nothing but this machine."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import strawberry
import uvicorn
from fastapi import FastAPI, Request
from strawberry.fastapi import GraphQLRouter

from inventory.web.pages import BUNDLE, Example, router
from tests.web.chromium import CHROMIUM, Page, chromium, new_page

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIXES = ["", "/cloud/inventory"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
needs_bundle = pytest.mark.skipif(
    not (BUNDLE / "index.html").exists(), reason="GraphiQL is not built; run `make web`"
)

EXAMPLES = [
    Example(
        "Named",
        "Greets by name.",
        "query Named($name: String!) { hello(name: $name) }\n",
        {"name": "Ada"},
        "query",
    ),
    Example("Hello", "Greets.", 'query Hello { hello(name: "world") }\n', {}, "query"),
    Example("Count", "Counts.", "mutation Count { count }\n", {}, "mutation"),
    Example("Watch", "Waits.", "subscription Watch { ticks }\n", {}, "subscription"),
]


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str) -> str:
        return f"Hello {name}"

    @strawberry.field
    def token(self, info: strawberry.Info) -> str:
        request: Request = info.context["request"]
        return request.headers.get("authorization", "none")


@strawberry.type
class Mutation:
    @strawberry.mutation
    def count(self) -> int:
        return next(mutated)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 41
        yield 42


mutated = itertools.count(1)


def application(bundle: Path) -> FastAPI:
    schema = strawberry.Schema(Query, Mutation, Subscription)
    app = FastAPI()
    app.include_router(router("/graphql", EXAMPLES, bundle=bundle))
    app.include_router(GraphQLRouter[Any, Any](schema, graphql_ide=None), prefix="/graphql")
    return app


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The application at the root and below a prefix, and at /small as it is without its bundle."""
    app = application(BUNDLE)
    app.mount(PREFIXES[1], application(BUNDLE))
    app.mount("/small", application(tmp_path_factory.mktemp("unbuilt")))
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        uvicorn_server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=uvicorn_server.run, args=([listener],))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        uvicorn_server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chromium(tmp_path_factory.mktemp("profile")) as address:
        yield address


@pytest.fixture
def page(browser: str, server: str) -> Iterator[Page]:
    """A fresh tab; whatever a test does, it asks no other host and the console stays clean."""
    with new_page(browser) as page:
        yield page

        reached = [url for url in page.requests if not url.startswith((server, "data:", "blob:"))]
        assert reached == []
        assert page.complaints == []


def example(number: int) -> str:
    return f".examples li:nth-child({number}) button"


@needs_bundle
@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_page_opens_with_the_first_example_and_opens_no_socket(
    page: Page, server: str, prefix: str
) -> None:
    page.open(f"{server}{prefix}/")

    page.until(f"{page.editor('operation.graphql')} === {json.dumps(EXAMPLES[0].query)}")
    page.until("document.querySelector('.monaco-editor .view-line')")
    page.until("document.title === 'Inventory'")
    assert page.evaluate("document.querySelectorAll('.examples li').length") == 4
    assert page.sockets == []


@needs_bundle
@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_click_on_an_example_runs_it_and_shows_the_answer(
    page: Page, server: str, prefix: str
) -> None:
    page.open(f"{server}{prefix}/")
    page.until(page.editor("operation.graphql"))

    page.click(example(2))

    page.until(f"{page.editor('response.json')}?.includes('Hello world')")
    assert page.evaluate(page.editor("variables.json")) == ""
    assert f"{server}{prefix}/graphql" in page.requests
    assert page.evaluate("document.querySelectorAll('.graphiql-tab').length") == 2

    page.click(example(1))

    page.until(f"{page.editor('response.json')}?.includes('Hello Ada')")
    assert json.loads(page.evaluate(page.editor("variables.json"))) == {"name": "Ada"}
    assert page.evaluate("document.querySelectorAll('.graphiql-tab').length") == 2


@needs_bundle
def test_the_first_example_runs_as_it_stands_and_is_as_it_was_left_after_a_reload(
    page: Page, server: str
) -> None:
    page.open(f"{server}/")
    page.until(f"{page.editor('variables.json')}?.includes('Ada')")

    page.click(".graphiql-execute-button")
    page.until(f"{page.editor('response.json')}?.includes('Hello Ada')")
    page.write("variables.json", '{"name": "Grace"}')
    page.until("localStorage['graphiql:tabState']?.includes('Grace')")
    page.open(f"{server}/")

    page.until(f"{page.editor('variables.json')}?.includes('Grace')")
    page.until(f"{page.editor('operation.graphql')} === {json.dumps(EXAMPLES[0].query)}")
    assert page.evaluate("document.querySelectorAll('.graphiql-tab').length") == 1


@needs_bundle
def test_a_mutation_is_opened_and_waits_for_its_reader(page: Page, server: str) -> None:
    before = next(mutated)
    page.open(f"{server}/")
    page.until(page.editor("operation.graphql"))

    page.click(example(3))

    page.until(f"{page.editor('operation.graphql')}.includes('mutation Count')")
    time.sleep(0.3)  # Long enough for a request that should not be.
    assert next(mutated) == before + 1
    page.click(".graphiql-execute-button")
    page.until(f"{page.editor('response.json')}?.includes('\"count\"')")


@needs_bundle
def test_the_explorer_shows_the_schema(page: Page, server: str) -> None:
    page.open(f"{server}/")

    page.click('button[aria-label="Show GraphiQL Explorer"]')

    page.until("document.querySelector('.graphiql-explorer-root')?.innerText.includes('hello')")


@needs_bundle
@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_subscription_opens_a_socket_to_the_same_endpoint(
    page: Page, server: str, prefix: str
) -> None:
    page.open(f"{server}{prefix}/")
    page.until(page.editor("operation.graphql"))

    page.click(example(4))
    page.until(f"{page.editor('operation.graphql')}.includes('Watch')")
    assert page.sockets == []
    page.click(".graphiql-execute-button")

    page.until(f"{page.editor('response.json')}?.includes('42')")
    assert page.sockets == [f"{server.replace('http', 'ws')}{prefix}/graphql"]


@needs_bundle
def test_a_token_is_sent_and_not_kept(page: Page, server: str) -> None:
    page.open(f"{server}/")
    page.until(page.editor("request-headers.json") + " !== undefined")

    page.write("request-headers.json", '{"Authorization": "Bearer s3cret"}')
    page.write("operation.graphql", "query Token { token }")
    page.until("document.querySelector('.graphiql-tab-active').innerText.includes('Token')")
    page.click(".graphiql-execute-button")

    page.until(f"{page.editor('response.json')}?.includes('Bearer s3cret')")
    page.until("localStorage['graphiql:queries'] && localStorage['graphiql:tabState']")
    page.until("localStorage['graphiql:tabState'].includes('query Token')")
    stored = page.evaluate("JSON.stringify(localStorage)")
    assert "query Token" in json.loads(stored)["graphiql:queries"]
    assert "s3cret" not in stored


def test_the_small_page_runs_an_example_and_says_how_to_get_the_full_one(
    page: Page, server: str
) -> None:
    page.open(f"{server}/small/")

    page.click("#examples li:nth-child(1) button")

    page.until("document.querySelector('#answer').innerText.includes('Hello Ada')")
    assert "make web" in page.evaluate("document.querySelector('header').innerText")
