"""Fields of the graph that are looked up rather than stored."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from inventory.core.computed import computed
from inventory.sources.gcp.models.disk import Disk
from inventory.sources.gcp.models.instance import Instance
from inventory.sources.gcp.models.links import by_boot_disk


@computed(Instance)
def source_machine_image(instance: sa.FromClause) -> sa.ColumnElement[str]:
    """The name of the image that its boot disk was made from, as the list of disks says."""
    disk = Disk.__table__.alias("boot_disk")
    return (
        sa.select(disk.c.source_image)
        .where(by_boot_disk(outside(instance), disk))
        .limit(1)
        .scalar_subquery()
    )


def outside(row: Any) -> Any:
    """A row whose columns a subquery may compare with, without reading its table again."""
    columns = {
        name: sa.literal_column(f"{row.name}.{name}", column.type) for name, column in row.c.items()
    }
    return SimpleNamespace(c=SimpleNamespace(**columns))
