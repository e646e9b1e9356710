"""Names, columns, keys, rows and links: what follows from a declaration, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from inventory.catalog import Catalog
from inventory.core import duration, names
from inventory.core.columns import Cidr, Inet, Int32, Key, Unsigned64, column_type
from inventory.core.computed import computed
from inventory.core.link import Rule, link
from inventory.core.model import Model, Resource
from inventory.core.scope import Scope
from inventory.core.source import Source
from inventory.core.task import Payload, collector, task
from inventory.errors import CatalogError, ConfigError, PayloadError
from inventory.sources import common
from tests.graph import zoo
from tests.graph.zoo.models.animal import Animal
from tests.graph.zoo.models.house import House
from tests.graph.zoo.models.keeper import Keeper
from tests.graph.zoo.models.links import animal_to_keeper, house_to_animal, parent_to_child
from tests.graph.zoo.rows import animal_row, house_row

INK = Source(key="ink", label="Ink", package="tests.core")


@pytest.fixture(autouse=True)
def no_trace() -> Iterator[None]:
    """Tables that a test declares are forgotten."""
    before = set(SQLModel.metadata.tables)
    yield
    for name in set(SQLModel.metadata.tables) - before:
        SQLModel.metadata.remove(SQLModel.metadata.tables[name])


class Inky(Resource):
    """What these tests declare."""

    source: ClassVar[Source] = INK


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("Vpc", "vpc"),
        ("NetworkInterface", "network_interface"),
        ("DNSRecord", "dns_record"),
        ("GKECluster", "gke_cluster"),
        ("S3Bucket", "s3_bucket"),
        ("Az", "az"),
    ],
)
def test_class_names_become_table_names(name: str, snake: str) -> None:
    assert names.snake(name) == snake


def test_a_name_may_have_63_bytes_and_not_64() -> None:
    assert names.fits("a" * 63)
    assert names.fits("ä" * 31)
    for name in ("a" * 64, "ä" * 32):
        with pytest.raises(CatalogError, match="64 bytes; PostgreSQL keeps 63"):
            names.fits(name)


def test_a_model_whose_table_or_constraint_is_too_long_is_refused() -> None:
    with pytest.raises(CatalogError, match="PostgreSQL keeps 63"):
        type(
            "A" + "b" * 60,
            (Inky,),
            {"__annotations__": {"name": Key[str]}, "__module__": __name__},
            table=True,
        )


def test_a_link_whose_table_is_too_long_is_refused_and_can_be_named() -> None:
    with pytest.raises(CatalogError, match="PostgreSQL keeps 63"):
        link(House, Keeper, on={"name": "badge"}, a_as="a" * 40, b_as="b" * 40, doc="x")

    named = link(
        House, Keeper, on={"name": "badge"}, name="l_zoo_x_to_y", columns=("x", "y"), doc="x"
    )
    assert (named.name, named.columns) == ("l_zoo_x_to_y", ("x", "y"))


@pytest.mark.parametrize("name", ["zoo_x_to_y", "l_Zoo_to_x", "l_zoo_x", "l_zoo_x_to_y; drop", "x"])
def test_a_link_is_named_as_links_are(name: str) -> None:
    with pytest.raises(CatalogError, match="must match"):
        link(House, Keeper, on={"name": "badge"}, name=name, doc="x")


def test_names_derive_from_the_source_and_the_class() -> None:
    assert Animal.registered_name() == "zoo:model:animal"
    assert str(Animal.__tablename__) == "zoo_animal"
    assert {c.name for c in Animal.__table__.constraints if isinstance(c, sa.UniqueConstraint)} == {
        "uq_zoo_animal"
    }
    assert house_to_animal.name == "l_zoo_house_to_animal"
    assert house_to_animal.columns == ("house_id", "animal_id")
    assert parent_to_child.columns == ("parent_id", "child_id")


# -- columns --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (str, "TEXT"),
        (str | None, "TEXT"),
        (int, "BIGINT"),
        (int | None, "BIGINT"),
        (Int32, "INTEGER"),
        (Int32 | None, "INTEGER"),
        (Unsigned64, "NUMERIC(20, 0)"),
        (bool, "BOOLEAN"),
        (float, "DOUBLE PRECISION"),
        (Decimal, "NUMERIC"),
        (datetime | None, "TIMESTAMP WITH TIME ZONE"),
        (UUID, "UUID"),
        (Inet, "INET"),
        (Cidr | None, "CIDR"),
        (dict[str, str], "JSONB"),
        (dict[str, Any] | None, "JSONB"),
        (list[str], "TEXT[]"),
        (list[str] | None, "TEXT[]"),
        (Key[str], "TEXT"),
        (Key[Int32], "INTEGER"),
    ],
)
def test_a_python_type_has_one_postgresql_type(annotation: Any, expected: str) -> None:
    found = column_type(annotation, [], "x").compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]

    assert found == expected


@pytest.mark.parametrize(
    "annotation", [bytes, timedelta, int | str, set[str], object, tuple[int, int]]
)
def test_a_type_without_one_is_refused_by_name(annotation: Any) -> None:
    with pytest.raises(CatalogError, match=r"Vpc\.size"):
        column_type(annotation, [], "Vpc.size")


def test_columns_know_their_null_ness_default_and_comment() -> None:
    columns: Any = Animal.__table__.c

    assert not columns.tag.nullable
    assert columns.nickname.nullable
    assert columns.nickname.comment == "What visitors call it."
    assert Animal.__table__.comment == "Whoever lives in a house."
    assert str(columns.badges.server_default.arg) == "'{}'"
    assert str(columns.created_at.server_default.arg) == "now()"
    assert Animal.columns()[:2] == ("tag", "house_name")
    assert {"id", "scope_id", "created_at", "updated_at"}.isdisjoint(Animal.columns())


def test_a_resource_needs_a_natural_key() -> None:
    with pytest.raises(
        CatalogError, match=r"Keyless: a resource needs a natural key; mark it with Key\[…\]"
    ):

        class Keyless(Inky, table=True):
            """Nobody knows which."""

            name: str


def test_the_most_specific_part_of_a_key_comes_first() -> None:
    class Drop(Inky, table=True):
        """A drop."""

        account_id: Key[str]
        region: Key[str]
        drop_id: Key[str]

    assert Drop.key == ("drop_id", "region", "account_id")


# -- rows -----------------------------------------------------------------------------------------


def test_a_row_has_the_values_in_the_order_of_the_columns() -> None:
    made = house_row(storeys=2, name="Apes")

    assert tuple(made) == ("Apes", 2)
    assert made.model is House
    assert tuple(house_row(name="x")) == ("x", None)


def test_json_is_text_with_sorted_keys_and_none_stays_none() -> None:
    made = dict(zip(Animal.columns(), animal_row(tag="a", marks={"b": "1", "a": "2"}), strict=True))
    none = dict(zip(Animal.columns(), animal_row(tag="a", marks=None), strict=True))

    assert made["marks"] == '{"a":"2","b":"1"}'
    assert none["marks"] is None
    assert made["badges"] == []


def test_missing_unknown_and_positional_arguments_are_refused() -> None:
    wrong: Any = house_row
    calls: list[Any] = [lambda: wrong(), lambda: wrong(name="x", id="y"), lambda: wrong("x")]
    for call in calls:
        with pytest.raises(TypeError):
            call()


# -- links ----------------------------------------------------------------------------------------


def test_cardinality_follows_from_natural_keys() -> None:
    assert (house_to_animal.to_one("a"), house_to_animal.to_one("b")) == (True, False)
    assert (parent_to_child.to_one("a"), parent_to_child.to_one("b")) == (True, False)
    assert (animal_to_keeper.to_one("a"), animal_to_keeper.to_one("b")) == (False, False)
    both = link(House, Keeper, on={"name": "badge"}, doc="x")
    assert (both.to_one("a"), both.to_one("b")) == (True, True)
    said = link(
        House, Keeper, on=lambda a, b: a.c.name == b.c.badge, a_as="said", one=("a",), doc="x"
    )
    assert (said.to_one("a"), said.to_one("b")) == (True, False)


def test_evidence_is_what_a_rule_compares() -> None:
    assert house_to_animal.evidence(house_to_animal.rules["match"]) == (("name",), ("house_name",))
    assert animal_to_keeper.evidence(animal_to_keeper.rules["badge"]) == (("badges",), ("badge",))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"on": {"nothing": "badge"}}, r"House has no column \['nothing'\]"),
        ({"on": {"name": "nothing"}}, r"Keeper has no column \['nothing'\]"),
        ({"rules": {"x": Rule(lambda a, b: a.c.id == b.c.id, a=("nothing",))}}, "nothing"),
        ({}, "give either"),
        ({"on": {"name": "badge"}, "rules": {"x": {"name": "badge"}}}, "give either"),
        ({"rules": {"it's": {"name": "badge"}}}, "it's"),
        ({"rules": {}}, "rule"),
        ({"on": {}}, "nothing"),
    ],
)
def test_a_link_that_cannot_be_is_refused_with_the_place(given: dict[str, Any], words: str) -> None:
    with pytest.raises(CatalogError, match=words):
        link(House, Keeper, doc="x", **given)


# -- tasks, scopes, catalog -----------------------------------------------------------------------


def test_tasks_are_named_after_their_functions_and_documented() -> None:
    @task(INK)
    def spill_ink(run: Any, payload: Payload) -> None:
        """Spill it."""

    assert (spill_ink.name, spill_ink.doc) == ("ink:task:spill-ink", "Spill it.")
    with pytest.raises(CatalogError, match="needs a docstring"):

        @task(INK)
        def silent(run: Any, payload: Payload) -> None:
            pass

    with pytest.raises(CatalogError, match="names no model"):
        collector(scope=Scope)(lambda reader: iter(()))


def test_a_payload_names_a_scope_in_full_or_in_part() -> None:
    from tests.toy.scopes import RegionScope

    east = RegionScope("1", "east")
    assert str(east) == "1/east"
    assert str(Scope()) == "all"
    assert east.within({})
    assert east.within({"account_id": "1"})
    assert not east.within({"account_id": "2", "region": "east"})
    assert RegionScope.named({"account_id": "1", "region": "east"}) == east
    assert RegionScope.named({"account_id": "1"}) is None
    with pytest.raises(PayloadError, match="must be text"):
        RegionScope.named({"account_id": 1, "region": "east"})


def test_the_catalog_knows_every_declaration_once() -> None:
    catalog = Catalog.of([common.source, zoo.source])

    assert [m for m in catalog.models if m.startswith("zoo")] == [
        "zoo:model:animal",
        "zoo:model:house",
        "zoo:model:keeper",
    ]
    assert {"zoo:task:collect-all", "zoo:task:feed", "zoo:task:collect-animals"} <= set(
        catalog.tasks
    )
    assert catalog.model("zoo_animal") is catalog.model("zoo:model:animal") is Animal
    with pytest.raises(PayloadError, match="did you mean zoo:task:feed"):
        catalog.task("zoo:task:fed")
    with pytest.raises(PayloadError, match="no model is named 'x'"):
        catalog.model("x")


def test_two_declarations_of_one_name_are_refused() -> None:
    from types import ModuleType

    module = ModuleType("twice")

    @task(zoo.source)
    def feed(run: Any, payload: Payload) -> None:
        """Feed them again."""

    module.feed = feed  # type: ignore[attr-defined]
    with pytest.raises(CatalogError, match="zoo:task:feed is declared twice"):
        Catalog.of([common.source, zoo.source], [module])


def test_a_link_to_a_model_outside_of_the_catalog_is_refused() -> None:
    from types import ModuleType

    class Blot(Inky, table=True):
        """A blot."""

        name: Key[str]

    module = ModuleType("outside")
    module.blotted = link(House, Blot, on={"name": "name"}, doc="x")  # type: ignore[attr-defined]
    assert module.blotted.name == "n_zoo_house_to_ink_blot"
    with pytest.raises(CatalogError, match="belongs to no source"):
        Catalog.of([common.source, zoo.source], [module])


def test_a_computed_field_may_not_hide_a_column() -> None:
    with pytest.raises(CatalogError, match="has a column nickname"):

        @computed(Animal)
        def nickname(animal: sa.FromClause) -> sa.ColumnElement[Any]:
            """Hides the column."""
            return animal.c.tag


def test_a_model_of_ours_has_no_scope() -> None:
    class Note(Model, table=True):
        """A note."""

        source: ClassVar[Source] = INK
        text: str

    assert "scope_id" not in Note.__table__.c


# -- durations ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("15m", 900),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("7d", 604800),
        ("2w", 1209600),
        ("250ms", 0.25),
        ("1.5h", 5400),
        ("0s", 0),
    ],
)
def test_durations_are_read_and_written(text: str, seconds: float) -> None:
    found = duration.parse(text)

    assert found.total_seconds() == seconds
    assert duration.parse(duration.spell(found)) == found


@pytest.mark.parametrize(
    "text", ["", "5", "-5m", "soon", "5 minutes", "m", "5m x", "٣m", "1e3s", "9" * 400 + "d"]
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match="1h30m"):
        duration.parse(text)
