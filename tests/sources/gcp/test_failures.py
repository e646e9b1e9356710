"""Google's bad days, over HTTP: what is waited for, and what the message says."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.errors import (
    AccessDenied,
    BadAnswer,
    Throttled,
    Unavailable,
)
from inventory.sources.gcp.client import GcpClient
from inventory.sources.gcp.constants import (
    CLUSTERS,
    INSTANCES,
    NETWORKS,
)
from inventory.sources.gcp.scopes import (
    ComputeScope,
    GkeScope,
)
from inventory.sources.gcp.tasks.gke_cluster import collect_gke_clusters
from inventory.sources.gcp.tasks.instance import collect_instances
from inventory.sources.gcp.tasks.vpc import collect_vpcs
from tests.sources.gcp.conftest import HASTE, MakeClient
from tests.sources.gcp.google import PROJECT, Google, Reply, listed, refused
from tests.sources.gcp.reading import failure
from tests.sources.reading import collect

COMPUTE = ComputeScope(PROJECT)


def vpc(number: int) -> dict[str, Any]:
    return {"id": str(number), "name": f"net-{number}"}


def instance(number: int) -> dict[str, Any]:
    return {"id": str(number), "name": f"vm-{number}"}


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
