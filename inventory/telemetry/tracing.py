"""Spans for OpenTelemetry: what was asked, the statement that answered it, the run, its listing.

Without an endpoint nothing of OpenTelemetry is imported and a span costs a tenth of a microsecond.
Spans never hold values of variables, parameters of statements or payloads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

from inventory import __version__
from inventory.errors import ConfigError, InventoryError

VARIABLES = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
LONGEST_TEXT = 8000


class Nothing:
    """A span of nobody who watches."""

    __slots__ = ()

    def __enter__(self) -> Nothing:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def set(self, attributes: Mapping[str, Any]) -> None:
        """Say more about it, once more is known."""

    def name(self, name: str) -> None:
        """Call it otherwise."""

    def fail(self, error: BaseException | str, code: str | None = None) -> None:
        """Record that it did not go well."""


class Span(Nothing):
    """A span that is recorded. Everything that is begun inside belongs to it."""

    __slots__ = ("_begun", "_inside", "_redact", "_token")

    def __init__(self, begun: Any, redact: Callable[[str], str]) -> None:
        self._begun = begun
        self._redact = redact

    def __enter__(self) -> Span:
        from opentelemetry import context, trace

        self._token = context.attach(trace.set_span_in_context(self._begun))
        return self

    def __exit__(self, *raised: object) -> None:
        from opentelemetry import context

        if isinstance(raised[1], BaseException):
            self.fail(raised[1])
        context.detach(self._token)
        self._begun.end()

    def set(self, attributes: Mapping[str, Any]) -> None:
        self._begun.set_attributes(_said(attributes))

    def name(self, name: str) -> None:
        self._begun.update_name(name[:200])

    def fail(self, error: BaseException | str, code: str | None = None) -> None:
        from opentelemetry.trace import Status, StatusCode

        text = self._redact(str(error))[:LONGEST_TEXT]
        if isinstance(error, BaseException):
            code = code or (error.code if isinstance(error, InventoryError) else None)
            kind = type(error).__qualname__
            self._begun.add_event("exception", {"exception.type": kind, "exception.message": text})
            code = code or kind
        self._begun.set_attribute("error.type", code or "error")
        self._begun.set_status(Status(StatusCode.ERROR, text))


NOTHING = Nothing()


class Tracing:
    """What makes the spans of a process. It is off until it is turned on."""

    def __init__(self) -> None:
        self._provider: Any = None
        self._tracer: Any = None
        self._redact: Callable[[str], str] = str

    @property
    def is_on(self) -> bool:
        return self._tracer is not None

    def turn_on(
        self,
        service: str,
        redact: Callable[[str], str],
        *,
        endpoint: str | None,
        exporter: Any = None,
    ) -> None:
        """Record spans from now on, and send them to an OTLP endpoint, or to an exporter at once."""
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

        name = os.environ.get("OTEL_SERVICE_NAME") or f"inventory-{service}"
        found = {"service.name": name, "service.version": __version__}
        # Not at exit: whoever turned it on turns it off, and then it is sent for sure.
        provider = TracerProvider(resource=Resource.create(found), shutdown_on_exit=False)
        if exporter is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            address = f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None
            provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(address)))
        else:
            provider.add_span_processor(SimpleSpanProcessor(exporter))
        self._provider, self._redact = provider, redact
        self._tracer = provider.get_tracer("inventory", __version__)

    def turn_off(self) -> None:
        """Send what was not sent yet, and record nothing any more."""
        provider, self._provider, self._tracer = self._provider, None, None
        if provider is not None:
            provider.shutdown()

    def span(
        self,
        name: str,
        attributes: Mapping[str, Any] | None = None,
        *,
        kind: str = "INTERNAL",
        parent: str | None = None,
    ) -> Nothing:
        """A span for a `with` block. `parent` is a traceparent of elsewhere, as W3C writes it."""
        if self._tracer is None:
            return NOTHING
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        context = None
        if parent is not None:
            context = TraceContextTextMapPropagator().extract({"traceparent": parent})
        begun = self._tracer.start_span(
            name[:200], context, SpanKind[kind], attributes=_said(attributes or {})
        )
        return Span(begun, self._redact)

    def traceparent(self) -> str | None:
        """What takes the current span along to another process."""
        if self._tracer is None:
            return None
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)
        return carrier.get("traceparent")

    def trace_id(self) -> str | None:
        """The trace that the current span belongs to, as logs name it."""
        found = self.traceparent()
        return found.split("-")[1] if found else None


TRACING = Tracing()
"""That of this process. OpenTelemetry's own is as global, and cannot be turned off again."""
span = TRACING.span
traceparent = TRACING.traceparent
trace_id = TRACING.trace_id


def turn_on(service: str, redact: Callable[[str], str], endpoint: str | None) -> bool:
    """Record spans if there is an endpoint, given or in OpenTelemetry's own variables.

    Raises ConfigError when there is one and OpenTelemetry is not installed.
    """
    named = next((name for name in VARIABLES if os.environ.get(name)), None)
    if endpoint is None and named is None:
        return False
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        raise ConfigError(
            f"{'telemetry.otlp_endpoint' if endpoint else named} is set, and OpenTelemetry is not "
            "installed; install it with `pip install 'inventory[otel]'`, or unset it"
        )
    TRACING.turn_on(service, redact, endpoint=endpoint)
    return True


def turn_off() -> None:
    """Send what was not sent yet."""
    TRACING.turn_off()


def _said(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes that are known, in types that can be sent."""
    return {
        name: value if isinstance(value, bool | int | float) else str(value)[:LONGEST_TEXT]
        for name, value in attributes.items()
        if value is not None
    }
