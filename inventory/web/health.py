"""`/healthz`: the process is alive. `/readyz`: it can answer, or why it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from inventory.errors import InventoryError

Check = Callable[[], Awaitable[None]]
PATIENCE = 3.0


def router(checks: dict[str, Check]) -> APIRouter:
    """Routes that orchestrators ask. A check raises an InventoryError that says what is wrong."""
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz")
    async def alive() -> dict[str, str]:
        """Answer as long as the process serves requests."""
        return {"status": "ok"}

    @routes.get("/readyz")
    async def ready() -> Response:
        """Answer 200 if every dependency answers, else 503 and the reasons."""
        found = dict(
            zip(checks, await asyncio.gather(*map(_outcome, checks.values())), strict=True)
        )
        good = all(outcome == "ok" for outcome in found.values())
        return JSONResponse(
            {"status": "ok" if good else "unavailable", "checks": found}, 200 if good else 503
        )

    return routes


async def _outcome(check: Check) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            await check()
    except TimeoutError:
        return f"no answer within {PATIENCE:g} s"
    except InventoryError as error:
        return str(error)
    return "ok"
