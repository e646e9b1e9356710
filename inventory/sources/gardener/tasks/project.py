"""Projects and their members."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gardener.constants import PROJECTS
from inventory.sources.gardener.models.project import Project, ProjectMember
from inventory.sources.gardener.scopes import GardenScope
from inventory.sources.gardener.utils import created, listed, member_name, part, required, text

if TYPE_CHECKING:
    from inventory.sources.gardener.client import ClusterReader

project_row = row(Project)
member_row = row(ProjectMember)


@collector(Project, ProjectMember, scope=GardenScope)
def collect_projects(garden: ClusterReader) -> Iterator[Row[Project] | Row[ProjectMember]]:
    """Read the projects of a garden, and who their members are, from `projects`."""
    for project in garden.items(PROJECTS):
        metadata, spec = part(project, "metadata"), part(project, "spec")
        name = metadata["name"]
        yield project_row(
            labels=dict(part(project, "metadata", "labels")),
            creation_timestamp=created(project),
            name=name,
            namespace=text(spec, "namespace"),
            status=text(part(project, "status"), "phase"),
            purpose=text(spec, "purpose"),
            owner=text(part(project, "spec", "owner"), "name"),
        )
        for member in listed(project, "spec", "members"):
            yield member_row(
                project_name=name,
                kind=required(member, "kind", f"project {name}: a member"),
                name=member_name(member, name),
                role=text(member, "role"),
                roles=list(member.get("roles") or ()),
            )
