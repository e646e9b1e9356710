"""Bastions: hosts through which people reach the nodes of a shoot for a while."""

from __future__ import annotations

from inventory.core.columns import Inet, Key
from inventory.sources.gardener.models.base import KubernetesObject


class Bastion(KubernetesObject, table=True):
    """A host through which the nodes of a shoot are reached for a while."""

    seed_name: Key[str]
    """The seed that it was read from."""
    namespace: Key[str]
    """`metadata.namespace`: the technical id of its shoot."""
    name: Key[str]
    """`metadata.name`."""
    ip: Inet | None = None
    """`status.ingress.ip`."""
    hostname: str | None = None
    """`status.ingress.hostname`, where the cloud gives no address."""
