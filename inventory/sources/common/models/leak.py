"""What was left behind, and what the rules that say so could see."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa

from inventory.core.columns import Int32, Key
from inventory.sources.common.models.base import CommonModel


class Leak(CommonModel, table=True):
    """A resource that a rule found to be left behind. A finding that ends is kept as resolved."""

    display: ClassVar[str | None] = "resource_name"
    points: ClassVar[dict[str, tuple[str, str]]] = {"resource": ("resource_table", "resource_id")}
    indexes: ClassVar[tuple[sa.Index, ...]] = (
        sa.Index(
            "ix_common_leak_open",
            "resource_table",
            "resource_id",
            postgresql_where=sa.text("resolved_at IS NULL"),
        ),
    )

    rule: Key[str]
    """The rule that found it, such as `aws-vpc-without-shoot`."""
    resource_id: Key[UUID]
    """The row of the resource."""
    resource_table: str
    """The table of the resource, such as `aws_vpc`."""
    resource_name: str | None = None
    """What people call the resource; kept when the resource is gone."""
    account: str | None = None
    """The account, project or subscription that pays for it."""
    region: str | None = None
    """Where it is."""
    reason: str
    """Why it is taken for a leak."""
    confidence: float
    """How sure that is, from 0 to 1."""
    first_detected_at: datetime
    """When the rule first found it, or found it again after it was resolved."""
    resolved_at: datetime | None = None
    """When the rule no longer found it, or the resource was gone."""
    is_withheld: bool = False
    """Whether nobody knows at present if it is still one; such a finding is not shown."""


class LeakRule(CommonModel, table=True):
    """A rule that finds leaks, and whether it could answer when it was last asked."""

    display: ClassVar[str | None] = "name"

    name: Key[str]
    """The rule, such as `aws-vpc-without-shoot`."""
    model: str
    """The model whose rows it looks at, such as `aws:model:vpc`."""
    reason: str
    """Why a resource that it finds is taken for a leak."""
    confidence: float
    """How sure its findings are, from 0 to 1."""
    status: str
    """`answered`, or `withheld` while nobody knows what the owner side holds; `partial` while that
    is so for some resources.
    """
    why: str | None = None
    """Why it was withheld, in part or as a whole."""
    evaluated_at: datetime
    """When it was last asked."""
    open_findings: Int32 = 0
    """How many resources it found then that are not resolved."""
    unjudged: Int32 = 0
    """How many resources it would have found then, but could not be sure of."""
