"""The names of the fields that columns become, such that a name means one type everywhere.

A query of an interface merges the fields of its fragments, `... on AwsVpc { vpcId } ... on GcpVpc
{ vpcId }`; GraphQL refuses it when they differ in type.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from inventory.catalog import Catalog
from inventory.graph import naming, scalars

RESERVED = {"provider", "displayName", "firstSeenAt", "lastSeenAt"}
"""Fields of every resource; a column of that name is shown with `Name` added."""

ALWAYS_NULLABLE = {"name", "status", "state", "region", "description", "type"}
"""What some source leaves open. One nullability for all types lets fragments on them be merged."""

NUMBERS = {"Int", "BigInt", "Float", "Decimal"}


class ColumnNames:
    """Field names of all columns of a catalog. `objects` are the names that lead to an object."""

    def __init__(self, catalog: Catalog, objects: set[str]) -> None:
        self.objects = objects
        columns = [column for model in catalog for column in model.__table__.columns]
        kinds: dict[str, set[str]] = defaultdict(set)
        for column in columns:
            kinds[column.name].add(scalars.kind_of(column).name)
        self._mixed = {name for name, found in kinds.items() if len(found) > 1}
        self.nullable = ALWAYS_NULLABLE | {self.of(column) for column in columns if column.nullable}
        """Fields whose column is nullable in some model, and so in GraphQL in all of them."""

    def of(self, column: sa.Column[Any]) -> str:
        """`is_default` → `isDefault`.

        Where clouds mean different types by a name, text keeps it and the others say what they are:
        a numeric `vpc_id` is `vpcIdNumber`.
        """
        name = naming.camel(column.name)
        kind = scalars.kind_of(column).name
        if column.name in self._mixed and kind != scalars.STRING.name:
            name += "Number" if kind in NUMBERS else kind
        return f"{name}Name" if name in self.objects or name in RESERVED else name
