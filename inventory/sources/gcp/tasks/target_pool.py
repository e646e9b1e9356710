"""Target pools and the virtual machines in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.errors import BadAnswer
from inventory.sources.gcp.constants import TARGET_POOLS
from inventory.sources.gcp.models.target_pool import TargetPool, TargetPoolInstance
from inventory.sources.gcp.scopes import ComputeScope
from inventory.sources.gcp.utils import behind, moment, worker_prefix

if TYPE_CHECKING:
    from inventory.sources.gcp.client import ProjectReader

pool_row = row(TargetPool)
pool_instance_row = row(TargetPoolInstance)


@collector(TargetPool, TargetPoolInstance, scope=ComputeScope)
def collect_target_pools(
    project: ProjectReader,
) -> Iterator[Row[TargetPool] | Row[TargetPoolInstance]]:
    """Read the target pools of a project, and the virtual machines in them, with
    `compute.targetPools.list`.
    """
    for place, pool in project.items_by_place(TARGET_POOLS):
        pool_id = int(pool["id"])
        yield pool_row(
            project_id=project.project_id,
            target_pool_id=pool_id,
            name=pool["name"],
            description=pool.get("description") or None,
            backup_pool=pool.get("backupPool") or None,
            creation_timestamp=moment(pool.get("creationTimestamp")),
            region=behind(place, "regions"),
            security_policy=pool.get("securityPolicy") or None,
            session_affinity=pool.get("sessionAffinity") or None,
        )
        for instance in pool.get("instances") or ():
            name, zone = behind(instance, "instances"), behind(instance, "zones")
            if name is None or zone is None:
                raise BadAnswer(
                    f"gcp {project.project_id}: target pool {pool['name']}: {instance!r} names no "
                    "instance of a zone"
                )
            yield pool_instance_row(
                project_id=project.project_id,
                target_pool_id=pool_id,
                zone=zone,
                instance_name=name,
                worker_prefix=worker_prefix(name),
            )
