"""Projects and pages, over HTTP: what is asked for, and what is kept of a list that is not whole."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.core.scope import Scope
from inventory.errors import (
    AccessDenied,
    BadAnswer,
    ConfigError,
)
from inventory.sources.aws.scopes import AccountScope
from inventory.sources.gcp.client import GcpClient
from inventory.sources.gcp.constants import (
    ADDRESSES,
    CLUSTERS,
    GLOBAL_ADDRESSES,
    INSTANCES,
    NETWORKS,
)
from inventory.sources.gcp.scopes import (
    ComputeScope,
    GkeScope,
    ProjectScope,
    ResourceManagerScope,
    StorageScope,
)
from inventory.sources.gcp.tasks.address import collect_addresses
from inventory.sources.gcp.tasks.gke_cluster import collect_gke_clusters
from inventory.sources.gcp.tasks.instance import collect_instances
from inventory.sources.gcp.tasks.vpc import collect_vpcs
from tests.sources.gcp.conftest import MakeClient
from tests.sources.gcp.google import PROJECT, Google, Reply, aggregated, listed, refused
from tests.sources.gcp.reading import failure, until_failure
from tests.sources.reading import collect, split

COMPUTE = ComputeScope(PROJECT)


def vpc(number: int) -> dict[str, Any]:
    return {"id": str(number), "name": f"net-{number}"}


def instance(number: int) -> dict[str, Any]:
    return {"id": str(number), "name": f"vm-{number}"}


def test_every_project_of_every_service_is_a_scope(make_client: MakeClient) -> None:
    client = make_client(
        services={
            "compute": {"use_credentials": ["main", "other"]},
            "storage": {"use_credentials": ["other"]},
        },
        credentials={
            "main": {"authentication": "none", "projects": ["a", "b"]},
            "other": {"authentication": "none", "projects": ["c"]},
        },
    )

    assert split(client, ComputeScope) == (["a", "b", "c"], {})
    assert split(client, StorageScope) == (["c"], {})
    assert split(client, GkeScope) == ([], {})
    assert split(client, ResourceManagerScope) == ([], {})
    with pytest.raises(AccessDenied, match=r"gcp\.services\.storage\.use_credentials"):
        collect(client, collect_vpcs, StorageScope("a"))


def test_of_two_credentials_for_a_project_the_later_is_used(
    make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    credentials = {
        name: {"authentication": "none", "projects": [PROJECT]} for name in ("main", "later")
    }
    client = make_client(
        services={"compute": {"use_credentials": ["main", "later"]}}, credentials=credentials
    )

    assert client.projects["compute"][PROJECT].name == "later"
    assert [record.message for record in caplog.records] == ["credential ignored"]


def test_a_source_that_is_not_enabled_has_no_scopes(make_client: MakeClient) -> None:
    assert split(make_client(is_enabled=False), ComputeScope) == ([], {})


@pytest.mark.parametrize("kind", [AccountScope, ProjectScope])
def test_scopes_of_another_kind_are_refused(client: GcpClient, kind: type[Scope]) -> None:
    with pytest.raises(ConfigError, match=kind.__name__):
        list(client.scopes(kind))


def test_pages_are_followed_and_asked_for_whole(cloud: Google, client: GcpClient) -> None:
    cloud.says(NETWORKS.path, listed(vpc(1), vpc(2), nextPageToken="2/3 &"), listed(vpc(3)))

    rows = collect(client, collect_vpcs, COMPUTE)

    assert [row["vpc_id"] for row in rows] == [1, 2, 3]
    whole = {"maxResults": "500", "returnPartialSuccess": "true"}
    assert [seen.query for seen in cloud.seen] == [whole, whole | {"pageToken": "2/3 &"}]
    assert cloud.seen[0].headers["User-Agent"].startswith("inventory/")
    # Google compresses for those alone who say so in both.
    assert "gzip" in cloud.seen[0].headers["User-Agent"]
    assert "gzip" in cloud.seen[0].headers["Accept-Encoding"]


def test_a_place_that_comes_back_on_a_later_page_is_read_on(
    cloud: Google, client: GcpClient
) -> None:
    cloud.says(
        INSTANCES.path,
        aggregated(
            "instances",
            {"zones/europe-west1-b": [instance(1)], "zones/europe-west1-c": []},
            nextPageToken="more",
        ),
        aggregated(
            "instances",
            {"zones/europe-west1-b": [instance(2)], "zones/europe-west1-c": [instance(3)]},
        ),
    )

    rows = collect(client, collect_instances, COMPUTE)

    assert [(row["instance_id"], row["zone"]) for row in rows] == [
        (1, "europe-west1-b"),
        (2, "europe-west1-b"),
        (3, "europe-west1-c"),
    ]


def test_a_page_that_follows_itself_ends_the_listing(cloud: Google, client: GcpClient) -> None:
    cloud.says(NETWORKS.path, listed(vpc(1), nextPageToken="same"))

    assert isinstance(failure(client), BadAnswer)


def test_metadata_is_not_asked_for(cloud: Google, client: GcpClient) -> None:
    cloud.says(INSTANCES.path, aggregated("instances", {}))

    collect(client, collect_instances, COMPUTE)

    fields = cloud.seen[0].query["fields"]
    assert fields.startswith("items/*/instances(")
    assert fields.endswith("items/*/warning,kind,nextPageToken,unreachables,warning")
    assert "metadata" not in fields


@pytest.mark.parametrize(
    "refusal",
    [
        refused(400, "Invalid field selection instances", "invalidParameter"),
        refused(400, "Invalid value", "invalidParameter", location="fields"),
    ],
)
def test_an_api_that_does_not_know_the_fields_is_read_whole(
    cloud: Google, client: GcpClient, refusal: Reply
) -> None:
    cloud.says(
        INSTANCES.path, refusal, aggregated("instances", {"zones/europe-west1-b": [instance(1)]})
    )

    assert len(collect(client, collect_instances, COMPUTE)) == 1
    assert "fields" not in cloud.seen[1].query


def test_a_list_of_clusters_is_not_asked_for_what_its_api_does_not_know(
    cloud: Google, client: GcpClient
) -> None:
    cloud.says(CLUSTERS.path, {})

    assert collect(client, collect_gke_clusters, GkeScope(PROJECT)) == []
    assert cloud.seen[0].query == {}


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ({"unreachables": [f"projects/{PROJECT}/zones/europe-west1-c"]}, "zones/europe-west1-c"),
        ({"unreachables": ["zones/europe-west1-c"]}, "zones/europe-west1-c"),
        ({"warning": {"code": "UNREACHABLE", "message": "…"}}, "a part (UNREACHABLE)"),
    ],
)
def test_what_came_of_a_partial_list_is_yielded_and_what_is_missing_named(
    cloud: Google, client: GcpClient, lacking: dict[str, Any], named: str
) -> None:
    first = aggregated(
        "instances", {"zones/europe-west1-b": [instance(1)]}, nextPageToken="2", **lacking
    )
    cloud.says(INSTANCES.path, first, aggregated("instances", {"zones/x-a": [instance(2)]}))

    came, error = until_failure(client, collect_instances)

    assert [row["instance_id"] for row in came] == [1, 2]
    assert str(error) == f"gcp {PROJECT}: compute.instances.list: could not read {named}"


def test_a_place_with_a_warning_is_missing(cloud: Google, client: GcpClient) -> None:
    answer = aggregated("instances", {"zones/europe-west1-b": [instance(1)], "zones/x-a": []})
    answer["items"]["zones/x-a"]["warning"]["code"] = "UNREACHABLE"
    cloud.says(INSTANCES.path, answer)

    came, error = until_failure(client, collect_instances)

    assert len(came) == 1
    assert "zones/x-a (UNREACHABLE)" in str(error)


def test_clusters_of_a_zone_that_did_not_answer_are_missing(
    cloud: Google, client: GcpClient
) -> None:
    cloud.says(
        CLUSTERS.path,
        {"clusters": [{"id": "c", "name": "seed"}], "missingZones": ["europe-west1-d"]},
    )

    came, error = until_failure(client, collect_gke_clusters, GkeScope(PROJECT))

    assert [row["cluster_id"] for row in came] == ["c"]
    assert "europe-west1-d" in str(error)


def test_global_addresses_are_read_although_a_region_did_not_answer(
    cloud: Google, client: GcpClient
) -> None:
    cloud.says(ADDRESSES.path, aggregated("addresses", {}, unreachables=["regions/x"]))
    cloud.says(GLOBAL_ADDRESSES.path, listed({"id": "7", "name": "front"}))

    came, error = until_failure(client, collect_addresses)

    assert [row["address_id"] for row in came] == [7]
    assert "regions/x" in str(error)
