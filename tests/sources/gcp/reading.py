"""Rows as a collector yields them, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.core.row import Row
from inventory.core.scope import Scope
from inventory.core.task import Collector, Task
from inventory.errors import Incomplete, SourceError
from inventory.sources.gcp.client import GcpClient
from inventory.sources.gcp.scopes import ComputeScope
from inventory.sources.gcp.tasks.vpc import collect_vpcs
from tests.sources.gcp.google import PROJECT
from tests.sources.reading import collect, readable

COMPUTE = ComputeScope(PROJECT)


def read(client: GcpClient, task: Collector) -> list[Row[Any]]:
    with client.open(task.scope(PROJECT)) as reader:  # type: ignore[call-arg]  # has a project's id
        return list(task(reader))


def rows(client: GcpClient, task: Collector, model: type) -> list[dict[str, Any]]:
    """The rows of one of a collector's models."""
    return list(readable(row for row in read(client, task) if row.model is model))


def failure(client: GcpClient, task: Task = collect_vpcs, scope: Scope = COMPUTE) -> SourceError:
    """How a collector fails."""
    with pytest.raises(SourceError) as caught:
        collect(client, task, scope)
    return caught.value


def until_failure(client: GcpClient, task: Task, scope: Scope = COMPUTE) -> tuple[Any, Incomplete]:
    """The rows that came before a listing turned out to be incomplete."""
    came: list[dict[str, Any]] = []
    with client.open(scope) as reader:
        try:
            came.extend(readable(task(reader)))  # type: ignore[operator]  # a collector
        except Incomplete as error:
            return came, error
    pytest.fail("the listing was taken to be complete")
