"""What is computed."""

from typing import Any

import sqlalchemy as sa

from inventory.core.computed import computed
from tests.graph.zoo.models.animal import Animal


@computed(Animal)
def label(animal: sa.FromClause) -> sa.ColumnElement[Any]:
    """Its ring, a per cent sign and its name."""
    return sa.func.format("%s 100%% %s", animal.c.tag, animal.c.nickname, type_=sa.Text())
