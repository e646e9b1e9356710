"""Availability zones."""

from __future__ import annotations

from inventory.core.columns import Key
from inventory.sources.aws.models.base import Regional


class Az(Regional, table=True):
    """An availability zone that is enabled for an account."""

    hub = True

    zone_id: Key[str]
    """`ZoneId`: the same place for every account, such as `euc1-az1`."""
    name: str | None = None
    """`ZoneName`, such as `eu-central-1a`; two accounts may mean different places by it."""
    zone_type: str | None = None
    """`ZoneType`: `availability-zone`, `local-zone` or `wavelength-zone`."""
    opt_in_status: str | None = None
    """`OptInStatus`: `opt-in-not-required`, `opted-in` or `not-opted-in`."""
    state: str | None = None
    """`State`: `available`, `information`, `impaired`, `unavailable` or `constrained`."""
    group_name: str | None = None
    """`GroupName`: what is opted into as one, for an availability zone its region's name."""
    network_border_group: str | None = None
    """`NetworkBorderGroup`: where AWS announces the zone's public addresses."""
