"""Bastions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gardener.constants import BASTIONS
from inventory.sources.gardener.models.bastion import Bastion
from inventory.sources.gardener.scopes import SeedScope
from inventory.sources.gardener.utils import created, part, text

if TYPE_CHECKING:
    from inventory.sources.gardener.client import ClusterReader

bastion_row = row(Bastion)


@collector(Bastion, scope=SeedScope)
def collect_bastions(seed: ClusterReader) -> Iterator[Row[Bastion]]:
    """Read the bastions of a seed's shoots from the seed's own `bastions`."""
    for bastion in seed.items(BASTIONS, namespaced=True):
        ingress = part(bastion, "status", "ingress")
        yield bastion_row(
            labels=dict(part(bastion, "metadata", "labels")),
            creation_timestamp=created(bastion),
            seed_name=seed.seed,
            namespace=bastion["metadata"]["namespace"],
            name=bastion["metadata"]["name"],
            ip=text(ingress, "ip"),
            hostname=text(ingress, "hostname"),
        )
