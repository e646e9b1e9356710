"""Regions."""

from collections.abc import Iterator
from typing import Any

from inventory.core.row import Row, row
from inventory.core.task import collector
from tests.toy.models.region import Region
from tests.toy.scopes import AccountScope

region_row = row(Region)


@collector(Region, scope=AccountScope)
def collect_regions(account: Any) -> Iterator[Row[Region]]:
    """Read the regions of an account with `ListRegions`."""
    for region in account.regions():
        yield region_row(account_id=region["account"], name=region["name"])
