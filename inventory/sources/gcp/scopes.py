"""What one call to Google Cloud can read: a project, by way of one of its services.

Every list that is read covers a whole project, its regions and zones included.  The services are
told apart because each may be read with other credentials, and for other projects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from inventory.core.scope import Scope


@dataclass(frozen=True)
class ProjectScope(Scope):
    """A project, as one service knows it."""

    service: ClassVar[str]
    """The key below `gcp.services` that names the credentials."""

    project_id: str


@dataclass(frozen=True)
class ComputeScope(ProjectScope):
    """What Compute Engine holds in a project."""

    service: ClassVar[str] = "compute"


@dataclass(frozen=True)
class GkeScope(ProjectScope):
    """What Google Kubernetes Engine holds in a project."""

    service: ClassVar[str] = "gke"


@dataclass(frozen=True)
class ResourceManagerScope(ProjectScope):
    """The project itself, and who may do what in it."""

    service: ClassVar[str] = "resource_manager"


@dataclass(frozen=True)
class StorageScope(ProjectScope):
    """What Cloud Storage holds in a project."""

    service: ClassVar[str] = "storage"
