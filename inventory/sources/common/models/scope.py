"""What is known of each part of each source: the hinge of freshness, deletion and access."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlmodel.main import FieldInfoMetadata

from inventory.core.columns import Key
from inventory.sources.common.models.base import CommonModel


class Scope(CommonModel, table=True):
    """The part of a source that one collector lists at a time, for one model: a region of an
    account, a project, a seed.
    """

    display: ClassVar[str | None] = "scope"

    source_key: str
    """The source that it is a part of, such as `aws`."""
    model: Key[str]
    """The model that was listed, such as `aws:model:vpc`."""
    scope: Key[str]
    """The part of the source, such as `111122223333/eu-central-1`."""
    account: str | None = None
    """The account, project, subscription or landscape that it belongs to."""
    region: str | None = None
    """The region that it lies in, if it lies in one."""
    status: str
    """`running`, `complete`, `incomplete`, `failed` or `suspicious`: how the last attempt ended."""
    listed_at: datetime | None = None
    """When the source last said, asked for all its parts, that there is this one."""
    last_attempt_at: datetime | None = None
    """When it was last tried."""
    last_complete_at: datetime | None = None
    """When it was last listed completely; its rows were last seen then."""
    rows_seen: int | None = None
    """How many rows the last listing had."""
    error: str | None = None
    """Why the last attempt did not end well."""
    error_code: str | None = None
    """The kind of that failure."""
    run_id: UUID | None = None
    """The run that tried last."""

    @classmethod
    def _column(cls, name: str, field: Any) -> FieldInfoMetadata:
        column = super()._column(name, field)
        if name == "source_key" and isinstance(column.sa_column_kwargs, dict):
            # `source` is what every model calls the source that it belongs to itself.
            column.sa_column_kwargs["name"] = "source"
        return column
