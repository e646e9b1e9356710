"""Reading through a client as a worker does, and the rows as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from inventory.catalog import Catalog
from inventory.core.row import Row
from inventory.core.scope import FailedScope, Scope, SourceClient
from inventory.core.task import Collector, Task
from inventory.simulator.hosting import Running


def collect(client: SourceClient, task: Task, scope: Scope) -> list[dict[str, Any]]:
    """The rows that a collector reads from one scope."""
    with client.open(scope) as reader:
        return list(readable(task(reader)))  # type: ignore[operator]  # tests give collectors


def simulated(catalog: Catalog, source: str, sim: Running) -> list[Collector]:
    """The collectors of what the simulator serves, which is what its answer key counts."""
    tables = sim.truth(ids=False)["all"]["tables"]
    return [
        task
        for task in catalog.collectors(source)
        if all(str(model.__tablename__) in tables for model in task.models)
    ]


def readable(rows: Iterable[Row[Any]]) -> Iterator[dict[str, Any]]:
    """Each row by column, tags and labels as objects."""
    for row in rows:
        yield {
            name: orjson.loads(value) if name in ("tags", "labels") else value
            for name, value in zip(row.model.columns(), row, strict=True)
        }


def split(client: SourceClient, kind: type[Scope]) -> tuple[list[str], dict[str, FailedScope]]:
    """The scopes that can be read, and those that cannot."""
    found = list(client.scopes(kind))
    good = [str(scope) for scope in found if isinstance(scope, Scope)]
    return good, {scope.name: scope for scope in found if isinstance(scope, FailedScope)}


class Recorded:
    """A reader whose answers were recorded."""

    account_id = "111122223333"
    region_name = "eu-central-1"
    seed = "aws-euc1-0"

    def __init__(self, *items: dict[str, Any], **by_path: list[dict[str, Any]]) -> None:
        self._items = list(items)
        self._by_path = by_path

    def items(self, *place: str, **_: Any) -> Iterator[dict[str, Any]]:
        yield from self._by_path.get(place[-1].rpartition("/")[2], self._items)

    def regions(self) -> Iterator[dict[str, Any]]:
        yield from self._items
