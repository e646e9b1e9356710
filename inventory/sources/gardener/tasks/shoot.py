"""Shoots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gardener.constants import (
    CREATED_BY_ANNOTATION,
    PROJECTS,
    SHOOTS,
    STATUS_LABEL,
)
from inventory.sources.gardener.models.shoot import Shoot
from inventory.sources.gardener.scopes import GardenScope
from inventory.sources.gardener.utils import created, listed, part, text

if TYPE_CHECKING:
    from inventory.sources.gardener.client import ClusterReader

shoot_row = row(Shoot)


@collector(Shoot, scope=GardenScope)
def collect_shoots(garden: ClusterReader) -> Iterator[Row[Shoot]]:
    """Read all shoots of a garden from `shoots`; those without a technical id are left out.

    The namespace tells the project: most are called after it, but only `projects` knows.
    """
    project_of = {
        namespace: project["metadata"]["name"]
        for project in garden.items(PROJECTS)
        if (namespace := text(part(project, "spec"), "namespace"))
    }
    for shoot in garden.items(SHOOTS, namespaced=True):
        status = part(shoot, "status")
        technical_id = text(status, "technicalID")
        if technical_id is None:
            continue
        metadata, spec = part(shoot, "metadata"), part(shoot, "spec")
        labels, profile = part(shoot, "metadata", "labels"), part(shoot, "spec", "cloudProfile")
        groups = [
            group
            for worker in listed(shoot, "spec", "provider", "workers")
            if (group := text(worker, "name"))
        ]
        yield shoot_row(
            labels=dict(labels),
            creation_timestamp=created(shoot),
            technical_id=technical_id,
            name=metadata["name"],
            namespace=metadata["namespace"],
            project_name=project_of.get(metadata["namespace"]),
            cloud_profile=text(profile, "name") or text(spec, "cloudProfileName"),
            cloud_profile_kind=text(profile, "kind"),
            provider_type=text(part(shoot, "spec", "provider"), "type"),
            purpose=text(spec, "purpose"),
            seed_name=text(spec, "seedName"),
            status=text(labels, STATUS_LABEL),
            is_hibernated=status.get("hibernated"),
            created_by=text(part(shoot, "metadata", "annotations"), CREATED_BY_ANNOTATION),
            region=text(spec, "region"),
            k8s_version=text(part(shoot, "spec", "kubernetes"), "version"),
            uid=text(status, "uid"),
            cluster_identity=text(status, "clusterIdentity"),
            worker_groups=groups,
            worker_prefixes=[f"{technical_id}-{group}" for group in groups],
        )
