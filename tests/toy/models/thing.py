"""Things."""

from inventory.core.columns import Key
from tests.toy.models.base import ToyResource


class Thing(ToyResource, table=True):
    """A thing in a region."""

    region_name: Key[str]
    """The region that was asked."""
    thing_id: Key[str]
    """Its id, unique within the region."""
    size: int | None = None
    """How large it is."""
    tags: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    """Its tags."""
