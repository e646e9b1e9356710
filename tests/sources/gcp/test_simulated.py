"""Simulated projects, read over real HTTP: on good days, on bad days, and beside Google's own library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import compute_v1

from inventory.catalog import Catalog
from inventory.core.scope import Scope
from inventory.db.reconcile import reconcile
from inventory.db.store import store
from inventory.errors import AccessDenied, BadAnswer, Incomplete, Unavailable
from inventory.simulator.hosting import Running, running
from inventory.simulator.names import GCP_PROJECTS
from inventory.sources.gcp.client import GcpClient, readers
from inventory.sources.gcp.scopes import ComputeScope
from inventory.sources.gcp.tasks.disk import collect_disks
from inventory.sources.gcp.tasks.instance import collect_instances
from inventory.sources.gcp.tasks.target_pool import collect_target_pools
from tests.sources.conftest import Configure
from tests.sources.gcp.conftest import HASTE
from tests.sources.reading import collect, split

Rows = Callable[[], dict[str, list[dict[str, Any]]]]
LIST_INSTANCES = "compute:instances.aggregatedList"


@pytest.fixture(scope="module")
def module_sim() -> Iterator[Running]:
    with running(shoots=60, seed=5) as sim:
        yield sim


@pytest.fixture
def real(configured: Configure) -> Iterator[GcpClient]:
    """A client as the simulator's configuration makes it."""
    client = GcpClient(configured().gcp, HASTE)
    yield client
    client.close()


@pytest.fixture
def everything(real: GcpClient, catalog: Catalog) -> Rows:
    """Reads all rows by task."""

    def read() -> dict[str, list[dict[str, Any]]]:
        return {
            task.name: [
                row
                for scope in real.scopes(task.scope)
                if isinstance(scope, Scope)
                for row in collect(real, task, scope)
            ]
            for task in catalog.collectors("gcp")
        }

    return read


def test_every_collector_finds_something_in_every_project(
    real: GcpClient, everything: Rows
) -> None:
    assert split(real, ComputeScope) == ([*GCP_PROJECTS], {})
    assert all(everything().values())


def test_nothing_is_lost_or_doubled_when_calls_are_refused_for_their_rate(
    sim: Running, real: GcpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = ComputeScope(GCP_PROJECTS[0])
    monkeypatch.setattr(readers, "PAGE_SIZE", 40)
    before = collect(real, collect_disks, scope)

    sim.faults(throttle_every=3)

    assert collect(real, collect_disks, scope) == before
    assert len(before) > 80


def test_googles_own_library_reads_the_same(sim: Running, real: GcpClient) -> None:
    library = compute_v1.InstancesClient(
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": sim.url},
    )
    theirs = {}
    for project in GCP_PROJECTS:
        for place, part in library.aggregated_list(project=project):
            for vm in part.instances:
                boot = [disk.source for disk in vm.disks if disk.boot]
                nat = [
                    access.nat_i_p for nic in vm.network_interfaces for access in nic.access_configs
                ]
                theirs[vm.id] = (
                    project,
                    place.removeprefix("zones/"),
                    vm.name,
                    vm.status,
                    dict(vm.labels),
                    list(vm.tags.items),
                    boot[0].rpartition("/")[2] if boot else None,
                    nat,
                )

    ours: dict[int, tuple[Any, ...]] = {}
    for project in GCP_PROJECTS:
        rows = collect(real, collect_instances, ComputeScope(project))
        addresses: dict[int, list[str]] = {}
        for row in rows:
            if "nat_ips" in row:
                addresses.setdefault(row["instance_id"], []).extend(row["nat_ips"])
        for row in rows:
            if "machine_type" in row:
                ours[row["instance_id"]] = (
                    project,
                    row["zone"],
                    row["name"],
                    row["status"],
                    row["labels"],
                    row["network_tags"],
                    row["boot_disk_name"],
                    addresses.get(row["instance_id"], []),
                )

    assert ours == theirs


def test_a_project_that_is_forbidden_fails_alone(sim: Running, real: GcpClient) -> None:
    first, second, *_ = GCP_PROJECTS
    sim.faults(errors={f"compute:*@{first}": 403})

    with pytest.raises(AccessDenied, match=r"compute\.disks\.list"):
        collect(real, collect_disks, ComputeScope(first))
    assert collect(real, collect_disks, ComputeScope(second))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"garbage": [LIST_INSTANCES]}, BadAnswer),
        ({"truncate": [LIST_INSTANCES]}, Unavailable),
        ({"hang": [LIST_INSTANCES]}, Unavailable),
        ({"errors": {LIST_INSTANCES: 503}}, Unavailable),
        ({"errors": {LIST_INSTANCES: 401}}, AccessDenied),
    ],
)
def test_a_bad_day_is_told_as_what_it_is(
    sim: Running, real: GcpClient, fault: dict[str, Any], error: type[Exception]
) -> None:
    sim.faults(**fault)

    with pytest.raises(error, match=r"compute\.instances\.list"):
        collect(real, collect_instances, ComputeScope(GCP_PROJECTS[0]))


