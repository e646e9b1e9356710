"""Whether a process can do its work, and if not, why."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from inventory.errors import InventoryError

Check = Callable[[], Awaitable[None]]
"""Raises an InventoryError that says what is wrong and how to mend it."""
PATIENCE = 3.0


async def examine(checks: Mapping[str, Check]) -> tuple[int, dict[str, object]]:
    """Make every check at once. Returns a status of HTTP, 200 or 503, and what to say in JSON."""
    found = dict(zip(checks, await asyncio.gather(*map(_outcome, checks.values())), strict=True))
    good = all(outcome == "ok" for outcome in found.values())
    return 200 if good else 503, {"status": "ok" if good else "unavailable", "checks": found}


async def _outcome(check: Check) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            await check()
    except TimeoutError:
        return f"no answer within {PATIENCE:g} s"
    except InventoryError as error:
        return str(error)
    return "ok"


def remembered(check: Check, seconds: float) -> Check:
    """The same check, not made again for a while once it was passed."""
    passed = -seconds

    async def remembering() -> None:
        nonlocal passed
        if time.monotonic() - passed < seconds:
            return
        await check()
        passed = time.monotonic()

    return remembering
