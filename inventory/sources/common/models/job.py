"""What runs by itself, and when it last did."""

from datetime import datetime
from typing import Any, ClassVar

from inventory.core.columns import Int32, Key
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
    description: str | None = None
    """What it is for, as it is configured."""
    queue: str = "default"
    """The queue that its runs wait in."""
    priority: Int32 = 0
    """Of two waiting runs of a queue the one of higher priority goes first."""
    payload: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    """What its runs are told."""
    last_tick: datetime | None = None
    """The latest time that it was due and enqueued."""
    next_tick: datetime | None = None
    """When it is due next."""
    seen_at: datetime | None = None
    """When a scheduler that has it in its configuration last said so."""
