"""Target pools: the back ends of network load balancers of the older kind."""

from __future__ import annotations

from datetime import datetime

from inventory.core.columns import Key, Unsigned64
from inventory.sources.gcp.models.base import ProjectResource


class TargetPool(ProjectResource, table=True):
    """Virtual machines of one region that share the traffic of forwarding rules."""

    target_pool_id: Key[Unsigned64]
    """`id`."""
    name: str
    """`name`, unique within its project and region."""
    description: str | None = None
    """`description`; Kubernetes notes here which service it made the pool for."""
    backup_pool: str | None = None
    """`backupPool`: the address in the API of the pool that takes over."""
    creation_timestamp: datetime | None = None
    """`creationTimestamp`."""
    region: str | None = None
    """The region that it was listed in."""
    security_policy: str | None = None
    """`securityPolicy`: the address of the policy in the API."""
    session_affinity: str | None = None
    """`sessionAffinity`: `NONE`, `CLIENT_IP` or `CLIENT_IP_PROTO`."""


class TargetPoolInstance(ProjectResource, table=True):
    """That a virtual machine, which may be gone meanwhile, is in a target pool."""

    target_pool_id: Key[Unsigned64]
    """`id` of the target pool."""
    zone: Key[str]
    """The zone in `instances[]`: of the virtual machine."""
    instance_name: Key[str]
    """The name in `instances[]`: of the virtual machine."""
    worker_prefix: str | None = None
    """What the name says before its zone, if it is that of a shoot's machine: the shoot's technical
    id and the worker group, with a dash between them that nothing tells from other dashes.
    """