def test_rows_of_a_zone_that_cannot_be_reached_stay(
    sim: Running, real: GcpClient, rows_db: psycopg.Connection[Any]
) -> None:
    project = GCP_PROJECTS[0]
    scope = ComputeScope(project)

    def listed() -> None:
        with real.open(scope) as reader:
            store(rows_db, collect_instances.models, scope, collect_instances(reader))

    def known(zone: str) -> int:
        query = "select count(*) from gcp_instance where zone = %s"
        return rows_db.execute(query, [zone]).fetchall()[0][0]  # type: ignore[no-any-return]

    listed()
    query = "select zone from gcp_instance group by zone order by count(*) desc, zone"
    zone, other = (row[0] for row in rows_db.execute(query).fetchmany(2))
    before = known(zone), known(other)
    rows_db.execute("delete from gcp_instance where zone = %s", [other])

    sim.faults(unreachable_zones=[f"{project}/{zone}"])
    with pytest.raises(Incomplete, match=rf"could not read zones/{zone}"):
        listed()

    # What came is stored, and what did not come is kept.
    assert (known(zone), known(other)) == before
    status = rows_db.execute(
        "select distinct status from common_scope where model ~ '^gcp:model:(instance|nic)$'"
    ).fetchall()
    assert status == [("incomplete",)]


def test_links_find_what_is_there(
    real: GcpClient, catalog: Catalog, rows_db: psycopg.Connection[Any]
) -> None:
    for task in catalog.collectors("gcp"):
        for scope in real.scopes(task.scope):
            assert isinstance(scope, Scope)
            with real.open(scope) as reader:
                store(rows_db, task.models, scope, task(reader))
    found = {
        name: reconcile(rows_db, link).found
        for name, link in catalog.links.items()
        if name.startswith("l_gcp_")
    }

    def count(query: str) -> int:
        return rows_db.execute(query.encode()).fetchall()[0][0]  # type: ignore[no-any-return]

    assert [name for name, pairs in found.items() if not pairs] == []
    for link, table in (
        ("l_gcp_instance_to_project", "gcp_instance"),
        ("l_gcp_disk_to_project", "gcp_disk"),
        ("l_gcp_bucket_to_project", "gcp_bucket"),
        ("l_gcp_instance_to_nic", "gcp_nic"),
        ("l_gcp_nic_to_vpc", "gcp_nic"),
        ("l_gcp_subnet_to_vpc", "gcp_subnet"),
        ("l_gcp_target_pool_to_instance", "gcp_target_pool_instance"),
        ("l_gcp_iam_role_member_to_binding", "gcp_iam_role_member"),
    ):
        assert found[link] == count(f"select count(*) from {table}"), link
    # A pair for each attachment, and none for a namesake.
    assert found["l_gcp_instance_to_disk"] == count("select count(*) from gcp_attached_disk")


def test_members_of_pools_tell_how_the_workers_are_called(real: GcpClient) -> None:
    rows = collect(real, collect_target_pools, ComputeScope(GCP_PROJECTS[0]))

    prefixes = [row["worker_prefix"] for row in rows if "worker_prefix" in row]
    assert prefixes
    assert all(prefix is None or prefix.startswith("shoot--") for prefix in prefixes)
