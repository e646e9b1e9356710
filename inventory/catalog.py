"""All declarations of one process, by registered name."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

import sqlalchemy as sa

from inventory.core.computed import Computed
from inventory.core.garbage import seldom_collected
from inventory.core.leak import LeakRule
from inventory.core.link import Link
from inventory.core.model import Model
from inventory.core.reference import Reference
from inventory.core.source import Source
from inventory.core.task import Collector, Task
from inventory.errors import CatalogError, PayloadError

V = TypeVar("V")


class Catalog:
    """Finds every declaration by looking at the values of modules, and refuses two of one name."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources = {source.key: source for source in sources}
        self.models: dict[str, type[Model]] = {}
        self.links: dict[str, Link] = {}
        self.tasks: dict[str, Task] = {}
        self.computed: dict[str, Computed] = {}
        self.leaks: dict[str, LeakRule] = {}
        self.references: dict[str, Reference] = {}

    @classmethod
    def of(cls, sources: Iterable[Source], nexus: Iterable[ModuleType] = ()) -> Catalog:
        """Collect what these sources and nexus modules declare."""
        catalog = cls(sources)
        for source in catalog.sources.values():
            for module in source.modules():
                catalog._add_all(module)
        for module in nexus:
            catalog._add_all(module)
        catalog._check_tables()
        return catalog

    @classmethod
    @cache
    def load(cls) -> Catalog:
        """The built-in sources, those that are installed as plugins, and every nexus."""
        # Hundreds of classes that live as long as the process, and none of them garbage.
        with seldom_collected:
            return cls._load()

    @classmethod
    def _load(cls) -> Catalog:
        sources = importlib.import_module("inventory.sources").available()
        package = importlib.import_module("inventory.nexus")
        nexus = [
            importlib.import_module(found.name)
            for found in pkgutil.walk_packages(package.__path__, "inventory.nexus.")
        ]
        return cls.of(sources, nexus)

    @property
    def tables(self) -> dict[str, sa.Table]:
        """Every table by name, models first."""
        models = {str(model.__tablename__): model.__table__ for model in self.models.values()}
        return models | {link.name: link.table for link in self.links.values()}

    def collectors(self, source: str | None = None) -> list[Collector]:
        """The collectors, of one source or of all."""
        return [
            task
            for task in self.tasks.values()
            if isinstance(task, Collector) and source in (None, task.source.key)
        ]

    def links_of(self, models: Iterable[type[Model]]) -> list[Link]:
        """The links that have one of these models at an end."""
        touched = set(models)
        return [link for link in self.links.values() if touched & {link.a, link.b}]

    def task(self, name: str) -> Task:
        """Look a task up. Raises PayloadError with the closest names."""
        return _lookup(self.tasks, name, "task")

    def model(self, name: str) -> type[Model]:
        """Look a model up by its registered name or its table. Raises PayloadError with the
        closest names.
        """
        by_table = {str(model.__tablename__): model for model in self.models.values()}
        return by_table.get(name) or _lookup(self.models, name, "model")

    def _add_all(self, module: ModuleType) -> None:
        for name, value in vars(module).items():
            if name.startswith("__"):
                continue
            match value:
                case Link():
                    self._add(self.links, value.name, value)
                case Task():
                    self._add(self.tasks, value.name, value)
                case LeakRule():
                    self._add(self.leaks, value.name, value)
                case Reference():
                    self._add(self.references, value.name, value)
                case Computed():
                    self._add(self.computed, f"{value.model.__tablename__}.{value.name}", value)
                case type() if issubclass(value, Model) and hasattr(value, "__table__"):
                    self._add(self.models, value.registered_name(), value)
                case tuple():
                    for item in value:
                        if isinstance(item, Task):
                            self._add(self.tasks, item.name, item)

    @staticmethod
    def _add(known: dict[str, Any], name: str, value: object) -> None:
        if known.setdefault(name, value) is not value:
            raise CatalogError(f"{name} is declared twice")

    def _check_tables(self) -> None:
        declared = [str(model.__tablename__) for model in self.models.values()] + list(self.links)
        twice = {name for name in declared if declared.count(name) > 1}
        if twice:
            raise CatalogError(f"declared twice: {', '.join(sorted(twice))}")
        known = set(self.models.values())
        for link in self.links.values():
            missing = {link.a, link.b} - known
            if missing:
                raise CatalogError(
                    f"link {link.name}: {missing} belongs to no source of this catalog"
                )

    def __iter__(self) -> Iterator[type[Model]]:
        return iter(self.models.values())


def _lookup(known: dict[str, V], name: str, kind: str) -> V:
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, n=3)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise PayloadError(f"no {kind} is named {name!r}{hint}")
