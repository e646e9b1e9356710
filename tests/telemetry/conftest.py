"""Spans in memory, for tests that look at them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from inventory.logs import Redaction
from inventory.telemetry.tracing import TRACING


class Spans:
    """What was recorded."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self.exporter = exporter

    def all(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.all() if span.name == name]

    def path(self, span: ReadableSpan) -> list[str]:
        """The names of a span and of those that it lies in, the innermost first."""
        known = {each.context.span_id: each for each in self.all() if each.context}
        found = [span.name]
        while span.parent is not None and span.parent.span_id in known:
            span = known[span.parent.span_id]
            found.append(span.name)
        return found

    def text(self) -> str:
        return "\n".join(span.to_json() for span in self.all())


@pytest.fixture
def spans() -> Iterator[Spans]:
    exporter = InMemorySpanExporter()
    TRACING.turn_on("test", Redaction(["hunter2hunter2"]), endpoint=None, exporter=exporter)
    yield Spans(exporter)
    TRACING.turn_off()
