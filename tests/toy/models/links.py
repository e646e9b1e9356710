"""How the models belong together."""

from inventory.core.link import link
from tests.toy.models.region import Region
from tests.toy.models.thing import Thing

region_to_thing = link(
    Region,
    Thing,
    on={"account_id": "account_id", "name": "region_name"},
    doc="A thing lies in the region that it was read in.",
)
