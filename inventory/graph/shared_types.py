"""Types that do not depend on the catalog: pages, evidence, filters."""

from __future__ import annotations

from typing import Any

import strawberry

from inventory.graph import operators, scalars, types
from inventory.graph.types import field

Provider = types.enum_type(
    "Provider",
    "Where a resource comes from.",
    {
        "AWS": "Amazon Web Services",
        "AZURE": "Microsoft Azure",
        "COMMON": "The inventory itself",
        "GARDENER": "Gardener",
        "GCP": "Google Cloud",
        "OPENSTACK": "OpenStack",
    },
)
OrderDirection = types.enum_type(
    "OrderDirection",
    "Direction of a sort. Plain ASC puts NULL last and plain DESC puts it first, as PostgreSQL does.",
    {
        "ASC": "smallest first, NULL last",
        "ASC_NULLS_FIRST": "smallest first, NULL before everything",
        "DESC": "largest first, NULL first",
        "DESC_NULLS_LAST": "largest first, NULL after everything",
    },
)

ID_FIELD = ("id", strawberry.ID, "Opaque and stable; goes into `node(id:)`.")

RESOURCE_FIELDS: list[tuple[str, Any, str]] = [
    ID_FIELD,
    ("displayName", str, "What people call it: its name, or the id that its source gave it."),
    ("provider", Provider, "The source that it was read from."),
    ("firstSeenAt", scalars.DateTime, "When a collection saw it first."),
    (
        "lastSeenAt",
        scalars.DateTime,
        "When its scope was last listed completely; such a listing is what keeps it here.",
    ),
]
PageInfo = types.object_type(
    "PageInfo",
    "Where a page lies in its list.",
    [
        field("endCursor", types.optional(str), "Cursor of the last edge."),
        field("hasNextPage", bool, "There are rows after this page."),
        field("hasPreviousPage", bool, "There are rows before this page."),
        field("startCursor", types.optional(str), "Cursor of the first edge."),
    ],
)

MatchedValue = types.object_type(
    "MatchedValue",
    "A value that the rule of an edge compared.",
    [
        field("column", str, "The table and column, such as `aws_vpc.name`."),
        field("value", types.optional(str), "The value as it is now."),
    ],
)

LINK_FIELDS: list[tuple[str, Any, str]] = [
    ("rule", str, "The rule that found the pair."),
    ("matchedOn", types.list_of(MatchedValue), "What the rule compared on both ends."),
    ("createdAt", scalars.DateTime, "When the pair was first found."),
    ("confirmedAt", scalars.DateTime, "When the rules last found the pair again."),
]

FILTERS: dict[str, Any] = {
    kind: types.input_type(
        f"{kind}Filter",
        operators.DOC[kind],
        [field(name, types.optional(op.takes), op.doc) for name, op in by_name.items()],
    )
    for kind, by_name in operators.BY_KIND.items()
    if kind not in operators.ENUMS
}
IDFilter = types.input_type(
    "IDFilter",
    "Compares global ids.",
    [
        field("eq", types.optional(strawberry.ID), "equal"),
        field("ne", types.optional(strawberry.ID), "not equal"),
        field("in", types.optional(types.list_of(strawberry.ID)), "one of"),
        field("notIn", types.optional(types.list_of(strawberry.ID)), "none of"),
    ],
)
LinkWhere = types.input_type(
    "LinkWhere",
    "Condition on the edge itself.",
    [
        field("rule", types.optional(FILTERS["String"]), "by the rule that found the pair"),
        field("createdAt", types.optional(FILTERS["DateTime"]), "by when the pair was first found"),
    ],
)
