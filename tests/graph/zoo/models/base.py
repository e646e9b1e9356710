"""What the models share."""

from typing import ClassVar

from inventory.core.model import Resource
from inventory.core.source import Source
from tests.graph.zoo import source as zoo


class ZooResource(Resource):
    """Something in the zoo."""

    source: ClassVar[Source] = zoo
