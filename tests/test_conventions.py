"""What every source, model, link and task keeps."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.catalog import Catalog
from inventory.core import names
from inventory.core.model import Model, Resource
from inventory.core.task import Collector

CATALOG = Catalog.load()
RESOURCES = {name: model for name, model in CATALOG.models.items() if issubclass(model, Resource)}
LABELS = {
    "aws": "Aws",
    "gcp": "Gcp",
    "az": "Azure",
    "openstack": "OpenStack",
    "g": "Gardener",
    "common": "Common",
}
PARTS = {
    *("__init__", "api", "client", "constants", "crud", "images"),
    *("links", "models", "scopes", "tasks", "utils"),
}


def folder(package: str) -> Path:
    return Path(inspect.getfile(importlib.import_module(package))).parent


# -- sources --------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", CATALOG.sources)
def test_a_source_has_the_same_inside_as_every_other(key: str) -> None:
    source = CATALOG.sources[key]
    parts = {p.stem for p in folder(source.package).iterdir() if p.suffix == ".py" or p.is_dir()}

    assert source.label == LABELS[key]
    assert parts - {"__pycache__"} <= PARTS
    assert {"models", "tasks"} <= parts
    if CATALOG.collectors(key):
        assert {"client", "scopes"} <= parts
        assert f"{key}:task:collect-all" in CATALOG.tasks
        assert f"{key}:task:link-all" in CATALOG.tasks
    if importlib.util.find_spec(f"{source.package}.utils"):
        assert len((folder(source.package) / "utils.py").read_text().splitlines()) <= 120


# -- models ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CATALOG.models)
def test_a_model_explains_itself_and_its_columns(name: str) -> None:
    model = CATALOG.models[name]

    assert inspect.getdoc(model)
    assert inspect.getdoc(model) != inspect.getdoc(Model)
    assert [column.name for column in model.__table__.columns if not column.comment] == []
    assert str(model.__table__.comment)[-1] in ".…)"


@pytest.mark.parametrize("name", CATALOG.models)
def test_columns_are_named_and_typed_as_they_should_be(name: str) -> None:
    model = CATALOG.models[name]
    for column in model.__table__.columns:
        assert re.fullmatch("[a-z][a-z0-9_]*", column.name)
        if column.name.endswith("_at"):
            assert isinstance(column.type, sa.DateTime), column
            assert column.type.timezone, column
        if column.name.startswith(("is_", "has_")):
            assert isinstance(column.type, sa.Boolean), column
        if column.name in ("tags", "labels"):
            assert isinstance(column.type, sa.JSON), column
        assert not isinstance(column.type, sa.Enum), column
        if isinstance(column.type, sa.DateTime):
            assert column.type.timezone, column


@pytest.mark.parametrize("name", RESOURCES)
def test_a_resource_has_a_key_that_is_never_null(name: str) -> None:
    model = RESOURCES[name]

    assert model.key
    for column in model.key:
        assert not model.__table__.c[column].nullable, column
    for column in model.display_columns():
        assert column in model.__table__.c


@pytest.mark.parametrize("name", RESOURCES)
def test_absent_is_null_and_never_empty_text(name: str) -> None:
    """Of the parts of a key alone, which are never NULL, one may be empty."""
    model = RESOURCES[name]
    for column in model.__table__.columns:
        default = str(getattr(column.server_default, "arg", ""))
        assert default not in ("''", "'unknown'") or column.name in model.key, column


@pytest.mark.parametrize("name", RESOURCES)
def test_a_resource_is_collected_by_a_task_of_its_source(name: str) -> None:
    model: Any = RESOURCES[name]
    collectors = [each for each in CATALOG.collectors() if model in each.models]

    assert len(collectors) == 1
    assert collectors[0].source is model.source


# -- tasks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CATALOG.tasks)
def test_a_task_explains_itself_and_its_payload(name: str) -> None:
    task = CATALOG.tasks[name]

    assert names.TASK.fullmatch(name)
    assert task.doc[0].isupper()
    assert task.doc.rstrip()[-1] in ".)`"
    assert timedelta(0) < task.timeout <= timedelta(days=1)
    for field, each in task.payload.model_fields.items():
        assert each.description, field
    if isinstance(task, Collector):
        assert name.startswith(f"{task.source.key}:task:collect-")
        assert task.doc.startswith("Read "), "name the API call"
        assert all(not each.is_required() for each in task.payload.model_fields.values())


# -- links ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CATALOG.links)
def test_a_link_says_what_it_means_and_what_it_matched(name: str) -> None:
    link = CATALOG.links[name]
    inside = link.a.source is link.b.source

    assert (names.LINK if inside else names.NEXUS).fullmatch(name)
    assert link.doc.endswith(".")
    assert link.rules
    for rule_name, rule in link.rules.items():
        a, b = link.evidence(rule)
        assert a or b, f"{name}: rule {rule_name} shows no evidence"
    assert [column.name for column in link.table.columns if not column.comment] == []


def test_no_two_names_are_the_same_when_postgresql_has_cut_them() -> None:
    found = [
        *CATALOG.tables,
        *(str(i.name) for table in CATALOG.tables.values() for i in table.indexes),
        *(
            str(c.name)
            for table in CATALOG.tables.values()
            for c in table.constraints
            if c.name is not None
        ),
    ]

    assert [name for name in found if len(name.encode()) > 63] == []
    assert len({name.encode()[:63] for name in found}) == len(found)
