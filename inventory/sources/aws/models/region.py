"""Regions."""

from __future__ import annotations

from inventory.core.columns import Key
from inventory.sources.aws.models.base import AwsResource


class Region(AwsResource, table=True):
    """A region that is enabled for an account."""

    hub = True

    name: Key[str]
    """`RegionName`, such as `eu-central-1`."""
    endpoint: str | None = None
    """`Endpoint`: the host name of EC2 in the region."""
    opt_in_status: str | None = None
    """`OptInStatus`: `opt-in-not-required` or `opted-in`."""
