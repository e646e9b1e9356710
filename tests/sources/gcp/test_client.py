"""Google's bad days, over HTTP: what fails alone, what is kept, and what the message says."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.core.scope import Scope
from inventory.core.task import Task
from inventory.errors import (
    AccessDenied,
    BadAnswer,
    ConfigError,
    Incomplete,
    SourceError,
    Throttled,
    Unavailable,
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
from tests.sources.gcp.conftest import HASTE, MakeClient
from tests.sources.gcp.google import PROJECT, Google, Reply, aggregated, listed, refused
from tests.sources.reading import collect, readable, split

COMPUTE = ComputeScope(PROJECT)


def vpc(number: int) -> dict[str, Any]:
    return {"id": str(number), "name": f"net-{number}"}


def instance(number: int) -> dict[str, Any]:
    return {"id": str(number), "name": f"vm-{number}"}


def failure(client: GcpClient, task: Task = collect_vpcs, scope: Scope = COMPUTE) -> SourceError:
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


@pytest.mark.parametrize(
    "busy",
    [
        refused(429, "Too many", "rateLimitExceeded"),
        refused(403, "Rate Limit Exceeded", "rateLimitExceeded"),
        refused(403, "Quota exceeded for quota metric", "rateLimitExceeded"),
        refused(503, "Backend Error", "backendError"),
        Reply("<html>bad gateway</html>", 502),
        Reply(listed(vpc(1)), cut=True),
    ],
)
def test_what_passes_is_waited_for(cloud: Google, client: GcpClient, busy: Reply) -> None:
    cloud.says(NETWORKS.path, busy, busy, listed(vpc(1)))

    assert len(collect(client, collect_vpcs, COMPUTE)) == 1
    assert len(cloud.seen) == 3


def test_waiting_is_bounded(cloud: Google, client: GcpClient) -> None:
    cloud.says(NETWORKS.path, refused(403, "Rate Limit Exceeded", "rateLimitExceeded"))

    error = failure(client)

    assert isinstance(error, Throttled)
    assert len(cloud.seen) == HASTE.attempts


def test_a_long_wait_is_left_to_the_queue(cloud: Google, client: GcpClient) -> None:
    cloud.says(NETWORKS.path, Reply({}, 429, {"Retry-After": "90"}))

    error = failure(client)

    assert isinstance(error, Throttled)
    assert error.retry_after == 90
    assert len(cloud.seen) == 1


def test_a_server_that_stays_down_is_unavailable(cloud: Google, client: GcpClient) -> None:
    cloud.says(NETWORKS.path, refused(503, "Backend Error", "backendError"))

    assert isinstance(failure(client), Unavailable)
    assert len(cloud.seen) == HASTE.attempts


def test_nobody_there_is_unavailable(make_client: MakeClient) -> None:
    error = failure(make_client(endpoint="http://127.0.0.1:1"))

    assert isinstance(error, Unavailable)
    assert "compute.networks.list" in str(error)


def test_a_pages_token_that_expired_is_another_attempts(cloud: Google, client: GcpClient) -> None:
    cloud.says(
        NETWORKS.path,
        listed(vpc(1), nextPageToken="old"),
        refused(400, "Invalid value for field 'pageToken': 'old'.", "invalid"),
    )

    assert isinstance(failure(client), Unavailable)


def test_a_forbidden_project_names_the_permission(cloud: Google, client: GcpClient) -> None:
    cloud.says(
        NETWORKS.path,
        refused(
            403,
            f"Required 'compute.networks.list' permission for 'projects/{PROJECT}'",
            "forbidden",
        ),
    )

    error = failure(client)

    assert isinstance(error, AccessDenied)
    assert str(error) == (
        "gcp dev-1: compute.networks.list: HTTP 403: Required 'compute.networks.list' permission "
        "for 'projects/dev-1'; allow the IAM permission compute.networks.list in the project"
    )
    assert len(cloud.seen) == 1


def test_an_api_that_is_off_says_so(cloud: Google, client: GcpClient) -> None:
    details = [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "SERVICE_DISABLED",
            "domain": "googleapis.com",
        }
    ]
    message = "Kubernetes Engine API has not been used in project 1 before or it is disabled."
    cloud.says(
        CLUSTERS.path,
        Reply(
            {
                "error": {"code": 403, "message": message, "status": "PERMISSION_DENIED"}
                | {"details": details}
            },
            403,
        ),
    )

    error = failure(client, collect_gke_clusters, GkeScope(PROJECT))

    assert isinstance(error, AccessDenied)
    assert "enable the API" in str(error)


@pytest.mark.parametrize("status", [401, 404])
def test_what_is_not_known_or_not_accepted_names_the_credential(
    cloud: Google, client: GcpClient, status: int
) -> None:
    cloud.says(NETWORKS.path, refused(status, "no", "notFound"))

    error = failure(client)

    assert isinstance(error, AccessDenied)
    assert "gcp.credentials.main" in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        "<html>Welcome to the hotel's network</html>",
        [],
        {},
        {"status": "ok"},
        {"kind": "compute#networkList", "items": {"a": 1}},
        {"kind": "compute#networkList", "items": ["net"]},
        {"kind": "compute#networkList", "items": [{"name": "no id"}]},
    ],
)
def test_another_shape_is_a_bad_answer_rather_than_an_empty_list(
    cloud: Google, client: GcpClient, answer: Any
) -> None:
    cloud.says(NETWORKS.path, Reply(answer))

    error = failure(client)

    assert isinstance(error, BadAnswer)
    assert str(error).startswith("gcp dev-1: compute.networks.list: ")


@pytest.mark.parametrize(
    "places",
    [[], {"zones/a": []}, {"zones/a": {"instances": {}}}, {"zones/a": {"instances": [{}]}}],
)
def test_another_shape_of_places_is_a_bad_answer(
    cloud: Google, client: GcpClient, places: Any
) -> None:
    cloud.says(INSTANCES.path, {"kind": "compute#x", "items": places or "none"})

    assert isinstance(failure(client, collect_instances), BadAnswer)


def test_where_there_is_nothing_there_are_no_items(cloud: Google, client: GcpClient) -> None:
    cloud.says(
        NETWORKS.path, {"kind": "compute#networkList", "id": "projects/dev-1/global/networks"}
    )

    assert collect(client, collect_vpcs, COMPUTE) == []


def test_a_redirect_is_not_followed(cloud: Google, client: GcpClient) -> None:
    cloud.says(NETWORKS.path, Reply("", 302, {"Location": f"{cloud.url}/elsewhere"}))

    assert isinstance(failure(client), BadAnswer)
    assert len(cloud.seen) == 1
