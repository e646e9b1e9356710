"""Aggregates over all rows that a condition selects, and rows grouped by columns: their types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inventory.core.names import snake
from inventory.graph import naming, scalars, shared_types, types
from inventory.graph.operators import ENUMS
from inventory.graph.projection import Leaf, Shape
from inventory.graph.types import Argument, field

COMPARED = {"String", "Int", "BigInt", "Float", "Decimal", "DateTime", "Inet"}
SUMMED = {"Int", "BigInt", "Float", "Decimal"}
GROUPED = {"String", "Boolean", "Int", "UUID", "Inet", *ENUMS}
UNITS = {"YEAR": "year", "MONTH": "month", "DAY": "day"}
"""What points in time are grouped by."""
FIRST_GROUPS = 100


@dataclass(frozen=True)
class GroupKey:
    """A column to group by, with its unit where it is a point in time."""

    name: str
    """The member of the enum: `REGION_NAME`, `LAUNCH_TIME_MONTH`."""
    field: str
    """The field of the key object: `regionName`, `launchTimeMonth`."""
    leaf: Leaf
    unit: str | None = None

    @property
    def doc(self) -> str:
        return f"{self.unit} of `{self.leaf.name}`" if self.unit else f"`{self.leaf.name}`"


def group_keys(shape: Shape) -> dict[str, GroupKey]:
    """What rows of a shape can be grouped by, by enum member."""
    found = []
    for leaf in shape.leaves.values():
        name = snake(leaf.name).upper()
        if leaf.kind.name in GROUPED:
            found.append(GroupKey(name, leaf.name, leaf))
        elif leaf.kind.name == "DateTime":
            found += [
                GroupKey(f"{name}_{unit}", leaf.name + unit.capitalize(), leaf, word)
                for unit, word in UNITS.items()
            ]
    return {key.name: key for key in found}


def add_fields(shape: Shape, *connections: Any) -> None:
    """Give connections of a shape `aggregate` and `groups`."""
    aggregate = _aggregate(shape)
    group, by = _group(shape, aggregate)
    having = types.input_type(
        f"{shape.name}Having",
        f"Condition on a group of {naming.plural(shape.name)}.",
        [field("count", types.optional(shared_types.FILTERS["Int"]), "on how many rows it has")],
    )
    arguments = [
        Argument("by", types.list_of(by), "The columns.", required=True),
        Argument("having", having, "Only groups for which this holds."),
        Argument("first", int, f"At most this many groups; {FIRST_GROUPS} when left out."),
    ]
    for connection in connections:
        types.add(
            connection,
            field(
                "aggregate",
                aggregate,
                "Over all rows that the condition selects, whatever the page.",
            ),
            field(
                "groups",
                types.list_of(group),
                "Those rows grouped, the largest group first.",
                arguments,
            ),
        )


def _aggregate(shape: Shape) -> Any:
    leaves = shape.leaves.values()
    compared = [leaf for leaf in leaves if leaf.kind.name in COMPARED]
    summed = [leaf for leaf in leaves if leaf.kind.name in SUMMED]
    prefix = shape.name
    fields = [
        field("count", int, "How many rows."),
        field(
            "countDistinct",
            types.object_type(
                f"{prefix}CountDistinct",
                "Different values by column; NULL is none.",
                [
                    field(leaf.name, int, f"of `{leaf.name}`")
                    for leaf in leaves
                    if leaf.kind.name != "JSON"
                ],
            ),
            "How many different values.",
        ),
    ]
    if compared:
        extremes = types.object_type(
            f"{prefix}Extremes",
            "A value by column; null where no row has one.",
            [
                field(leaf.name, types.optional(leaf.kind.python), f"of `{leaf.name}`")
                for leaf in compared
            ],
        )
        fields += [
            field("min", extremes, "The smallest values."),
            field("max", extremes, "The largest values."),
        ]
    if summed:
        sums = types.object_type(
            f"{prefix}Sums",
            "Sums by column; null where no row has a value.",
            [
                field(leaf.name, types.optional(scalars.Decimal), f"of `{leaf.name}`")
                for leaf in summed
            ],
        )
        averages = types.object_type(
            f"{prefix}Averages",
            "Averages by column; null where no row has a value.",
            [field(leaf.name, types.optional(float), f"of `{leaf.name}`") for leaf in summed],
        )
        fields += [field("sum", sums, "The sums."), field("avg", averages, "The averages.")]
    return types.object_type(
        f"{prefix}Aggregate", f"Aggregates over {naming.plural(prefix)}.", fields
    )


def _group(shape: Shape, aggregate: Any) -> tuple[Any, Any]:
    keys = group_keys(shape).values()
    by = types.enum_type(
        f"{shape.name}GroupField",
        f"What {naming.plural(shape.name)} can be grouped by.",
        {key.name: key.doc for key in keys},
    )
    key_type = types.object_type(
        f"{shape.name}GroupKey",
        "The values that a group shares; null where it is not grouped by them.",
        [
            field(
                key.field,
                types.optional(scalars.DateTime if key.unit else key.leaf.kind.python),
                key.doc,
            )
            for key in keys
        ],
    )
    group = types.object_type(
        f"{shape.name}Group",
        f"{naming.plural(shape.name)} that share the values of their key.",
        [
            field("key", key_type, "What they share."),
            field("count", int, "How many there are."),
            field("aggregate", aggregate, "Aggregates over them."),
        ],
    )
    return group, by
