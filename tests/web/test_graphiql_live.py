"""The page against the service itself: a subscription by a socket, with the token of its headers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from inventory.web.pages import BUNDLE
from tests.web.chromium import CHROMIUM, chromium, new_page
from tests.web.runs import Runs
from tests.web.serving import serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(
        not (BUNDLE / "index.html").exists(), reason="GraphiQL is not built; run `make web`"
    ),
]
TOKEN = {"name": "reader", "sha256": hashlib.sha256(b"s3cret").hexdigest()}


def test_the_page_watches_a_run_with_a_token(
    database: str, redis_url: str, tmp_path: Path
) -> None:
    run_id = Runs(database).completed()
    text = f'subscription Watch {{ taskEvents(id: "{run_id}") {{ sequence state }} }}'
    with (
        serving(database, redis_url, auth={"tokens": [TOKEN]}) as url,
        chromium(tmp_path) as browser,
        new_page(browser) as page,
    ):
        page.open(f"{url}/")
        page.until(page.editor("request-headers.json") + " !== undefined")
        page.write("request-headers.json", '{"Authorization": "Bearer s3cret"}')
        page.write("operation.graphql", text)
        page.until("document.querySelector('.graphiql-tab-active').innerText.includes('Watch')")
        page.click(".graphiql-execute-button")

        page.until(f"{page.editor('response.json')}?.includes('completed')")
        assert page.sockets == [f"{url.replace('http', 'ws')}/graphql"]


def test_the_page_asks_for_no_schema_where_none_is_told(
    database: str, redis_url: str, tmp_path: Path
) -> None:
    with (
        serving(database, redis_url, introspection=False) as url,
        chromium(tmp_path) as browser,
        new_page(browser) as page,
    ):
        page.open(f"{url}/")
        page.until(page.editor("operation.graphql"))
        page.write("operation.graphql", "query Kind { __typename }")
        page.until("document.querySelector('.graphiql-tab-active').innerText.includes('Kind')")
        page.click(".graphiql-execute-button")

        page.until(f"{page.editor('response.json')}?.includes('Query')")
        assert page.complaints == []
