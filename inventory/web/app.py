"""The web application: /graphql, the page, /schema.graphql, health."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import FastAPI, Response
from starlette.routing import Route

from inventory import __version__
from inventory.catalog import Catalog
from inventory.config import Config
from inventory.config.values import is_loopback
from inventory.core.duration import spell
from inventory.core.garbage import seldom_collected
from inventory.db import migrate
from inventory.errors import ConfigError
from inventory.graph import sdl
from inventory.graph.databases import Databases, Nobody
from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.schema import build_schema
from inventory.runtime.queue import Queue
from inventory.web import health, pages
from inventory.web.access import Gate
from inventory.web.graphql import GraphQLEndpoint

ENDPOINT = "/graphql"
CONNECTIONS = 16


def create_app(config: Config, catalog: Catalog) -> FastAPI:
    """Build the application. Connects when it starts, and disconnects when it stops.

    Raises ConfigError when the configuration has no database or holds tokens that cannot be used.
    """
    if not config.database.dsn:
        raise ConfigError("database.dsn is not set; set it, or use `inventory up`")
    dsn = str(config.database.dsn)
    timeout = config.api.statement_timeout
    databases = Databases(
        dsn, catalog, size=CONNECTIONS, timeout_ms=int(timeout.total_seconds() * 1000)
    )
    gate = Gate.of(config.api.auth, catalog.sources)
    with seldom_collected:
        schema = build_schema(catalog)
    engine = Engine(schema, Nobody(), limits(config), spell(timeout))
    queues: list[Queue] = []

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await databases.open()
        async with Queue.connected(config, catalog) as queue:
            queues.append(queue)
            # The schema lives as long as the process; without this, each full collection walks it.
            gc.collect()
            gc.freeze()
            yield
        await databases.close()

    app = FastAPI(
        title="Inventory",
        description="One typed graph over all clouds. GraphQL is at `/graphql`.",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    endpoint = GraphQLEndpoint(
        engine,
        databases,
        lambda: queues[0],
        gate,
        config.api.limits.body_bytes,
        only_here=is_loopback(config.api.host) and not config.api.insecure,
    )
    app.router.routes.append(Route(ENDPOINT, endpoint=endpoint))
    app.include_router(pages.router(ENDPOINT, pages.load_examples()))
    app.include_router(health.router(_checks(config, lambda: queues[0])))
    printed = cache(lambda: sdl.print_sdl(schema))

    @app.get("/schema.graphql", include_in_schema=False)
    def schema_graphql() -> Response:
        return Response(printed(), media_type="text/plain; charset=utf-8")

    return app


def limits(config: Config) -> Limits:
    """The configured limits of one operation."""
    chosen = config.api.limits.model_dump()
    return Limits(**{name: chosen[name] for name in chosen if name in Limits.__dataclass_fields__})


def _checks(config: Config, queue: Any) -> dict[str, health.Check]:
    async def database() -> None:
        await asyncio.to_thread(
            migrate.require_current, str(config.database.dsn), config.database.migration_dir
        )

    async def redis() -> None:
        await queue().broker.sizes(["default"])

    return {"database": database, "queue": redis}
