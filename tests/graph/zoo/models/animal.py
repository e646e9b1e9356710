"""Animals: a column of every kind."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from inventory.core.columns import Cidr, Inet, Int32, Key, Unsigned64
from tests.graph.zoo.models.base import ZooResource


class Animal(ZooResource, table=True):
    """Whoever lives in a house."""

    display: ClassVar[str | None] = "nickname"

    tag: Key[str]
    """The ring on its leg."""
    house_name: str | None = None
    """The house that it lives in."""
    parent_tag: str | None = None
    """The ring of its parent."""
    badges: list[str] = []  # noqa: RUF012 - pydantic copies it
    """The badges of its keepers."""
    nickname: str | None = None
    """What visitors call it."""
    legs: Int32 | None = None
    """How many."""
    steps: int | None = None
    """How many so far."""
    cells: Unsigned64 | None = None
    """How many."""
    weight: float | None = None
    """In kilograms."""
    price: Decimal | None = None
    """In euros."""
    tame: bool | None = None
    """Whether it bites."""
    born_at: datetime | None = None
    """When it was born."""
    chip: UUID | None = None
    """What the vet reads."""
    address: Inet | None = None
    """Where its collar answers."""
    network: Cidr | None = None
    """The network of its collar."""
    marks: dict[str, str] | None = None
    """What is written on it."""
