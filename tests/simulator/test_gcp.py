"""Google Cloud as its own libraries see it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import Forbidden, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import compute_v1, container_v1, resourcemanager_v3, storage
from google.oauth2 import service_account

from inventory.simulator import Running, running
from inventory.simulator.google import Google
from inventory.simulator.names import GCP_PROJECTS

NOBODY: Any = AnonymousCredentials
LISTS: dict[str, tuple[Any, Any, str]] = {
    "instances": (
        compute_v1.InstancesClient,
        compute_v1.AggregatedListInstancesRequest,
        "instances",
    ),
    "disks": (compute_v1.DisksClient, compute_v1.AggregatedListDisksRequest, "disks"),
    "subnetworks": (
        compute_v1.SubnetworksClient,
        compute_v1.AggregatedListSubnetworksRequest,
        "subnetworks",
    ),
    "addresses": (
        compute_v1.AddressesClient,
        compute_v1.AggregatedListAddressesRequest,
        "addresses",
    ),
    "rules": (
        compute_v1.ForwardingRulesClient,
        compute_v1.AggregatedListForwardingRulesRequest,
        "forwarding_rules",
    ),
    "pools": (
        compute_v1.TargetPoolsClient,
        compute_v1.AggregatedListTargetPoolsRequest,
        "target_pools",
    ),
}


def connect(kind: Any, simulator: Running, credentials: Any = None, **options: Any) -> Any:
    return kind(
        credentials=credentials or NOBODY(),
        client_options={"api_endpoint": simulator.url},
        **options,
    )


def aggregated(simulator: Running, kind: str, project: str, size: int) -> list[tuple[str, Any]]:
    client, request, member = LISTS[kind]
    pages = connect(client, simulator).aggregated_list(
        request=request(project=project, max_results=size)
    )
    return [(scope, item) for scope, part in pages for item in getattr(part, member)]


def fetch(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("kind", LISTS)
def test_aggregated_lists_are_paged(quiet: Running, kind: str) -> None:
    google = Google(quiet.landscape)
    for project in GCP_PROJECTS:
        expected = [
            (scope, int(item["id"]), item["name"])
            for scope, item in google.page(project, kind, 0, 10**6)
        ]
        found = aggregated(quiet, kind, project, 7)

        assert [(scope, item.id, item.name) for scope, item in found] == sorted(
            expected, key=[(s, i.id, i.name) for s, i in found].index
        )
        assert len({item.id for _, item in found}) == len(found) == len(expected)


def test_ids_are_unsigned(quiet: Running) -> None:
    ids = [item.id for _, item in aggregated(quiet, "instances", GCP_PROJECTS[0], 500)]

    assert any(number >= 2**63 for number in ids)


def test_scopes_without_results_say_so(quiet: Running) -> None:
    path = f"{quiet.url}/gcp/compute/v1/projects/{GCP_PROJECTS[1]}/aggregated"
    page = fetch(f"{path}/addresses?maxResults=1")

    assert {"global", "regions/europe-west1"} <= page["items"].keys()
    assert {part.get("warning", {}).get("code") for part in page["items"].values()} == {
        None,
        "NO_RESULTS_ON_PAGE",
    }


def test_instances_have_interfaces_of_every_kind(quiet: Running) -> None:
    found = [item for p in GCP_PROJECTS for _, item in aggregated(quiet, "instances", p, 500)]
    nics = [nic for item in found for nic in item.network_interfaces]

    assert {len(item.network_interfaces) for item in found} == {1, 2}
    assert {len(nic.access_configs) for nic in nics} == {0, 1, 2}
    assert {bool(nic.ipv6_address) for nic in nics} == {True, False}
    assert {"RUNNING", "TERMINATED", "STOPPING"} <= {item.status for item in found}
    assert sum("goog-k8s-cluster-name" in item.labels for item in found) == 4
    disks = {d.self_link for p in GCP_PROJECTS for _, d in aggregated(quiet, "disks", p, 500)}
    assert {disk.source for item in found for disk in item.disks} <= disks


def test_disks_of_one_name_are_in_two_places(quiet: Running) -> None:
    found = [item for _, item in aggregated(quiet, "disks", GCP_PROJECTS[2], 500)]
    names = [item.name for item in found]

    assert names.count("registry") == names.count("nat-box") == 2
    assert {bool(item.users) for item in found} == {True, False}


def test_networks_and_global_addresses_are_lists_of_their_own(quiet: Running) -> None:
    networks = connect(compute_v1.NetworksClient, quiet)
    addresses = connect(compute_v1.GlobalAddressesClient, quiet)

    for project in GCP_PROJECTS:
        request = compute_v1.ListNetworksRequest(project=project, max_results=2)
        names = [found.name for found in networks.list(request=request)]
        assert len(set(names)) == len(names) > 2
        assert "default" in names
    assert {a.name for a in addresses.list(project=GCP_PROJECTS[0])} == {"www-ip", "old-www-ip"}
    assert [a.prefix_length for a in addresses.list(project=GCP_PROJECTS[2])] == [16]


def test_buckets_clusters_projects_and_policies(quiet: Running) -> None:
    project = GCP_PROJECTS[0]
    buckets = [
        b.name for b in connect(storage.Client, quiet, project=project).list_buckets(page_size=1)
    ]
    clusters = connect(container_v1.ClusterManagerClient, quiet, transport="rest")
    listed = clusters.list_clusters(parent=f"projects/{project}/locations/-").clusters
    manager = connect(resourcemanager_v3.ProjectsClient, quiet, transport="rest")
    found = manager.get_project(name=f"projects/{project}")
    resource = f"projects/{project}"
    plain = manager.get_iam_policy(request={"resource": resource})
    full = manager.get_iam_policy(
        request={"resource": resource, "options": {"requested_policy_version": 3}}
    )

    assert len(buckets) > 2
    assert [(c.name, c.location, c.endpoint) for c in listed] == [
        ("soil", "europe-west1", f"{quiet.url}/seeds/soil")
    ]
    assert (found.project_id, found.name) == (project, "projects/100200300400")
    assert not any(binding.condition.expression for binding in plain.bindings)
    assert sum(bool(binding.condition.expression) for binding in full.bindings) == 2
    roles = [binding.role for binding in full.bindings]
    assert len(set(roles)) < len(roles)


def test_an_unreachable_zone_is_left_out_and_named() -> None:
    zone = "zones/europe-west1-b"
    with running(60, unreachable_zones=f"{GCP_PROJECTS[0]}/europe-west1-b") as simulator:
        path = f"{simulator.url}/compute/v1/projects/{GCP_PROJECTS[0]}/aggregated/instances"
        partly = fetch(f"{path}?returnPartialSuccess=true")
        with pytest.raises(urllib.error.HTTPError) as error:
            fetch(path)
        with error.value as answer:
            assert answer.code == 503
        simulator.faults()
        whole = fetch(path)

    assert partly["unreachables"] == [zone]
    assert partly["items"][zone]["warning"]["code"] == "UNREACHABLE"
    missing = {k for k, v in whole["items"].items() if "instances" in v} - {
        k for k, v in partly["items"].items() if "instances" in v
    }
    assert missing == {zone}


def test_credentials_are_checked(quiet: Running, tmp_path: Path) -> None:
    config = quiet.config(tmp_path)["gcp"]["credentials"][f"project-{GCP_PROJECTS[0]}"]
    account: Any = service_account.Credentials
    key = account.from_service_account_file(config["key_file"]["path"])

    assert list(connect(compute_v1.NetworksClient, quiet, key).list(project=GCP_PROJECTS[0]))
    bucket_client = connect(storage.Client, quiet, key, project=GCP_PROJECTS[0])
    assert list(bucket_client.list_buckets())
    path = f"{quiet.url}/compute/v1/projects/{GCP_PROJECTS[0]}/global/networks"
    bad = urllib.request.Request(path, headers={"Authorization": "Bearer nonsense"})
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(bad)
    with error.value as answer:
        assert answer.code == 401
        assert json.loads(answer.read())["error"]["status"] == "UNAUTHENTICATED"
    with pytest.raises(NotFound):
        connect(compute_v1.NetworksClient, quiet).list(project="somebody-elses")


def test_calls_fail_as_they_are_told_to() -> None:
    errors = {
        f"compute:networks.list@{GCP_PROJECTS[0]}": 403,
        "compute:subnetworks.aggregatedList#2": 403,
    }
    with running(60, errors=errors) as simulator:
        networks = connect(compute_v1.NetworksClient, simulator)
        with pytest.raises(Forbidden):
            networks.list(project=GCP_PROJECTS[0])
        assert list(networks.list(project=GCP_PROJECTS[1]))
        with pytest.raises(Forbidden):
            aggregated(simulator, "subnetworks", GCP_PROJECTS[0], 5)
