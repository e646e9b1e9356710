"""Things."""

from collections.abc import Iterator
from typing import Any

from inventory.core.row import Row, row
from inventory.core.task import collector
from tests.toy.models.thing import Thing
from tests.toy.scopes import RegionScope

thing_row = row(Thing)


@collector(Thing, scope=RegionScope)
def collect_things(region: Any) -> Iterator[Row[Thing]]:
    """Read the things of a region with `ListThings`."""
    for thing in region.things():
        yield thing_row(
            account_id=thing["account"],
            region_name=thing["region"],
            thing_id=thing["id"],
            size=thing["size"],
        )
