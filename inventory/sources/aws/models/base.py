"""What all resources of AWS have in common."""

from __future__ import annotations

from inventory.core.columns import Key
from inventory.core.model import Resource
from inventory.sources import aws


class AwsResource(Resource):
    """A resource as one account sees it."""

    source = aws.source

    account_id: Key[str]
    """The twelve-digit account whose credentials read it."""


class Regional(AwsResource):
    """A resource of one region."""

    region_name: str
    """The region that was asked, such as `eu-central-1`."""


class Tagged(Regional):
    """A resource of one region that may carry tags."""

    tags: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    """`Tags`, by key."""
