"""Who may do what: policies, their bindings, and the members of these."""

from __future__ import annotations

from inventory.core.columns import Int32, Key
from inventory.sources.gcp.models.base import GcpResource


class IamResource(GcpResource):
    """A part of the policy of a resource."""

    resource_type: Key[str]
    """The kind of resource that the policy is attached to: `project`."""
    resource_name: Key[str]
    """The resource that the policy is attached to: `projects/` and the project's id."""


class IamPolicy(IamResource, table=True):
    """The policy of a resource. What it inherits from folders and the organization is not in it."""

    version: Int32 | None = None
    """`version`: 3 where a binding has a condition."""


class IamBinding(IamResource, table=True):
    """That some members have a role, for good or under a condition."""

    condition_key: Key[str]
    """`none`, or the beginning of the condition's SHA-256: a role may be bound once for each."""
    role: Key[str]
    """`role`, such as `roles/owner` or `projects/my-project/roles/mine`."""
    condition: str | None = None
    """`condition.expression`: only while it holds have the members the role; absent if always."""
    condition_title: str | None = None
    """`condition.title`."""
    condition_description: str | None = None
    """`condition.description`."""


class IamRoleMember(IamResource, table=True):
    """That somebody has a role, for good or under the condition of the binding."""

    condition_key: Key[str]
    """The one of the binding: a member may have a role under several conditions."""
    role: Key[str]
    """`role` of the binding."""
    member: Key[str]
    """`members[]`: `user:…`, `serviceAccount:…`, `group:…`, `domain:…`, `allUsers` and others."""
