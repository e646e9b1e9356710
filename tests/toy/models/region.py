"""Regions."""

from inventory.core.columns import Key
from tests.toy.models.base import ToyResource


class Region(ToyResource, table=True):
    """A region of an account."""

    name: Key[str]
    """Its name, unique within the account."""
