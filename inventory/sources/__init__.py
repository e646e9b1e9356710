"""The sources that are built in, then those that other distributions install."""

from __future__ import annotations

import importlib
from importlib.metadata import entry_points

from inventory.core.source import Source

BUILT_IN = ("common", "aws", "gardener", "gcp")


def available() -> list[Source]:
    """Every source of this installation. Others join through the entry-point group
    `inventory.sources`.
    """
    built_in = [importlib.import_module(f"{__name__}.{name}").source for name in BUILT_IN]
    return built_in + [point.load() for point in entry_points(group="inventory.sources")]
