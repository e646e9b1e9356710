"""Projects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gcp.constants import PROJECT
from inventory.sources.gcp.models.project import Project
from inventory.sources.gcp.scopes import ResourceManagerScope
from inventory.sources.gcp.utils import moment

if TYPE_CHECKING:
    from inventory.sources.gcp.client import ProjectReader

project_row = row(Project)


@collector(Project, scope=ResourceManagerScope)
def collect_projects(reader: ProjectReader) -> Iterator[Row[Project]]:
    """Read a project with `resourcemanager.projects.get`."""
    project = reader.one(PROJECT)
    yield project_row(
        project_id=project["projectId"],
        labels=project.get("labels") or {},
        name=project["name"],
        parent=project.get("parent") or None,
        state=project.get("state") or None,
        display_name=project.get("displayName") or None,
        project_create_time=moment(project.get("createTime")),
        project_update_time=moment(project.get("updateTime")),
        project_delete_time=moment(project.get("deleteTime")),
        etag=project.get("etag") or None,
    )
