"""Machines: what the machine-controller-manager of a seed makes for a shoot."""

from __future__ import annotations

from inventory.core.columns import Key
from inventory.sources.gardener.models.base import KubernetesObject


class Machine(KubernetesObject, table=True):
    """A machine of a shoot, as its seed knows it; the virtual machine is the cloud's."""

    namespace: Key[str]
    """`metadata.namespace`: the technical id of its shoot."""
    name: Key[str]
    """`metadata.name`: the virtual machine has the same name."""
    provider_id: str | None = None
    """`spec.providerID`, such as `aws:///eu-central-1/i-0a1b…`; absent until it was made."""
    status: str | None = None
    """`status.currentStatus.phase`: `Pending`, `Running`, `Terminating`, `Failed` and others."""
    node: str | None = None
    """Label `node`: the name of its node in the shoot; absent until it joined."""
    seed_name: str | None = None
    """The seed that it was read from."""
