"""`/healthz`: the process is alive. `/readyz`: it can answer, or why it cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from inventory.telemetry.health import Check, examine


def router(checks: Callable[[], Mapping[str, Check]]) -> APIRouter:
    """Routes that orchestrators ask. A check raises an InventoryError that says what is wrong."""
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz")
    async def alive() -> dict[str, str]:
        """Answer as long as the process serves requests."""
        return {"status": "ok"}

    @routes.get("/readyz")
    async def ready() -> Response:
        """Answer 200 if every dependency answers, else 503 and the reasons."""
        status, found = await examine(checks())
        return JSONResponse(found, status)

    return routes
