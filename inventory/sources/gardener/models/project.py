"""Projects and their members."""

from __future__ import annotations

from inventory.core.columns import Key
from inventory.sources.gardener.models.base import GardenerResource, KubernetesObject


class Project(KubernetesObject, table=True):
    """A group of people and the namespace that holds their shoots."""

    hub = True

    name: Key[str]
    """`metadata.name`."""
    namespace: str | None = None
    """`spec.namespace`: mostly `garden-` and the name, but not always; absent until assigned."""
    status: str | None = None
    """`status.phase`: `Pending`, `Ready`, `Failed` or `Terminating`."""
    purpose: str | None = None
    """`spec.purpose`: what its people say it is for."""
    owner: str | None = None
    """`spec.owner.name`: who is asked about it."""


class ProjectMember(GardenerResource, table=True):
    """A person, group or service account that may use a project."""

    project_name: Key[str]
    """`metadata.name` of the project."""
    kind: Key[str]
    """`kind`: `User`, `Group` or `ServiceAccount`."""
    name: Key[str]
    """`name`; for a service account `system:serviceaccount:`, its namespace and its name."""
    role: str | None = None
    """`role`: `admin`, `owner`, `viewer`, `uam`, `serviceaccountmanager` or `extension:…`."""
    roles: list[str] = []  # noqa: RUF012 - pydantic copies it
    """`roles`: the further ones, beside `role`."""
