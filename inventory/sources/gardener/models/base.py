"""What all resources of Gardener have in common."""

from __future__ import annotations

from datetime import datetime

from inventory.core.model import Resource
from inventory.sources import gardener


class GardenerResource(Resource):
    """A resource of the one garden that is configured, or of one of its seeds."""

    source = gardener.source


class KubernetesObject(GardenerResource):
    """A resource that is an object of a Kubernetes API."""

    labels: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    """`metadata.labels`, by key."""
    creation_timestamp: datetime | None = None
    """`metadata.creationTimestamp`."""
