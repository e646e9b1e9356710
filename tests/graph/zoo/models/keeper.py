"""Keepers."""

from typing import ClassVar

from inventory.core.columns import Key
from tests.graph.zoo.models.base import ZooResource


class Keeper(ZooResource, table=True):
    """Who looks after animals."""

    display: ClassVar[str | None] = "nickname"

    badge: Key[str]
    """The number on the badge."""
    nickname: str | None = None
    """What people say."""
