"""How the parts of policies belong together."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inventory.core.link import Rule, link
from inventory.sources.gcp.constants import PROJECT_TYPE
from inventory.sources.gcp.models.iam import IamBinding, IamPolicy, IamRoleMember
from inventory.sources.gcp.models.project import Project

SAME_RESOURCE = {"resource_name": "resource_name", "resource_type": "resource_type"}


def of_project(policy: Any, project: Any) -> Any:
    prefix: sa.ColumnElement[str] = sa.literal_column("'projects/'")
    return sa.and_(
        policy.c.resource_type == PROJECT_TYPE,
        policy.c.resource_name == prefix.concat(project.c.project_id),
    )


iam_policy_to_project = link(
    IamPolicy,
    Project,
    on=Rule(of_project, a=("resource_name", "resource_type"), b=("project_id",)),
    one=("a", "b"),
    doc="A policy says who may do what in a project.",
)

iam_binding_to_policy = link(
    IamBinding,
    IamPolicy,
    on=SAME_RESOURCE,
    name="l_gcp_iam_binding_to_policy",
    doc="A binding is a part of a policy.",
)

iam_role_member_to_binding = link(
    IamRoleMember,
    IamBinding,
    on=SAME_RESOURCE | {"role": "role", "condition_key": "condition_key"},
    name="l_gcp_iam_role_member_to_binding",
    doc="A member has a role by a binding.",
)

iam_role_member_to_policy = link(
    IamRoleMember,
    IamPolicy,
    on=SAME_RESOURCE,
    name="l_gcp_iam_role_member_to_policy",
    doc="A member has a role by a policy.",
)
