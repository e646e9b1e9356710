"""Clients are shared by the threads of a worker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from inventory.catalog import Catalog
from inventory.core.scope import Scope
from inventory.core.task import Collector
from inventory.errors import ConfigError
from inventory.simulator.hosting import Running
from tests.sources.conftest import Configure
from tests.sources.reading import collect, simulated


@pytest.mark.parametrize("source", ["aws", "g"])
def test_scopes_read_at_once_yield_what_they_yield_alone(
    catalog: Catalog, configured: Configure, sim: Running, source: str
) -> None:
    client, shared = (catalog.sources[source].client(configured()) for _ in range(2))
    work: list[tuple[Collector, Scope]] = [
        (task, scope)
        for task in simulated(catalog, source, sim)
        for scope in client.scopes(task.scope)
        if isinstance(scope, Scope)
    ]
    alone = [collect(client, task, scope) for task, scope in work]

    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda each: collect(shared, *each), work))
    client.close()
    shared.close()

    assert together == alone


@pytest.mark.parametrize("source", ["aws", "gardener"])
def test_a_source_that_is_not_enabled_has_no_scopes_and_opens_none(
    catalog: Catalog, configured: Configure, source: str
) -> None:
    key = {"gardener": "g"}.get(source, source)
    client = catalog.sources[key].client(configured(**{source: {"is_enabled": False}}))

    for task in catalog.collectors(key):
        assert list(client.scopes(task.scope)) == []
        with pytest.raises(ConfigError, match=f"{source}.is_enabled"), client.open(Scope()):
            pass
