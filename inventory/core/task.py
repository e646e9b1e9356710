"""`@task` and `@collector`: what a worker can run, declared without a queue."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import psycopg
from pydantic import BaseModel, ConfigDict, Field, create_model

from inventory.core import names
from inventory.core.model import Resource
from inventory.core.row import Row
from inventory.core.scope import Scope
from inventory.core.source import Source
from inventory.errors import CatalogError

if TYPE_CHECKING:
    from inventory.catalog import Catalog
    from inventory.config import Config


class Payload(BaseModel):
    """What a task is told. Read from JSON or YAML; an unknown key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class _Generated(Payload):
    # Pydantic would look for docstrings in source files that a generated class does not have.
    model_config = ConfigDict(use_attribute_docstrings=False)


class RunContext(Protocol):
    """One execution of a task, as its function sees it. Safe to use from the run's thread."""

    id: UUID
    task: str
    attempt: int
    config: Config
    catalog: Catalog

    def db(self) -> AbstractContextManager[psycopg.Connection[Any]]:
        """Lend a connection in autocommit mode."""

    def enqueue(self, name: str, payload: dict[str, Any] | None = None, **options: Any) -> UUID:
        """Enqueue a child run; a repeated attempt of this run enqueues the same child again at
        most once.
        """

    def progress(self, done: int, total: int | None = None) -> None:
        """Tell how far the run is; readable at once, written a few times a second at most."""

    def check(self) -> None:
        """Raise if the run was cancelled. Called between pages."""

    def redact(self, text: str) -> str:
        """Blank out every secret of the configuration."""


@dataclass(frozen=True, eq=False)
class Task:
    """A function that a worker can run: `aws:task:collect-vpcs`."""

    name: str
    source: Source
    function: Callable[..., Any]
    payload: type[Payload]
    doc: str
    queue: str = "default"
    max_retry: int = 25
    timeout: timedelta = timedelta(minutes=30)
    unique: bool = False
    """Whether a second run with the same payload is refused while one waits."""


@dataclass(frozen=True, eq=False)
class Collector(Task):
    """A task that reads one kind of resource from one scope, and yields rows.

    Without a payload it fans out into one run for each scope that is configured; a payload narrows
    that down.
    """

    models: tuple[type[Resource], ...] = ()
    scope: type[Scope] = field(default=Scope)

    def __call__(self, reader: Any) -> Iterator[Row[Any]]:
        return iter(self.function(reader))


def task(
    source: Source, *, payload: type[Payload] = Payload, name: str | None = None, **options: Any
) -> Callable[[Callable[..., Any]], Task]:
    """Declare a task, named after its function. `options` are the fields of `Task` from `queue`
    on.
    """

    def declare(function: Callable[..., Any]) -> Task:
        return Task(
            name=_task_name(source, name or function.__name__),
            source=source,
            function=function,
            payload=payload,
            doc=_doc(function),
            **options,
        )

    return declare


def collector(
    *models: type[Resource], scope: type[Scope], name: str | None = None, **options: Any
) -> Callable[[Callable[..., Iterator[Row[Any]]]], Collector]:
    """Declare a collector of one or several models, read together from one scope."""

    def declare(function: Callable[..., Iterator[Row[Any]]]) -> Collector:
        if not models:
            raise CatalogError(f"@collector on {function.__name__} names no model")
        source = models[0].source
        return Collector(
            name=_task_name(source, name or function.__name__),
            source=source,
            function=function,
            payload=_scope_payload(function.__name__, scope),
            doc=_doc(function),
            models=models,
            scope=scope,
            **options,
        )

    return declare


def whole_source(source: Source) -> tuple[Task, Task]:
    """The two tasks that every source has: `collect-all` and `link-all`."""

    @task(source, name="collect_all")
    def collect_all(run: RunContext, payload: Payload) -> None:
        """Enqueue every collector of the source; links follow what they change."""
        for each in run.catalog.collectors(source.key):
            run.enqueue(each.name)

    @task(source, name="link_all")
    def link_all(run: RunContext, payload: Payload) -> None:
        """Reconcile every link and nexus that touches the source."""
        touching = [
            link.name
            for link in run.catalog.links.values()
            if source.key in (link.a.source.key, link.b.source.key)
        ]
        run.enqueue("common:task:link", {"links": touching})

    return collect_all, link_all


def _scope_payload(function: str, scope: type[Scope]) -> type[Payload]:
    fields: dict[str, Any] = {
        name: (
            str | None,
            Field(None, description=f"Only this {name.replace('_', ' ')}; all when left out."),
        )
        for name in scope.names()
    }
    fields["confirm_delete"] = (
        bool,
        Field(False, description="Delete what is gone even if it is a suspiciously large share."),
    )
    title = "".join(part.capitalize() for part in function.split("_"))
    return create_model(f"{title}Payload", __base__=_Generated, **fields)


def _task_name(source: Source, function: str) -> str:
    return names.checked(f"{source.key}:task:{function.replace('_', '-')}", names.TASK)


def _doc(function: Callable[..., Any]) -> str:
    doc = inspect.getdoc(function)
    if not doc:
        raise CatalogError(f"task {function.__name__} needs a docstring; it is shown to users")
    return doc
