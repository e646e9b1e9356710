"""Names in GraphQL, and clashes that stop the process at its start."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any, ClassVar

import pytest
from sqlmodel import SQLModel

from inventory.catalog import Catalog
from inventory.core.columns import Key
from inventory.core.link import link
from inventory.core.model import Resource
from inventory.core.source import Source
from inventory.errors import CatalogError
from inventory.graph import naming
from inventory.graph.projection import Projection
from inventory.sources import common
from tests.graph import zoo
from tests.graph.zoo.models.animal import Animal
from tests.graph.zoo.models.house import House
from tests.graph.zoo.models.keeper import Keeper


@pytest.fixture(autouse=True)
def no_trace() -> Iterator[None]:
    before = set(SQLModel.metadata.tables)
    yield
    for name in set(SQLModel.metadata.tables) - before:
        SQLModel.metadata.remove(SQLModel.metadata.tables[name])


def projected(**declared: Any) -> Projection:
    """The zoo and what a test declares beside it."""
    module = ModuleType("beside")
    vars(module).update(declared)
    return Projection(Catalog.of([common.source, zoo.source], [module]))


@pytest.mark.parametrize(
    ("noun", "plural"),
    [
        ("vpc", "vpcs"),
        ("proxy", "proxies"),
        ("key", "keys"),
        ("address", "addresses"),
        ("box", "boxes"),
        ("branch", "branches"),
    ],
)
def test_plurals(noun: str, plural: str) -> None:
    assert naming.plural(noun) == plural


@pytest.mark.parametrize(
    ("column", "field"),
    [("name", "name"), ("is_default", "isDefault"), ("ipv6_cidr", "ipv6Cidr"), ("a_1", "a1")],
)
def test_columns_become_fields(column: str, field: str) -> None:
    assert naming.camel(column) == field


def test_two_links_between_the_same_models_need_roles() -> None:
    again: dict[str, Any] = {"on": {"name": "nickname"}, "doc": "x."}
    twice = link(House, Animal, name="l_zoo_house_to_namesake", **again)
    with pytest.raises(CatalogError, match="give one of the links a_as= or b_as="):
        projected(twice=twice)

    roles = link(House, Animal, a_as="namesake_house", b_as="namesake", **again)
    edges = projected(roles=roles).shapes[Animal].edges
    assert edges["namesakeHouse"].one is True
    assert edges["house"].there is House


def test_an_edge_may_not_hide_a_column() -> None:
    hiding = link(
        Keeper, Animal, on={"badge": "tag"}, a_as="nickname", b_as="hidden", doc="x.", one=()
    )

    # A column of the name of a to-one edge is shown with `Name` added; everywhere alike.
    found = projected(hiding=hiding).shapes[Animal]
    assert "nickname" in found.edges
    assert "nicknameName" in found.leaves

    many = link(
        Animal, Keeper, on=lambda a, b: a.c.tag == b.c.badge, a_as="x", b_as="leg", doc="x."
    )
    with pytest.raises(CatalogError, match="is a column and an edge"):
        projected(many=many)


def test_two_models_of_one_graphql_name_are_refused() -> None:
    twin = Source(key="zoo2", label="Zoo", package="tests.nowhere")

    class House(Resource, table=True):
        """Another."""

        source: ClassVar[Source] = twin
        table_name: ClassVar[str | None] = "zoo2_house"
        name: Key[str]

    with pytest.raises(CatalogError, match="same GraphQL name"):
        projected(House=House)


def test_an_edge_to_another_source_carries_its_label() -> None:
    other = Source(key="farm", label="Farm", package="tests.nowhere")

    class Field(Resource, table=True):
        """Where things grow."""

        source: ClassVar[Source] = other
        name: Key[str]

    nexus = link(House, Field, on=lambda a, b: a.c.name == b.c.name, doc="x.")
    found = projected(Field=Field, nexus=nexus)

    assert nexus.name == "n_zoo_house_to_farm_field"
    assert nexus.columns == ("zoo_house_id", "farm_field_id")
    assert "farmFields" in found.shapes[House].edges
    assert "zooHouses" in found.shapes[Field].edges
