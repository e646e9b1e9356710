"""The garden and its seeds as the Kubernetes client sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient

from inventory.simulator import Running, running
from tests.simulator.reading import CORE, garden, kubernetes, objects, viewer_kubeconfig

MACHINES = ("machine.sapcloud.io", "v1alpha1", "machines")
MANAGED = ("seedmanagement.gardener.cloud", "v1alpha1")


@pytest.fixture
def api(quiet: Running, tmp_path: Path) -> Any:
    return garden(quiet, tmp_path)


def status_of(call: Any, *arguments: Any, **options: Any) -> tuple[int, str]:
    """The HTTP status and the reason in the Status object of a call that fails."""
    with pytest.raises(ApiException) as error:
        call(*arguments, **options)
    answer = orjson.loads(error.value.body or "")
    assert answer["kind"] == "Status"
    assert answer["code"] == error.value.status
    return error.value.status, answer["reason"]


@pytest.mark.parametrize(
    "plural",
    [
        "projects",
        "seeds",
        "shoots",
        "backupbuckets",
        "cloudprofiles",
        "namespacedcloudprofiles",
    ],
)
def test_pages_of_any_size_are_the_same_list(api: Any, plural: str) -> None:
    whole = api.list_cluster_custom_object(*CORE, plural)

    assert "continue" not in whole["metadata"]
    for limit in (1, 5, 7, 100, 1000):
        assert list(objects(api, *CORE, plural, limit)) == whole["items"]


def test_machines_are_paged(quiet: Running, api: Any) -> None:
    seed = kubernetes(viewer_kubeconfig(api, "aws-euc1-0"))
    whole = seed.list_cluster_custom_object(*MACHINES)["items"]

    assert len(whole) == quiet.landscape.by_seed[0].total("seed:machines")
    for limit in (5, 7, 100):
        assert list(objects(seed, *MACHINES, limit)) == whole
    page = seed.list_cluster_custom_object(*MACHINES, limit=7)
    assert page["metadata"]["remainingItemCount"] == len(whole) - 7


def test_a_namespace_has_its_own_list(quiet: Running, api: Any) -> None:
    everything = list(objects(api, *CORE, "shoots"))
    namespaces = {shoot["metadata"]["namespace"] for shoot in everything}

    for namespace in namespaces:
        found = api.list_namespaced_custom_object(*CORE, namespace, "shoots")["items"]
        assert found == [s for s in everything if s["metadata"]["namespace"] == namespace]
    assert api.list_namespaced_custom_object(*CORE, "nowhere", "shoots")["items"] == []


def test_single_objects_are_those_of_the_list(api: Any) -> None:
    for plural in ("projects", "seeds"):
        for found in objects(api, *CORE, plural):
            name = found["metadata"]["name"]
            assert api.get_cluster_custom_object(*CORE, plural, name) == found
    for shoot in list(objects(api, *CORE, "shoots"))[:10]:
        meta = shoot["metadata"]
        single = api.get_namespaced_custom_object(*CORE, meta["namespace"], "shoots", meta["name"])
        assert single == shoot


def test_a_shoot_s_machines_are_in_its_namespace(api: Any) -> None:
    seed = kubernetes(viewer_kubeconfig(api, "aws-euc1-0"))
    first = next(objects(seed, *MACHINES))
    namespace, name = first["metadata"]["namespace"], first["metadata"]["name"]

    found = seed.list_namespaced_custom_object(MACHINES[0], MACHINES[1], namespace, "machines")

    assert found["items"][0] == first
    assert {m["metadata"]["namespace"] for m in found["items"]} == {namespace}
    assert seed.get_namespaced_custom_object(*MACHINES[:2], namespace, "machines", name) == first


def test_one_managed_seed_runs_on_a_shoot_of_another_name(api: Any) -> None:
    managed = {
        found["metadata"]["name"]: found["spec"]["shoot"]["name"]
        for found in api.list_namespaced_custom_object(*MANAGED, "garden", "managedseeds")["items"]
    }
    seeds = {found["metadata"]["name"] for found in objects(api, *CORE, "seeds")}

    assert [name for name, shoot in managed.items() if name != shoot] == ["aws-euw1-1"]
    assert seeds - managed.keys() == {"soil"}
    assert kubernetes(viewer_kubeconfig(api, "infra-1")).list_cluster_custom_object(*MACHINES)
    assert status_of(viewer_kubeconfig, api, "aws-euw1-1") == (404, "NotFound")
    assert status_of(viewer_kubeconfig, api, "soil") == (404, "NotFound")


def test_discovery_is_enough_for_the_dynamic_client(api: Any) -> None:
    connect: Any = DynamicClient
    found = connect(api.api_client).resources.get(
        api_version="core.gardener.cloud/v1beta1", kind="Shoot"
    )

    assert "viewerkubeconfig" in found.subresources
    assert len(found.get(namespace="garden").items) == 2


def test_the_version_is_one_that_the_strict_model_takes(api: Any) -> None:
    assert client.VersionApi(api.api_client).get_code().git_version.startswith("v1.")


def test_what_does_not_exist_is_not_found(api: Any) -> None:
    listing, single = api.list_cluster_custom_object, api.get_cluster_custom_object

    assert status_of(listing, *CORE, "quotas") == (404, "NotFound")
    assert status_of(listing, "example.com", "v1", "things") == (404, "NotFound")
    assert status_of(single, *CORE, "projects", "nobody") == (404, "NotFound")
    assert status_of(listing, *CORE, "shoots", label_selector="a=b") == (400, "BadRequest")


def test_tokens_are_checked(quiet: Running, api: Any) -> None:
    nobody = client.CustomObjectsApi(
        client.ApiClient(client.Configuration(host=f"{quiet.url}/garden"))
    )
    stranger = viewer_kubeconfig(api, "aws-euc1-0")
    stranger["clusters"][0]["cluster"]["server"] = f"{quiet.url}/seeds/soil"

    assert status_of(nobody.list_cluster_custom_object, *CORE, "seeds") == (401, "Unauthorized")
    assert status_of(kubernetes(stranger).list_cluster_custom_object, *MACHINES) == (
        401,
        "Unauthorized",
    )


def test_an_old_continue_token_is_expired(tmp_path: Path) -> None:
    with running(30) as simulator:
        api = garden(simulator, tmp_path)
        token = api.list_cluster_custom_object(*CORE, "shoots", limit=5)["metadata"]["continue"]
        simulator.tick()
        listing = api.list_cluster_custom_object

        assert status_of(listing, *CORE, "shoots", limit=5, _continue=token) == (410, "Expired")
        assert status_of(listing, *CORE, "shoots", _continue="x") == (400, "BadRequest")


def test_optional_parts_are_missing_sometimes(quiet: Running, api: Any) -> None:
    shoots = list(objects(api, *CORE, "shoots"))
    projects = list(objects(api, *CORE, "projects"))
    machines = [
        machine
        for name in ("aws-euc1-0", "infra-1")
        for machine in objects(kubernetes(viewer_kubeconfig(api, name)), *MACHINES)
    ]

    def some(items: list[dict[str, Any]], *path: str) -> bool:
        found = 0
        for item in items:
            value: Any = item
            for key in path:
                value = value.get(key) if isinstance(value, dict) else None
            found += value is not None
        return 0 < found < len(items)

    for path in (
        "metadata labels",
        "metadata annotations",
        "spec purpose",
        "spec cloudProfile name",
        "spec cloudProfileName",
        "spec seedName",
        "spec provider workers",
        "status technicalID",
    ):
        assert some(shoots, *path.split()), path
    for path in ("spec namespace", "spec owner", "spec purpose", "spec members"):
        assert some(projects, *path.split()), path
    for path in ("spec providerID", "status", "metadata labels node"):
        assert some(machines, *path.split()), path
