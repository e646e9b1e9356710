"""Houses."""

from inventory.core.columns import Int32, Key
from tests.graph.zoo.models.base import ZooResource


class House(ZooResource, table=True):
    """Where animals live."""

    hub = True

    name: Key[str]
    """Its name."""
    storeys: Int32 | None = None
    """How high it is."""
