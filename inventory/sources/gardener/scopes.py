"""What one call to Gardener can read: the garden, or one of its seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from inventory.core.scope import Scope


@dataclass(frozen=True)
class GardenScope(Scope):
    """The garden: its API holds projects, seeds and shoots."""

    whole: ClassVar[str] = "garden"


@dataclass(frozen=True)
class SeedScope(Scope):
    """A seed: its own API holds the machines of its shoots."""

    seed: str


@dataclass(frozen=True)
class ClusterScope(Scope):
    """A seed, or the garden as `++garden++`: both hold names for DNS."""

    seed: str
