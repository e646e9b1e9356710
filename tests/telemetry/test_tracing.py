"""Spans reach from the request to the statement, and off they cost nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from inventory.catalog import Catalog
from inventory.config import Config
from inventory.errors import ConfigError
from inventory.runtime.queue import Queue
from inventory.telemetry import tracing
from tests.telemetry.conftest import Spans
from tests.web.serving import serving

ROOT = Path(__file__).parents[2]
TASK = "common:task:delete-completed-tasks"
TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


@pytest.fixture
def asked(spans: Spans, database: str, redis_url: str) -> Spans:
    secret = "value-of-a-variable"
    with serving(database, redis_url) as url:
        query = "query Named($n: String) { awsVpcs(where: {name: {eq: $n}}) { nodes { name } } }"
        body = {"query": query, "variables": {"n": secret}}
        httpx.post(f"{url}/graphql", json=body, headers=TRACEPARENT)
        literal = '{ awsVpcs(where: {name: {eq: "literal-of-a-query"}}) { totalCount } }'
        httpx.post(f"{url}/graphql", json={"query": literal})
        httpx.post(f"{url}/graphql", json={"query": "query Wrong { nothing }"})
        mutation = (
            'mutation Go { enqueueTask(input: {task: "common:task:link-all"}) { __typename } }'
        )
        answer = httpx.post(f"{url}/graphql", json={"query": mutation}, headers=TRACEPARENT)
        assert "errors" not in answer.json(), answer.text
        httpx.get(f"{url}/healthz")
    return spans


def test_a_request_leads_to_its_operation_and_statement(asked: Spans) -> None:
    (operation,) = asked.named("query Named")
    statements = [s for s in asked.named("SELECT") if "query Named" in asked.path(s)]

    assert asked.path(statements[0]) == ["SELECT", "query Named", "POST /graphql"]
    assert operation.context
    assert f"{operation.context.trace_id:032x}" == TRACE
    about = dict(operation.attributes or {})
    assert about["graphql.operation.name"] == "Named"
    assert isinstance(about["inventory.cost.rows"], int)
    text = dict(statements[0].attributes or {})["db.query.text"]
    assert "$1" in str(text)
    (enqueued,) = asked.named("enqueue common:task:link-all")
    assert asked.path(enqueued)[1:] == ["mutation Go", "POST /graphql"]
    (wrong,) = (s for s in asked.all() if (s.attributes or {}).get("inventory.refused"))
    assert (wrong.attributes or {})["inventory.code"] == "GRAPHQL_VALIDATION_FAILED"
    assert not [span for span in asked.all() if "healthz" in span.name]
    # Neither values of variables nor literals of documents.
    assert "value-of-a-variable" not in asked.text()
    assert "literal-of-a-query" not in asked.text()


def test_a_failure_is_recorded_without_its_secrets(spans: Spans) -> None:
    with pytest.raises(ConfigError), tracing.span("outer"), tracing.span("inner"):
        raise ConfigError("postgresql://u:pw123@h and hunter2hunter2 are wrong")

    (inner,) = spans.named("inner")
    assert spans.path(inner) == ["inner", "outer"]
    assert not inner.status.is_ok
    (event,) = inner.events
    assert dict(event.attributes or {})["exception.type"] == "ConfigError"
    assert (inner.attributes or {})["error.type"] == "CONFIG_INVALID"
    assert "pw123" not in spans.text()
    assert "hunter2" not in spans.text()


@contextmanager
def receiver() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A receiver of OTLP over HTTP."""
    got: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_spans_reach_a_receiver_over_http(database: str, redis_url: str) -> None:
    config = Config.model_validate(
        {"database": {"dsn": database}, "redis": {"endpoint": redis_url}}
    )
    with receiver() as (url, got):
        assert tracing.turn_on("worker", str, f"{url}/")
        try:
            async with Queue.connected(config, Catalog.load()) as queue:
                await queue.enqueue(TASK, {"older_than": "9d"})
                ((traceparent,),) = await queue.ledger.fetch(
                    "SELECT traceparent FROM common_run WHERE task = %(task)s", {"task": TASK}
                )
        finally:
            tracing.turn_off()

    ((path, body),) = got
    assert path == "/v1/traces"
    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    said = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert said["service.name"] == "inventory-worker"
    (span,) = resource.scope_spans[0].spans
    assert span.name == f"enqueue {TASK}"
    assert traceparent.rpartition("-")[0] == f"00-{span.trace_id.hex()}-{span.span_id.hex()}"


def test_without_an_endpoint_nothing_is_imported_and_nothing_recorded() -> None:
    script = (
        "import sys, json; from inventory.telemetry import tracing;"
        " on = tracing.turn_on('x', str, None); span = tracing.span('a', {'b': 1});"
        " print(json.dumps([on, span is tracing.NOTHING, tracing.traceparent(),"
        " [m for m in sys.modules if m.startswith('opentelemetry')]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, env={}
    )

    assert json.loads(done.stdout) == [False, True, None, []]


def test_an_endpoint_without_opentelemetry_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracing, "find_spec", lambda name: None)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318")

    with pytest.raises(ConfigError, match=r"OTEL_EXPORTER_OTLP_ENDPOINT.*inventory\[otel\]"):
        tracing.turn_on("api", str, None)
