"""The zoo's rows: few, and as awkward as rows can be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from inventory.core.row import Row, row
from tests.graph.zoo.models.animal import Animal
from tests.graph.zoo.models.house import House
from tests.graph.zoo.models.keeper import Keeper

keeper_row, house_row, animal_row = row(Keeper), row(House), row(Animal)

NAMES = (
    "Ada",
    None,
    "ada",
    "",
    'O\'Hara "Q" \\ %_',
    "Zoë 🦁\n\t",
    "10.0.0.1",
    "null",
    "-- ; drop table zoo_animal",
)
HOUSES = ("Apes", "Birds", "Cats", "Dens", "Empty")
WEIGHTS = (0.1, 1e20, -2.5, None, float("nan"), float("inf"), 0.0)
EPOCH = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)


def keepers() -> Iterator[Row[Keeper]]:
    for n in range(5):
        yield keeper_row(badge=f"k{n}", nickname=NAMES[n])


def houses() -> Iterator[Row[House]]:
    for n, name in enumerate(HOUSES):
        yield house_row(name=name, storeys=(1, 2, 2, None, -1)[n])


def animals(count: int = 40) -> Iterator[Row[Animal]]:
    """Every column takes turns at another pace, so that NULLs and ties fall differently in each."""
    for n in range(count):

        def turn(*values: Any, n: int = n) -> Any:
            return values[n % len(values)]

        yield animal_row(
            tag=f"a{n:03}",
            house_name=turn(*HOUSES[:4], None, "Gone"),
            parent_tag=f"a{n // 3:03}" if n % 4 else None,
            badges=turn([], ["k0"], ["k0", "k1"], ["k2", "k3", "k4"], ["nobody"]),
            nickname=turn(*NAMES),
            legs=turn(4, 2, None, 0, 4, 8, -1),
            steps=turn(2**53 + 1, None, -(2**63), 2**63 - 1, 0, 0),
            cells=turn(2**64 - 1, None, 2**64 - 2, 0, 7),
            weight=turn(*WEIGHTS),
            price=turn(Decimal("0.1234567890123456789"), Decimal("0.1234567890123456788"), None),
            tame=turn(True, False, None),
            born_at=turn(EPOCH + timedelta(microseconds=n % 4), None, EPOCH, EPOCH),
            chip=turn(UUID(int=n % 3), None),
            address=turn("10.0.0.1", "10.0.0.1/8", None, "fd00::1/64", "192.168.1.5"),
            network=turn("10.0.0.0/8", "10.1.0.0/16", None, "fd00::/8"),
            marks=turn({"team": "red", "odd'key\"": "\\"}, {}, None, {"team": "blue"}),
        )
