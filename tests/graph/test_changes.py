"""Which changes of a schema break the programs that were written for it."""

from __future__ import annotations

import pytest

from inventory.graph.changes import LEVELS, Change, changes, declared, is_declared

BASE = """
directive @now(offset: Int) on QUERY
scalar Time @specifiedBy(url: "https://example.org/time")
interface Node { id: ID! }
interface Named { name: String }
type Vpc implements Node { id: ID! name: String state: State tags(first: Int = 5, of: String): [String!] }
type Shoot implements Node & Named { id: ID! name: String! created: Time size(unit: Unit! = GIB): Int }
union Owner = Vpc | Shoot
enum State { UP DOWN }
enum Unit { GIB MIB }
input Where { name: String state: State! = UP and: [Where!] }
input Order @oneOf { name: Unit id: Unit }
type Query { vpc(id: ID!, where: Where, order: [Order!]): Vpc owner: Owner node(id: ID!): Node }
type Mutation { start: Int }
"""
CASES = [
    # What an answer holds.
    ("id: ID! name: String state", "id: ID! state", "breaking", "FIELD_REMOVED", "Vpc.name"),
    ("id: ID! name: String state", "id: ID! name: String! state", "safe", "FIELD_CHANGED_KIND_SAFE", "Vpc.name"),
    ("id: ID! name: String! created", "id: ID! name: String created", "breaking", "FIELD_CHANGED_KIND", "Shoot.name"),
    ("created: Time", "created: String", "breaking", "FIELD_CHANGED_KIND", "Shoot.created"),
    ("): [String!]", "): [String]", "breaking", "FIELD_CHANGED_KIND", "Vpc.tags"),
    ("): [String!]", "): String", "breaking", "FIELD_CHANGED_KIND", "Vpc.tags"),
    ("created: Time", "created: Time seen: Time", "safe", "FIELD_ADDED", "Shoot.seen"),
    ("created: Time", 'created: Time @deprecated(reason: "x")', "safe", "FIELD_DEPRECATED", "Shoot.created"),
    ("vpc(id", "vpcs(id", "breaking", "FIELD_REMOVED", "Query.vpc"),
    # What a program may send.
    ("vpc(id: ID!", "vpc(id: ID!, region: String", "safe", "OPTIONAL_ARG_ADDED", "Query.vpc(region:)"),
    ("vpc(id: ID!", "vpc(id: ID!, region: String!", "breaking", "REQUIRED_ARG_ADDED", "Query.vpc(region:)"),
    ("vpc(id: ID!", "vpc(id: ID!, region: String! = \"x\"", "safe", "OPTIONAL_ARG_ADDED", "Query.vpc(region:)"),
    ("vpc(id: ID!", "vpc(id: ID", "safe", "ARG_CHANGED_KIND_SAFE", "Query.vpc(id:)"),
    ("where: Where", "where: Where!", "breaking", "ARG_CHANGED_KIND", "Query.vpc(where:)"),
    ("where: Where", "where: [Where!]", "breaking", "ARG_CHANGED_KIND", "Query.vpc(where:)"),
    (", of: String", "", "breaking", "ARG_REMOVED", "Vpc.tags(of:)"),
    ("first: Int = 5", "first: Int = 9", "dangerous", "ARG_DEFAULT_VALUE_CHANGE", "Vpc.tags(first:)"),
    ("first: Int = 5", "first: Int", "dangerous", "ARG_DEFAULT_VALUE_CHANGE", "Vpc.tags(first:)"),
    ("unit: Unit! = GIB", "unit: Unit!", "breaking", "ARG_REQUIRED", "Shoot.size(unit:)"),
    ("input Where { name: String", "input Where {", "breaking", "FIELD_REMOVED", "Where.name"),
    ("input Where {", "input Where { region: String", "safe", "OPTIONAL_INPUT_FIELD_ADDED", "Where.region"),
    ("input Where {", "input Where { region: String!", "breaking", "REQUIRED_INPUT_FIELD_ADDED", "Where.region"),
    ("Where { name: String", "Where { name: String!", "breaking", "FIELD_CHANGED_KIND", "Where.name"),
    ("Where { name: String", "Where { name: Int", "breaking", "FIELD_CHANGED_KIND", "Where.name"),
    ("state: State! = UP", "state: State!", "breaking", "INPUT_FIELD_REQUIRED", "Where.state"),
    ("input Where {", "input Where @oneOf {", "breaking", "ONE_OF_ADDED", "Where"),
    ("input Order @oneOf", "input Order", "safe", "ONE_OF_REMOVED", "Order"),
    # Enums, unions, interfaces, scalars.
    ("State { UP", "State { GONE UP", "dangerous", "VALUE_ADDED_TO_ENUM", "State.GONE"),
    ("Unit { GIB", "Unit { TIB GIB", "safe", "VALUE_ADDED_TO_ENUM", "Unit.TIB"),
    ("UP DOWN", "UP", "breaking", "VALUE_REMOVED_FROM_ENUM", "State.DOWN"),
    ("= Vpc | Shoot", "= Vpc", "breaking", "TYPE_REMOVED_FROM_UNION", "Owner"),
    ("Vpc implements Node", "Vpc implements Node & Named", "dangerous", "IMPLEMENTED_INTERFACE_ADDED", "Named"),
    ("implements Node & Named", "implements Node", "breaking", "IMPLEMENTED_INTERFACE_REMOVED", "Shoot"),
    ("union Owner", "type Seed implements Node { id: ID! }\nunion Owner", "dangerous", "POSSIBLE_TYPE_ADDED", "Seed"),
    ("union Owner", "type Seed { id: ID! }\nunion Owner", "safe", "TYPE_ADDED", "Seed"),
    ("enum Unit { GIB MIB }", "scalar Unit", "breaking", "TYPE_CHANGED_KIND", "Unit"),
    ("org/time", "org/clock", "dangerous", "SPECIFICATION_CHANGED", "Time"),
    # Roots and directives.
    ("type Mutation {", "schema { query: Query }\ntype Mutation {", "breaking", "ROOT_REMOVED", "Mutation"),
    ("directive @now(offset: Int) on QUERY", "", "breaking", "DIRECTIVE_REMOVED", "@now"),
    ("on QUERY", "on FIELD", "breaking", "DIRECTIVE_LOCATION_REMOVED", "@now"),
    ("offset: Int", "offset: Int!", "breaking", "ARG_CHANGED_KIND", "@now(offset:)"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "level", "kind", "coordinate"), CASES)
