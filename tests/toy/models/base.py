"""What the models share."""

from typing import ClassVar

from inventory.core.columns import Key
from inventory.core.model import Resource
from inventory.core.source import Source
from tests.toy import source as toy


class ToyResource(Resource):
    """Something in an account."""

    source: ClassVar[Source] = toy

    account_id: Key[str]
    """The account that holds it."""
