"""What runs by itself, and when it last did."""

from datetime import datetime
from typing import ClassVar

from inventory.core.columns import Key
from inventory.sources.common.models.base import CommonModel


class Job(CommonModel, table=True):
    """A scheduled job, as the schedulers know it."""

    display: ClassVar[str | None] = "name"

    name: Key[str]
    """Its id in the configuration, or the name of its task."""
    task: str
    """The task that it runs."""
    spec: str
    """When, as it is configured."""
    last_tick: datetime | None = None
    """The latest time that it was due and enqueued."""
    next_tick: datetime | None = None
    """When it is due next."""
    seen_at: datetime | None = None
    """When a scheduler last had it in its configuration."""
