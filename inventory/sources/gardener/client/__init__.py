"""Reading Gardener: the garden, and its seeds by way of it. The only part that knows the Kubernetes library."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from inventory.core.remembered import Remembered
from inventory.core.scope import FailedScope, Scope
from inventory.errors import AccessDenied, ConfigError, PayloadError, SourceError
from inventory.sources.gardener.client import access
from inventory.sources.gardener.client.cluster import Cluster, Connection, Patience
from inventory.sources.gardener.client.soil import Soil
from inventory.sources.gardener.constants import GARDEN, MANAGED_SEEDS, SEEDS
from inventory.sources.gardener.scopes import ClusterScope, GardenScope, SeedScope
from inventory.sources.gardener.utils import managed_shoots

if TYPE_CHECKING:
    from inventory.config import Config
    from inventory.config.gardener import GardenerConfig

__all__ = ["ClusterReader", "GardenerClient", "Patience", "connect"]

FRESH = 300.0
"""How many seconds the seeds and the shoots that they run on are remembered."""


def connect(config: Config) -> GardenerClient:
    """The garden that `gardener` configures. Nothing is asked before use."""
    seed = config.gardener.soil_clusters.gcp
    return GardenerClient(config.gardener, soil=Soil(seed, config.gcp) if seed else None)


@dataclass(frozen=True)
class ClusterReader:
    """Lists what the garden or a seed holds, for one collector."""

    cluster: Cluster
    seed: str = ""
    """The seed's name; empty for the garden."""

    def items(self, path: str, *, namespaced: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the objects of a list, page by page, with their name and namespace checked."""
        return self.cluster.items(path, namespaced=namespaced)


class GardenerClient:
    """A garden and its seeds. Threads may share it.

    A seed is reached through the shoot that its ManagedSeed names, with a kubeconfig that may only
    read, or with the one that `gardener.seed_kubeconfigs` names. Those of `gardener.excluded_seeds`
    are never contacted.
    """

    def __init__(
        self,
        config: GardenerConfig,
        patience: Patience | None = None,
        *,
        soil: Soil | None = None,
    ) -> None:
        """`soil` is the seed that is a cluster of a cloud itself."""
        self.config = config
        self.soil = soil
        self.patience = patience or Patience()
        self.garden = Cluster("garden", partial(access.garden, config), self.patience)
        self._seeds = Remembered(self._list_seeds, seconds=FRESH)
        self._managed = Remembered(self._list_managed, seconds=FRESH)
        self._clusters: dict[str, Cluster] = {}
        self._lock = threading.Lock()

    def scopes(self, kind: type[Scope]) -> Iterator[Scope | FailedScope]:
        """Yield the garden, or its seeds. A seed that nobody gives access to is a FailedScope."""
        if not self.config.is_enabled:
            return
        if kind is GardenScope:
            yield GardenScope()
        elif kind is SeedScope:
            yield from self._seed_scopes()
        elif kind is ClusterScope:
            yield ClusterScope(GARDEN)
            for each in self._seed_scopes():
                yield each if isinstance(each, FailedScope) else ClusterScope(each.seed)
        else:
            raise ConfigError(f"gardener has no scopes of the kind {kind.__name__}")

    @contextmanager
    def open(self, scope: Scope) -> Iterator[ClusterReader]:
        """A reader over the client that all scopes of this cluster share."""
        if not self.config.is_enabled:
            raise ConfigError("gardener.is_enabled is false, so nothing is collected from Gardener")
        match scope:
            case GardenScope():
                yield ClusterReader(self.garden)
            case ClusterScope(seed) if seed == GARDEN:
                yield ClusterReader(self.garden, GARDEN)
            case SeedScope(seed) | ClusterScope(seed):
                yield ClusterReader(self._cluster(seed), seed)
            case _:
                raise ConfigError(f"gardener has no scopes of the kind {type(scope).__name__}")

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            clusters = [*self._clusters.values(), self.garden]
            self._clusters = {}
        for cluster in clusters:
            cluster.close()

    def _seed_scopes(self) -> Iterator[SeedScope | FailedScope]:
        try:
            seeds = self._seeds.get()
        except SourceError as error:
            yield FailedScope("garden", error)
            return
        for seed in seeds:
            if seed in self.config.excluded_seeds:
                continue
            try:
                self._check_reachable(seed)
            except SourceError as error:
                yield FailedScope(seed, error)
            else:
                yield SeedScope(seed)

    def _check_reachable(self, seed: str) -> None:
        if seed in self.config.seed_kubeconfigs or (self.soil and self.soil.seed == seed):
            return
        if seed in self._managed.get():
            return
        raise AccessDenied(
            f"gardener seed {seed}: it is no managed seed, so the garden gives nobody access to it; "
            f"name a kubeconfig in gardener.seed_kubeconfigs.{seed}, or add {seed} to "
            "gardener.excluded_seeds"
        )

    def _cluster(self, seed: str) -> Cluster:
        if seed in self.config.excluded_seeds:
            raise PayloadError(
                f"gardener seed {seed}: it is one of gardener.excluded_seeds; take it out of there "
                "to collect it"
            )
        self._check_reachable(seed)
        with self._lock:
            if seed not in self._clusters:
                enter = partial(self._enter, seed)
                self._clusters[seed] = Cluster(f"seed {seed}", enter, self.patience)
            return self._clusters[seed]

    def _enter(self, seed: str) -> Connection:
        agent = self.config.user_agent
        if path := self.config.seed_kubeconfigs.get(seed):
            return access.seed_from_file(seed, path, agent)
        if self.soil is not None and self.soil.seed == seed:
            return self.soil.enter(agent)
        return access.seed_as_viewer(seed, self.garden, self._managed.get()[seed], agent)

    def _list_seeds(self) -> list[str]:
        return sorted(seed["metadata"]["name"] for seed in self.garden.items(SEEDS))

    def _list_managed(self) -> dict[str, tuple[str, str]]:
        return managed_shoots(self.garden.items(MANAGED_SEEDS, namespaced=True))
