"""Who may do what in a project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gcp.constants import IAM_POLICY, POLICY_VERSION, PROJECT_TYPE
from inventory.sources.gcp.models.iam import IamBinding, IamPolicy, IamRoleMember
from inventory.sources.gcp.scopes import ResourceManagerScope
from inventory.sources.gcp.utils import condition_key

if TYPE_CHECKING:
    from inventory.sources.gcp.client import ProjectReader

policy_row = row(IamPolicy)
binding_row = row(IamBinding)
member_row = row(IamRoleMember)


@collector(IamPolicy, IamBinding, IamRoleMember, scope=ResourceManagerScope)
def collect_iam_policies(
    project: ProjectReader,
) -> Iterator[Row[IamPolicy] | Row[IamBinding] | Row[IamRoleMember]]:
    """Read the policy of a project, its bindings and their members, with
    `resourcemanager.projects.getIamPolicy`.
    """
    policy = project.one(IAM_POLICY, body={"options": {"requestedPolicyVersion": POLICY_VERSION}})
    resource = f"projects/{project.project_id}"
    yield policy_row(
        resource_type=PROJECT_TYPE, resource_name=resource, version=policy.get("version") or None
    )
    for binding in policy.get("bindings") or ():
        condition = binding.get("condition") or {}
        key, role = condition_key(condition), binding["role"]
        yield binding_row(
            resource_type=PROJECT_TYPE,
            resource_name=resource,
            condition_key=key,
            role=role,
            condition=condition.get("expression") or None,
            condition_title=condition.get("title") or None,
            condition_description=condition.get("description") or None,
        )
        for member in binding.get("members") or ():
            yield member_row(
                resource_type=PROJECT_TYPE,
                resource_name=resource,
                condition_key=key,
                role=role,
                member=member,
            )
