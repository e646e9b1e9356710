"""What the housekeeper did."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa

from inventory.sources.common.models.base import CommonModel


class HousekeeperRun(CommonModel, table=True):
    """What the housekeeper removed of a model, what it spared, and why."""

    display: ClassVar[str | None] = "model_name"
    indexes: ClassVar[tuple[sa.Index, ...]] = (
        sa.Index("ix_common_housekeeper_run_model", "model_name", "started_at"),
    )

    model_name: str
    """The model, such as `aws:model:vpc`."""
    retention: float
    """How long rows are kept that no complete listing confirms, in seconds."""
    started_at: datetime
    """When it began with this model."""
    completed_at: datetime | None = None
    """When it was done with this model."""
    count: int = 0
    """How many rows it removed."""
    spared: int = 0
    """How many rows it kept although their retention is over."""
    reason: str | None = None
    """Why it kept them."""
    error: str | None = None
    """Why it could not finish."""
    run_id: UUID | None = None
    """The run that it was part of."""
