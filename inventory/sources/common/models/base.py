"""What the models of `common` share."""

from typing import ClassVar

from inventory.core.model import Model
from inventory.core.source import Source
from inventory.sources.common import source as common


class CommonModel(Model):
    """A record of our own."""

    source: ClassVar[Source] = common
