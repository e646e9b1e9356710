"""A new resource costs one model file, one collector and one link line; all else follows."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from inventory.catalog import Catalog
from inventory.core.row import row
from inventory.core.scope import Scope
from inventory.db import engine
from inventory.db.reconcile import reconcile
from inventory.db.store import store
from inventory.graph.database import PooledDatabase
from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.schema import build_schema
from inventory.sources import common
from tests import services

BEFORE = {
    "__init__.py": """
        from inventory.core.source import Source
        source = Source(key="shop", label="Shop", package=__name__)
    """,
    "models/__init__.py": "",
    "models/rack.py": """
        from typing import ClassVar
        from inventory.core.columns import Key
        from inventory.core.model import Resource
        from inventory.core.source import Source
        from {package} import source as shop

        class Rack(Resource, table=True):
            '''Where things stand.'''
            source: ClassVar[Source] = shop
            name: Key[str]
            '''Its name.'''
    """,
    "models/links.py": "from inventory.core.link import link\n",
    "tasks/__init__.py": "",
}
ADDED = {
    "models/big_box.py": """
        from typing import ClassVar
        from inventory.core.columns import Int32, Key
        from inventory.core.model import Resource
        from inventory.core.source import Source
        from {package} import source as shop

        class BigBox(Resource, table=True):
            '''What stands on a rack.'''
            source: ClassVar[Source] = shop
            box_id: Key[str]
            '''What is printed on it.'''
            rack_name: str | None = None
            '''Where it stands.'''
            weight_kg: Int32 | None = None
            '''How heavy it is.'''
    """,
    "tasks/big_box.py": """
        from inventory.core.row import row
        from inventory.core.scope import Scope
        from inventory.core.task import collector
        from {package}.models.big_box import BigBox

        big_box_row = row(BigBox)

        @collector(BigBox, scope=Scope)
        def collect_big_boxes(reader):
            '''Read the boxes with `ListBoxes`.'''
            for box, rack in reader:
                yield big_box_row(box_id=box, rack_name=rack)
    """,
    "models/links.py": """
        from inventory.core.link import link
        from {package}.models.big_box import BigBox
        from {package}.models.rack import Rack
        on_rack = link(Rack, BigBox, on={{"name": "rack_name"}}, doc="A box stands on a rack.")
    """,
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(dedent(text.format(package=folder.name)))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The shop, with one resource more than it had."""
    monkeypatch.syspath_prepend(tmp_path)
    tables = set(SQLModel.metadata.tables)
    folder = tmp_path / "a_shop_for_a_test"
    write(folder, BEFORE)
    write(folder, ADDED)
    importlib.invalidate_caches()
    yield importlib.import_module(folder.name)
    for name in [name for name in sys.modules if name.startswith(folder.name)]:
        del sys.modules[name]
    for name in set(SQLModel.metadata.tables) - tables:
        SQLModel.metadata.remove(SQLModel.metadata.tables[name])


async def test_a_new_resource_is_everywhere(package: ModuleType, postgres_dsn: str) -> None:
    catalog = Catalog.of([common.source, package.source])
    box = catalog.model("shop:model:big_box")
    (collect,) = catalog.collectors("shop")
    link = catalog.links["l_shop_rack_to_big_box"]
    schema = build_schema(catalog)

    # declarations
    assert collect.name == "shop:task:collect-big-boxes"
    assert catalog.links_of([box]) == [link]
    assert {"shop_big_box", "l_shop_rack_to_big_box"} <= set(catalog.tables)
    # graph
    query, mutation = schema.graphql.query_type, schema.graphql.mutation_type
    assert query is not None
    assert mutation is not None
    assert {"shopBigBoxes", "shopBigBox"} <= set(query.fields)
    assert "shopCollectBigBoxes" in mutation.fields
    kinds: Any = schema.graphql.type_map
    assert {"boxId", "rackName", "weightKg", "rack", "rackEdge", "displayName"} <= set(
        kinds["ShopBigBox"].fields
    )
    assert {"boxId", "weightKg", "rack", "and", "or", "not"} <= set(kinds["ShopBigBoxWhere"].fields)
    assert {"boxId", "weightKg", "rack"} <= set(kinds["ShopBigBoxOrderBy"].fields)
    assert {"bigBoxes"} <= set(kinds["ShopRack"].fields)
    assert {"bigBoxes"} <= set(kinds["ShopRackWhere"].fields)
    assert {"bigBoxesCount"} <= set(kinds["ShopRackOrderBy"].fields)
    # database
    with services.fresh_database(postgres_dsn) as dsn:
        made = sa.create_engine(engine.sqlalchemy_url(dsn), poolclass=sa.NullPool)
        tables = list(catalog.tables.values())
        tables[0].metadata.create_all(made, tables)
        rack = catalog.model("shop_rack")
        with engine.connect(dsn) as db:
            store(db, [rack], Scope(), [row(rack)(name="top")])  # type: ignore[list-item]
            store(db, collect.models, Scope(), collect([("b1", "top"), ("b2", None)]))
            assert reconcile(db, link).added == 1
        database = PooledDatabase(dsn, size=1, timeout_ms=5000)
        await database.open()
        answer = await Engine(schema, database, Limits()).answer(
            """{ shopBigBoxes(orderBy: [{boxId: ASC}]) { nodes { boxId rack { name } } }
                 shopRacks(where: {bigBoxes: {some: {boxId: {eq: "b1"}}}}) { nodes { name provider } } }"""
        )
        await database.close()

    assert orjson.loads(answer.body)["data"] == {
        "shopBigBoxes": {
            "nodes": [{"boxId": "b1", "rack": {"name": "top"}}, {"boxId": "b2", "rack": None}]
        },
        "shopRacks": {"nodes": [{"name": "top", "provider": "SHOP"}]},
    }
    assert "SHOP" in kinds["Provider"].values
    assert "ZOO" not in kinds["Provider"].values
