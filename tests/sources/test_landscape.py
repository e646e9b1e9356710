"""A whole landscape collected, stored and linked equals the simulator's answer key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from inventory import config
from inventory.catalog import Catalog
from inventory.core.scope import FailedScope, Scope, SourceClient
from inventory.db.reconcile import reconcile
from inventory.db.store import Stored, store
from inventory.simulator.hosting import Running, running
from tests.sources.reading import simulated

SOURCES = ("gcp", "aws", "g")


@pytest.fixture(scope="module")
def sim() -> Iterator[Running]:
    with running(shoots=50, seed=3) as found:
        yield found


@pytest.fixture(scope="module")
def clients(
    sim: Running, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, SourceClient]]:
    path: Path = tmp_path_factory.mktemp("landscape") / "sim.yaml"
    path.write_text(yaml.safe_dump(sim.config(path)), encoding="utf-8")
    loaded = config.load([path], {})
    found = {key: catalog.sources[key].client(loaded) for key in SOURCES}
    yield found
    for client in found.values():
        client.close()


def collect(
    db: psycopg.Connection[Any],
    catalog: Catalog,
    clients: dict[str, SourceClient],
    sim: Running,
) -> tuple[Stored, list[FailedScope]]:
    """Read and store everything, and reconcile all links."""
    total, failed = Stored(), []
    for key in SOURCES:
        for task in simulated(catalog, key, sim):
            for scope in clients[key].scopes(task.scope):
                if not isinstance(scope, Scope):
                    failed.append(scope)
                    continue
                with clients[key].open(scope) as reader:
                    total += store(db, task.models, scope, task(reader), confirm_delete=True)
    for link in catalog.links.values():
        reconcile(db, link)
    return total, failed


def counts(db: psycopg.Connection[Any], tables: list[str]) -> dict[str, int]:
    return {
        table: db.execute(f"select count(*) from {table}".encode()).fetchall()[0][0]
        for table in tables
    }


def agree(db: psycopg.Connection[Any], truth: dict[str, Any]) -> None:
    seen = truth["reachable"]
    assert counts(db, [*seen["tables"]]) == seen["tables"]
    assert counts(db, [*seen["links"]]) == seen["links"]
    rules = seen["rules"]["n_aws_vpc_to_g_shoot"]
    assert by_rule(db, "n_aws_vpc_to_g_shoot") == {
        "cluster_tag": rules["name_and_tag"] + rules["tag"],
        "subnet_cluster_tag": rules["subnet_tag"],
    }
    assert by_rule(db, "n_aws_instance_to_g_machine") == {
        name: number
        for name, number in seen["rules"]["n_aws_instance_to_g_machine"].items()
        if number
    }


def by_rule(db: psycopg.Connection[Any], table: str) -> dict[str, int]:
    query = f"select rule, count(*) from {table} group by rule"
    return dict(db.execute(query.encode()).fetchall())


def ids(db: psycopg.Connection[Any], query: str) -> list[str]:
    return sorted(row[0] for row in db.execute(query.encode()).fetchall())


def test_the_database_equals_the_answer_key(
    db: psycopg.Connection[Any],
    sim: Running,
    catalog: Catalog,
    clients: dict[str, SourceClient],
) -> None:
    _, failed = collect(db, catalog, clients, sim)

    assert {scope.name for scope in failed} == {"soil"}
    truth = sim.truth(ids=True)
    agree(db, truth)
    assert ids(
        db,
        "select vpc_id from aws_vpc v where not is_default and not exists"
        " (select from n_aws_vpc_to_g_shoot n where n.aws_vpc_id = v.id)",
    ) == sorted(truth["ids"]["vpcs_without_shoot"])


def test_a_second_look_changes_nothing_and_time_changes_what_it_should(
    db: psycopg.Connection[Any],
    sim: Running,
    catalog: Catalog,
    clients: dict[str, SourceClient],
) -> None:
    collect(db, catalog, clients, sim)

    again, _ = collect(db, catalog, clients, sim)
    sim.tick()
    later, _ = collect(db, catalog, clients, sim)

    assert again.changed == 0
    assert later.inserted > 0
    assert later.updated > 0
    assert later.deleted > 0
    agree(db, sim.truth(ids=False))
