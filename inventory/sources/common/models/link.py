"""What is known of each link's table."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from inventory.core.columns import Key
from inventory.sources.common.models.base import CommonModel


class Link(CommonModel, table=True):
    """How current the pairs of a declared link are."""

    display: ClassVar[str | None] = "name"

    name: Key[str]
    """The link's table, such as `l_aws_region_to_vpc`."""
    requested_at: datetime | None = None
    """When rows at one of its ends changed that it has not been reconciled with yet."""
    reconciled_at: datetime | None = None
    """When its pairs were last confirmed."""
    found: int | None = None
    """How many pairs there were then."""
    added: int | None = None
    """How many of them were new."""
    removed: int | None = None
    """How many had to go."""
    error: str | None = None
    """Why the last attempt failed."""
    run_id: UUID | None = None
    """The run that last confirmed its pairs."""
