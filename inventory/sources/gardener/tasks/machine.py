"""Machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gardener.constants import MACHINES, NODE_LABEL
from inventory.sources.gardener.models.machine import Machine
from inventory.sources.gardener.scopes import SeedScope
from inventory.sources.gardener.utils import created, part, text

if TYPE_CHECKING:
    from inventory.sources.gardener.client import ClusterReader

machine_row = row(Machine)


@collector(Machine, scope=SeedScope)
def collect_machines(seed: ClusterReader) -> Iterator[Row[Machine]]:
    """Read the machines of a seed's shoots from the seed's own API, from `machines`."""
    for machine in seed.items(MACHINES, namespaced=True):
        labels = part(machine, "metadata", "labels")
        yield machine_row(
            labels=dict(labels),
            creation_timestamp=created(machine),
            namespace=machine["metadata"]["namespace"],
            name=machine["metadata"]["name"],
            provider_id=text(part(machine, "spec"), "providerID"),
            status=text(part(machine, "status", "currentStatus"), "phase"),
            node=text(labels, NODE_LABEL),
            seed_name=seed.seed,
        )
