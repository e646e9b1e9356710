"""The engine and the slow reference agree on a collected landscape: every condition and sort key that the schema
offers, and whatever else hypothesis thinks up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    print_ast,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.catalog import Catalog
from inventory.graph.schema import Schema, build_schema
from tests.graph.landscape_ground import ground
from tests.graph.reference import Reference
from tests.graph.reference_types import Type
from tests.graph.same import same
from tests.graph.strategies import DIRECTIONS, Bare, Ground, documents, literal
from tests.graph.test_reference import FUZZ, asking_both
from tests.leaks import landscape

pytestmark = pytest.mark.timeout(400)
BATCH = 60


class Both:
    """The engine, the reference, and what documents are made of."""

    def __init__(self, ask: Any, reference: Reference, schema: Schema) -> None:
        self.ask = ask
        self.reference = reference
        self.ground: Ground = ground(reference, schema.graphql)

    def agree(self, document: str) -> None:
        found = self.ask(document)
        assert list(found) == ["data"], (document, found)
        expected = self.reference.answer(document)
        wrong = [
            f"{print_ast(node)}\n  {found['data'][key]}\n  {expected[key]}"
            for key, (node, *_) in self.reference.fields("Query", [_selected(document)]).items()
            if not same(found["data"][key], expected[key])
        ]
        assert wrong == []

    def agree_on_all(self, fields: list[str]) -> None:
        """Ask many root fields, some at once: each is its own sub-select."""
        assert fields
        for begin in range(0, len(fields), BATCH):
            part = fields[begin : begin + BATCH]
            self.agree("{ " + "\n".join(f"r{n}: {each}" for n, each in enumerate(part)) + " }")

    def root(self, kind: Type) -> str:
        return next(root for root, (of, _) in self.reference.world.many.items() if of == kind.name)


def _selected(document: str) -> SelectionSetNode:
    (operation,) = parse(document).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation.selection_set


@pytest.fixture(scope="module")
def both(postgres_dsn: str, template: str) -> Iterator[Both]:
    schema = build_schema(Catalog.load())
    with (
        landscape.clone(postgres_dsn, template) as dsn,
        asking_both(dsn, schema) as (ask, reference),
    ):
        yield Both(ask, reference, schema)


def test_every_column_can_be_asked_for_by_operators_that_take_turns(both: Both) -> None:
    fields = []
    turn = 0
    for kind in both.reference.world.types.values():
        offered = both.ground.inputs(f"{kind.name}Where")
        for name in kind.columns:
            if name not in offered:
                continue
            choices = both.ground.operands[kind.name, name]
            conditions: list[dict[str, Any]] = [{"isNull": bool(turn % 2)}]
            for _ in range(2):
                turn += 1
                operator = sorted(choices)[turn % len(choices)]
                operand = choices[operator][turn // len(choices) % len(choices[operator])]
                conditions.append({operator: operand})
            for each in conditions:
                where = literal({name: each})
                fields.append(
                    f"{both.root(kind)}(where: {where}, first: 3) {{ totalCount nodes {{ id }} }}"
                )
    both.agree_on_all(fields)


def test_every_operator_of_every_filter_is_understood(both: Both) -> None:
    """On the columns that hold most different values; an operator that the reference does not know must only answer."""
    schema, fields, others = both.ground.schema, [], []
    for of in {
        of for kind in both.reference.world.types.values() for _, of in kind.columns.values()
    }:
        offered = schema.type_map[f"{of}Filter"]
        assert isinstance(offered, GraphQLInputObjectType)
        columns = sorted(
            (
                (len({repr(row[name]) for row in both.reference.rows[kind.name]}), kind.name, name)
                for kind in both.reference.world.types.values()
                for name, (_, column_kind) in kind.columns.items()
                if column_kind == of
            ),
            reverse=True,
        )[:2]
        for _, type_name, name in columns:
            kind = both.reference.world.types[type_name]
            known = both.ground.operands[type_name, name]
            for operator in offered.fields:
                for operand in known.get(operator, []):
                    where = literal({name: {operator: operand}})
                    fields.append(
                        f"{both.root(kind)}(where: {where}, first: 5) {{ totalCount nodes {{ id }} }}"
                    )
                if operator not in known and operator != "isNull":
                    others.append((type_name, name, operator))
    both.agree_on_all(fields)
    assert len(fields) > 150


def test_every_edge_can_be_asked_for_by_every_quantifier(both: Both) -> None:
    fields = []
    for kind in both.reference.world.types.values():
        offered = both.ground.inputs(f"{kind.name}Where")
        wheres: list[dict[str, Any]] = []
        for name, edge in kind.many.items():
            if name in offered:
                column = next(iter(both.reference.world.types[edge.type].columns))
                inner = {column: {"isNull": False}}
                wheres += [{name: {"some": {}}}, {name: {"none": inner}}, {name: {"every": inner}}]
                wheres += [{name: {"count": {"gte": 2}}}]
                if edge.link:
                    rule = next(iter(edge.evidence))
                    wheres.append({name: {"link": {"rule": {"ne": rule}}, "some": inner}})
        for name, edge in kind.one.items():
            if name in offered:
                column = next(iter(both.reference.world.types[edge.type].columns))
                wheres += [{name: {}}, {"not": {name: {column: {"isNull": True}}}}]
        fields += [
            f"{both.root(kind)}(where: {literal(where)}, first: 3) {{ totalCount nodes {{ id }} }}"
            for where in wheres
        ]
    both.agree_on_all(fields)


def test_every_sort_key_orders_in_all_four_directions(both: Both) -> None:
    fields = []
    turn = 0
    for kind in both.reference.world.types.values():
        for name in both.ground.inputs(f"{kind.name}OrderBy") * 2:
            turn += 1
            direction: Any = Bare(DIRECTIONS[turn % 4])
            if name in kind.one:
                there = both.reference.world.types[kind.one[name].type]
                leaves = [
                    each
                    for each in both.ground.inputs(f"{there.name}OrderBy")
                    if each not in there.one
                ]
                direction = {leaves[turn % len(leaves)]: direction}
            order = literal([{name: direction}])
            fields.append(f"{both.root(kind)}(orderBy: {order}, first: 30) {{ nodes {{ id }} }}")
    both.agree_on_all(fields)


def test_every_leaf_of_every_kind_is_what_its_row_holds(both: Both) -> None:
    fields = []
    for kind in both.reference.world.types.values():
        shared = "displayName provider firstSeenAt lastSeenAt" if kind.resource else ""
        leaves = f"__typename id {shared} {' '.join(kind.columns)}"
        fields.append(f"{both.root(kind)}(first: 300) {{ totalCount nodes {{ {leaves} }} }}")
        ids = both.ground.ids.get(kind.name, [])[:2]
        fields += [f'node(id: "{each}") {{ ... on {kind.name} {{ {leaves} }} }}' for each in ids]
    both.agree_on_all(fields)


def test_every_edge_says_why(both: Both) -> None:
    fields = []
    for kind in both.reference.world.types.values():
        many = "createdAt confirmedAt rule matchedOn { column value } node { id displayName }"
        parts = [
            f"{name}(first: 2) {{ totalCount edges {{ {many if edge.link else 'node { id }'} }} }}"
            for name, edge in kind.many.items()
        ]
        parts += [f"{name} {{ id }}" for name in kind.one]
        parts += [
            f"{name}Edge {{ {many} }}" for name, edge in kind.one.items() if edge.link is not None
        ]
        if parts:
            text = " ".join(parts).replace("displayName", "__typename")
            fields.append(f"{both.root(kind)}(first: 25) {{ nodes {{ id {text} }} }}")
    for each in fields:
        both.agree("{ r: " + each + " }")


@settings(FUZZ, max_examples=120)
@given(data=st.data())
def test_whatever_is_asked_the_answers_agree(both: Both, data: st.DataObject) -> None:
    document = data.draw(documents(both.ground))

    found = both.ask(document)

    errors = [each["message"] for each in found.get("errors", ())]
    if errors and all("conflict" in each or "`link` narrows" in each for each in errors):
        return
    assert list(found) == ["data"], (document, found)
    expected = both.reference.answer(document)
    assert same(found["data"], expected), (document, found["data"], expected)
