"""Collect everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inventory.core.task import Payload, RunContext, task
from inventory.sources.common import source as common

if TYPE_CHECKING:
    from inventory.config import Config


def is_enabled(config: Config, source: str) -> bool:
    """Whether a source is to be collected. One that has no section is."""
    return bool(getattr(config.source(source), "is_enabled", True))


@task(common)
def collect_all(run: RunContext, payload: Payload) -> dict[str, Any]:
    """Enqueue every collector of every source that is enabled; links follow what they change."""
    enabled = [key for key in run.catalog.sources if is_enabled(run.config, key)]
    collectors = [each for key in enabled for each in run.catalog.collectors(key)]
    for number, each in enumerate(collectors, start=1):
        run.enqueue(each.name)
        run.progress(number, len(collectors))
    return {"collectors": len(collectors)}
