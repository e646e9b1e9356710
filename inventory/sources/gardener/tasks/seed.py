"""Seeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gardener.constants import MANAGED_SEEDS, SEEDS
from inventory.sources.gardener.models.seed import Seed
from inventory.sources.gardener.scopes import GardenScope
from inventory.sources.gardener.utils import created, managed_shoots, part, text

if TYPE_CHECKING:
    from inventory.sources.gardener.client import ClusterReader

seed_row = row(Seed)


@collector(Seed, scope=GardenScope)
def collect_seeds(garden: ClusterReader) -> Iterator[Row[Seed]]:
    """Read the seeds of a garden from `seeds`, and which shoots they run on from `managedseeds`."""
    managed = managed_shoots(garden.items(MANAGED_SEEDS, namespaced=True))
    for seed in garden.items(SEEDS):
        name = seed["metadata"]["name"]
        provider, status = part(seed, "spec", "provider"), part(seed, "status")
        namespace, shoot = managed.get(name, (None, None))
        yield seed_row(
            labels=dict(part(seed, "metadata", "labels")),
            creation_timestamp=created(seed),
            name=name,
            kubernetes_version=text(status, "kubernetesVersion"),
            provider_type=text(provider, "type"),
            region=text(provider, "region"),
            gardener_version=text(part(seed, "status", "gardener"), "version"),
            cluster_identity=text(status, "clusterIdentity"),
            managed_shoot_name=shoot,
            managed_shoot_namespace=namespace,
        )
