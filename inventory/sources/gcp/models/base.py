"""What all resources of Google Cloud have in common."""

from __future__ import annotations

from inventory.core.columns import Key
from inventory.core.model import Resource
from inventory.sources import gcp


class GcpResource(Resource):
    """A resource of Google Cloud."""

    source = gcp.source


class ProjectResource(GcpResource):
    """A resource that a project holds."""

    project_id: Key[str]
    """The id of the project that was asked, such as `my-project`; not its number."""


class Labelled(ProjectResource):
    """A resource that may carry labels."""

    labels: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    """`labels`, by key."""
