"""Where runs wait, and who takes them."""

from datetime import datetime
from typing import ClassVar

from inventory.core.columns import Int32, Key
from inventory.sources.common.models.base import CommonModel


class Queue(CommonModel, table=True):
    """A queue that was paused at least once."""

    display: ClassVar[str | None] = "name"

    name: Key[str]
    """The queue."""
    paused_at: datetime | None = None
    """Since when no run of it is started. Absent while it is open."""


class Worker(CommonModel, table=True):
    """A process that runs tasks, as it last reported."""

    display: ClassVar[str | None] = "name"

    name: Key[str]
    """Host, process id and a number that tells it from earlier processes of that id."""
    host: str
    """The machine that it runs on."""
    pid: Int32
    """Its process id there."""
    concurrency: Int32
    """How many runs it does at a time."""
    queues: dict[str, int] = {}  # noqa: RUF012 - pydantic copies it
    """The queues that it takes from, with their weights."""
    status: str
    """`active`, `stopping` or `stopped`."""
    active: Int32 = 0
    """How many runs it was doing."""
    started_at: datetime
    """When it started."""
    seen_at: datetime
    """When it last reported."""
