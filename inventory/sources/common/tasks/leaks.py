"""Ask the leak rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from inventory.core.duration import parse
from inventory.core.task import Payload, RunContext, task
from inventory.db.leaks import evaluate
from inventory.errors import ConfigError, PayloadError
from inventory.sources.common import source as common


class FindLeaksPayload(Payload):
    rules: tuple[str, ...] = ()
    """Only these rules; all when left out."""
    max_age: str = "24h"
    """How old a listing of the owner side may be for a rule to answer."""


@task(common, payload=FindLeaksPayload, unique=True)
def find_leaks(run: RunContext, payload: FindLeaksPayload) -> dict[str, Any]:
    """Ask the leak rules what was left behind, and record what they find and what is resolved."""
    unknown = [name for name in payload.rules if name not in run.catalog.leaks]
    if unknown:
        raise PayloadError(f"payload.rules: no leak rule is named {', '.join(unknown)}")
    max_age = _duration(payload.max_age)
    names = payload.rules or tuple(run.catalog.leaks)
    found = {"open": 0, "new": 0, "resolved": 0, "withheld": 0, "partial": 0, "postponed": 0}
    with run.db() as db:
        for number, name in enumerate(names):
            run.progress(number, len(names))
            run.check()
            result = evaluate(db, run.catalog.leaks[name], max_age=max_age)
            found["open"] += result.open
            found["new"] += result.new
            found["resolved"] += result.resolved
            found["withheld"] += result.withheld is not None
            found["partial"] += result.partly is not None
            found["postponed"] += result.postponed
    run.progress(len(names), len(names))
    return {"rules": len(names), **found}


def _duration(text: str) -> timedelta:
    try:
        return parse(text)
    except ConfigError as error:
        raise PayloadError(f"payload.max_age: {error}") from error
