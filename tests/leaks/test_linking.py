"""Whoever links asks the leak rules afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from inventory.catalog import Catalog
from inventory.core.task import Payload
from inventory.sources.common.tasks.leaks import FindLeaksPayload, find_leaks
from inventory.sources.common.tasks.link import LinkPayload, link, link_all
from tests.leaks.collecting import Database


@dataclass
class Recorder:
    """A run that remembers what it enqueued."""

    connection: Database
    catalog: Catalog
    enqueued: list[tuple[str, Any]] = field(default_factory=list)
    id: UUID = field(default_factory=uuid4)

    @contextmanager
    def db(self) -> Iterator[Database]:
        yield self.connection

    def enqueue(self, name: str, payload: Any = None, **options: Any) -> UUID:
        assert options == {"delay": timedelta(seconds=5), "parent_id": None}
        self.enqueued.append((name, payload))
        return uuid4()

    def progress(self, done: int, total: int | None = None) -> None: ...

    def check(self) -> None: ...


@pytest.mark.parametrize("task", [link, link_all], ids=lambda task: task.name)
def test_a_link_run_enqueues_the_rules(db: Database, catalog: Catalog, task: Any) -> None:
    run = Recorder(db, catalog)
    payload = LinkPayload(links=("n_aws_vpc_to_g_shoot",)) if task is link else Payload()

    task.function(run, payload)

    assert run.enqueued == [("common:task:find-leaks", None)]


def test_without_a_rule_nothing_is_asked(db: Database, catalog: Catalog) -> None:
    run = Recorder(db, Catalog(catalog.sources.values()))

    link_all.function(run, Payload())

    assert run.enqueued == []


def test_one_run_asks_all_rules_and_counts(db: Database, catalog: Catalog) -> None:
    run = Recorder(db, catalog)
    db.execute("update common_scope set status = 'failed' where model = 'g:model:backup_bucket'")

    result = find_leaks.function(run, FindLeaksPayload())

    assert result == {
        "rules": len(catalog.leaks),
        "open": result["open"],
        "new": 0,
        "resolved": 0,
        "withheld": 2,
        "partial": 0,
        "postponed": 0,
    }
    assert result["open"] > 0
