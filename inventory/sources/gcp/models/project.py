"""Projects."""

from __future__ import annotations

from datetime import datetime

from inventory.sources.gcp.models.base import Labelled


class Project(Labelled, table=True):
    """A project: what resources, their permissions and their costs belong to."""

    hub = True

    name: str
    """`name`: `projects/` and the project's number."""
    parent: str | None = None
    """`parent`: `folders/…` or `organizations/…`; absent for a project of a single person."""
    state: str | None = None
    """`state`: `ACTIVE` or `DELETE_REQUESTED`."""
    display_name: str | None = None
    """`displayName`: what people call it."""
    project_create_time: datetime | None = None
    """`createTime`."""
    project_update_time: datetime | None = None
    """`updateTime`."""
    project_delete_time: datetime | None = None
    """`deleteTime`: when its deletion was requested; absent unless it was."""
    etag: str | None = None
    """`etag`: changes whenever the project does."""