def test_a_change_is_judged_by_what_a_valid_operation_would_see(
    old: str, new: str, level: str, kind: str, coordinate: str
) -> None:
    assert BASE.count(old) == 1

    found = changes(BASE, BASE.replace(old, new))

    worst = found[0]
    assert (worst.level, worst.kind, worst.coordinate) == (level, kind, coordinate)


def test_nothing_changed_and_a_new_description_are_nothing() -> None:
    assert changes(BASE, BASE) == []
    assert changes(BASE, '"""Text."""' + BASE) == []


def test_the_worst_comes_first() -> None:
    other = BASE.replace("UP DOWN", "UP GONE").replace("created: Time", "created: Time a: Int")

    assert [each.level for each in changes(BASE, other)] == list(LEVELS)


def test_a_changelog_declares_by_field_or_by_type_in_its_newest_section() -> None:
    names = declared(
        "# Log\n\n## 2.0\n\n### Breaking\n\n* `Vpc.tags(of:)` and `Shoot` went.\n\n### Other\n\n* `Seed`\n"
        "\n## 1.0\n\n### Breaking\n\n* `Query.vpc`\n"
    )

    assert names == {"Vpc.tags(of:)", "Shoot"}
    for text, expected in [
        ("Argument Vpc.tags(of:) was removed.", True),
        ("Argument Vpc.tags(first:) was removed.", False),
        ("Field Shoot.name was removed.", True),
        ("Field Query.vpc was removed.", False),
    ]:
        assert is_declared(Change("breaking", "X", text), names) is expected
