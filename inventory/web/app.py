"""The web application: /graphql, the page, /schema.graphql, health."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI, Response
from fastapi.routing import APIRoute
from fastapi.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

from inventory import __version__
from inventory.catalog import Catalog
from inventory.config import Config
from inventory.config.values import is_loopback
from inventory.core.duration import spell
from inventory.core.garbage import seldom_collected
from inventory.errors import ConfigError
from inventory.graph import sdl, trusted
from inventory.graph.databases import Databases, Nobody
from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.schema import build_schema
from inventory.graph.trusted import TrustedDocuments
from inventory.runtime.events import Bell
from inventory.runtime.health import server_checks
from inventory.runtime.queue import Queue
from inventory.telemetry.health import Check
from inventory.telemetry.meters import Meters
from inventory.telemetry.monitor import Monitor
from inventory.telemetry.state import State
from inventory.web import health, metrics, pages
from inventory.web.access import Gate
from inventory.web.graphql import GraphQLEndpoint
from inventory.web.guards import Guards
from inventory.web.openapi import OpenAPIEndpoint
from inventory.web.rest import ROOT, RestEndpoint
from inventory.web.service import Service
from inventory.web.stored_tokens import StoredTokens

ENDPOINT = "/graphql"
CONNECTIONS = 16


def create_app(config: Config, catalog: Catalog, monitor: Monitor | None = None) -> FastAPI:
    """Build the application. Connects when it starts, and disconnects when it stops.

    With a socket, `monitor` serves the metrics instead of the application.
    Raises ConfigError when the configuration has no database or holds tokens that cannot be used.
    """
    if not config.database.dsn:
        raise ConfigError("database.dsn is not set; set it, or use `inventory up`")
    dsn = str(config.database.dsn)
    timeout = config.api.statement_timeout
    databases = Databases(
        dsn, catalog, size=CONNECTIONS, timeout_ms=int(timeout.total_seconds() * 1000)
    )
    stored = StoredTokens(lambda statement, given: queues[0].ledger.fetch(statement, given))
    gate = Gate.of(config.api.auth, catalog.sources, stored)
    with seldom_collected:
        schema = build_schema(catalog)
    engine = Engine(
        schema, Nobody(), limits(config), spell(timeout), introspection=config.api.introspection
    )
    monitor = monitor or Monitor(Meters("api"))
    meters = monitor.meters
    databases.watch(meters.sql("api"))
    engine.observe = metrics.observing(meters)
    queues: list[Queue] = []
    checks: dict[str, Check] = {}

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await databases.open()
        async with (
            Queue.connected(config, catalog) as queue,
            monitor.serving(checks, told),
        ):
            queues.append(queue)
            checks.update(server_checks(config, queue))
            for name, pool in databases.pools().items():
                meters.pool(name, pool)
            meters.pool("queue", queue.ledger.pool)
            # The schema lives as long as the process; without this, each full collection walks it.
            gc.collect()
            gc.freeze()
            yield
            service.leaving.set()
            await gate.close()
        await service.bell.close()
        await databases.close()

    app = FastAPI(
        title="Inventory",
        description="One typed graph over all clouds. GraphQL is at `/graphql`.",
        version=__version__,
        lifespan=lifespan,
        openapi_url=None,
        # A function's name is the operation's: what generators of clients call a method.
        generate_unique_id_function=lambda route: route.name,
    )
    only_here = is_loopback(config.api.host) and not config.api.insecure
    asked = config.api.limits
    service = Service(
        engine=engine,
        databases=databases,
        queue=lambda: queues[0],
        gate=gate,
        bell=Bell(dsn),
        guards=Guards(asked.concurrency, asked.requests_per_minute, asked.subscriptions),
        body_limit=asked.body_bytes,
        only_here=only_here,
        origins=config.api.origins,
        trusted=_trusted(config, engine),
        only_trusted=config.api.trusted_documents.only,
        kept=config.api.trusted_documents.max_age,
        stale_after=config.api.stale_after,
    )
    app.state.service = service
    state = State(lambda sql: queues[0].ledger.fetch(sql), lambda: queues[0].broker.sizes(["default"]))

    async def told() -> bytes:
        return await asyncio.to_thread(meters.text) + await state.text()

    endpoint = GraphQLEndpoint(service)
    app.router.routes.append(Route(ENDPOINT, endpoint=endpoint))
    app.router.routes.append(WebSocketRoute(ENDPOINT, endpoint=endpoint))
    rest = RestEndpoint(service, schema, limits(config), spell(timeout))
    app.router.routes += [
        Route(rest_path, endpoint=rest) for rest_path in (ROOT, ROOT + "/{path:path}")
    ]
    tells = config.api.introspection
    app.include_router(pages.router(ENDPOINT, pages.load_examples(), introspection=tells))
    app.include_router(health.router(lambda: checks))
    if monitor.listening is None:
        answer = metrics.endpoint(told, gate, only_here=only_here)
        app.router.routes.append(Route(config.api.metrics.path, endpoint=answer))
    printed = cache(lambda: sdl.print_sdl(schema))

    @app.get("/schema.graphql", include_in_schema=False)
    def schema_graphql() -> Response:
        if not tells:
            return PlainTextResponse("Introspection is off here (api.introspection).\n", 404)
        return Response(printed(), media_type="text/plain; charset=utf-8")

    described = OpenAPIEndpoint(app, rest, secured=not gate.is_open)
    app.router.routes.append(Route("/openapi.json", endpoint=described))
    paths = cache(lambda: _paths(app))
    app.add_middleware(metrics.Measured, meters=meters, paths=paths)
    return app


def limits(config: Config) -> Limits:
    """The configured limits of one operation."""
    chosen = config.api.limits.model_dump()
    return Limits(**{name: chosen[name] for name in chosen if name in Limits.__dataclass_fields__})


def _trusted(config: Config, engine: Engine) -> TrustedDocuments | None:
    files = config.api.trusted_documents.files
    try:
        return TrustedDocuments(trusted.read(files), engine.documents) if files else None
    except ConfigError as error:
        raise ConfigError(f"api.trusted_documents.files: {error}") from error


def _paths(app: FastAPI) -> frozenset[str]:
    """The paths of routes: those that take nothing from them, and those that are not FastAPI's."""
    return frozenset(
        route.path
        for route in app.routes
        if isinstance(route, Route) and (not isinstance(route, APIRoute) or "{" not in route.path)
    )

