"""Google Cloud and Gardener collected, stored and related: equal to the simulator's answer key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from inventory import config
from inventory.catalog import Catalog
from inventory.core.scope import Scope
from inventory.db.reconcile import reconcile
from inventory.db.store import Stored, store
from inventory.nexus.gcp_gardener import gke_cluster_to_seed
from inventory.simulator.hosting import Running, running

Database = psycopg.Connection[Any]
Collect = Callable[..., Stored]


@pytest.fixture
def sim() -> Iterator[Running]:
    with running(shoots=80, seed=9) as found:
        yield found


@pytest.fixture
def collect(sim: Running, catalog: Catalog, tmp_path: Path, rows_db: Database) -> Collect:
    """Reads and stores both sources, or only some of their tasks, and relates what was read."""

    def collect(unmanaged: str = "unreachable", only: str = "") -> Stored:
        path = tmp_path / "sim.yaml"
        path.write_text(yaml.safe_dump(sim.config(path, unmanaged=unmanaged)), "utf-8")
        loaded = config.load([path], {})
        total = Stored()
        for key in ("g", "gcp"):
            client = catalog.sources[key].client(loaded)
            for task in catalog.collectors(key):
                if only and task.name not in only.split():
                    continue
                for scope in client.scopes(task.scope):
                    if isinstance(scope, Scope):
                        with client.open(scope) as reader:
                            total += store(
                                rows_db, task.models, scope, task(reader), confirm_delete=True
                            )
            client.close()
        for name, link in catalog.links.items():
            if name.startswith(("l_gcp_", "n_gcp_")):
                reconcile(rows_db, link)
        return total

    return collect


def agree(db: Database, seen: dict[str, Any]) -> None:
    """Compare the number of rows of every table of Google Cloud, and of pairs by their rule."""
    known = {
        name: number
        for name, number in (seen["tables"] | seen["links"]).items()
        if name.startswith(("gcp_", "l_gcp_", "n_gcp_"))
    }
    found = {
        name: db.execute(f"select count(*) from {name}".encode()).fetchall()[0][0] for name in known
    }
    assert found == known
    assert len(known) > 50
    for name, rules in seen["rules"].items():
        if name.startswith("n_gcp_"):
            query = f"select rule, count(*) from {name} group by rule"
            told = {rule: number for rule, number in rules.items() if number}
            assert dict(db.execute(query.encode()).fetchall()) == told, name


def test_the_database_equals_the_answer_key_and_follows_it(
    sim: Running, collect: Collect, rows_db: Database
) -> None:
    collect()
    agree(rows_db, sim.truth(ids=False)["reachable"])

    again = collect()
    sim.tick()
    later = collect()

    assert again.changed == 0
    assert min(later.inserted, later.updated, later.deleted) > 0
    agree(rows_db, sim.truth(ids=False)["reachable"])


def test_the_seed_that_is_a_cluster_of_google_finds_it(collect: Collect, rows_db: Database) -> None:
    collect(unmanaged="soil", only="g:task:collect-seeds gcp:task:collect-gke-clusters")

    a, b = gke_cluster_to_seed.columns
    query = (
        f"select c.name, s.name from {gke_cluster_to_seed.name} l"
        f" join gcp_gke_cluster c on c.id = l.{a} join g_seed s on s.id = l.{b}"
    )
    assert rows_db.execute(query.encode()).fetchall() == [("soil", "soil")]
