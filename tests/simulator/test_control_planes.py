"""What seeds and the garden list besides projects, shoots and Machines."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from inventory.simulator import Running
from inventory.simulator.profiles import image_rows
from tests.simulator.reading import CORE, garden, kubernetes, objects, viewer_kubeconfig

DNS = ("dns.gardener.cloud", "v1alpha1")
EXTENSIONS = ("extensions.gardener.cloud", "v1alpha1")
LISTS = [(*DNS, "dnsentries"), (*EXTENSIONS, "dnsrecords"), (*EXTENSIONS, "bastions")]


@pytest.fixture
def api(quiet: Running, tmp_path: Path) -> Any:
    return garden(quiet, tmp_path)


@pytest.fixture
def seed(api: Any) -> Any:
    return kubernetes(viewer_kubeconfig(api, "aws-euc1-0"))


@pytest.mark.parametrize("listed", LISTS)
def test_pages_of_any_size_are_the_same_list(seed: Any, listed: tuple[str, str, str]) -> None:
    whole = seed.list_cluster_custom_object(*listed)["items"]

    assert len(whole) > 3
    for limit in (1, 7, 100):
        assert list(objects(seed, *listed, limit)) == whole


def test_persistent_volumes_are_of_many_kinds(seed: Any) -> None:
    core: Any = client.CoreV1Api(seed.api_client)
    names, sources, token = [], set(), None
    while True:
        page = core.list_persistent_volume(limit=7, _continue=token)
        for volume in page.items:
            names.append(volume.metadata.name)
            sources |= {name for name, value in volume.spec.to_dict().items() if value}
        token = page.metadata._continue
        if not token:
            break

    assert len(set(names)) == len(names) > 7
    assert {"csi", "aws_elastic_block_store", "local", "nfs", "host_path", "azure_disk"} <= sources


def test_a_namespace_has_its_own_objects(seed: Any) -> None:
    records = list(objects(seed, *EXTENSIONS, "dnsrecords"))

    for namespace in ("garden", records[0]["metadata"]["namespace"], "nowhere"):
        found = seed.list_namespaced_custom_object(*EXTENSIONS, namespace, "dnsrecords")["items"]
        assert found == [r for r in records if r["metadata"]["namespace"] == namespace]


def test_bastions_have_addresses_or_names_or_nothing_yet(seed: Any, api: Any) -> None:
    other = kubernetes(viewer_kubeconfig(api, "infra-1"))
    found = [b for s in (seed, other) for b in objects(s, *EXTENSIONS, "bastions")]
    ingress = [b.get("status", {}).get("ingress", {}) for b in found]

    assert {frozenset(i) for i in ingress} == {
        frozenset(),
        frozenset({"ip"}),
        frozenset({"hostname"}),
    }
    addresses = [i["ip"] for i in ingress if "ip" in i]
    assert len({ipaddress.ip_address(a) for a in addresses}) == len(addresses)


def test_entries_of_the_garden_repeat_values_and_have_texts(api: Any) -> None:
    entries = {e["metadata"]["name"]: e for e in objects(api, *DNS, "dnsentries")}

    assert sum("text" in e["spec"] for e in entries.values()) == 2
    targets = entries["dashboard"]["spec"]["targets"]
    assert len(set(targets)) < len(targets)
    assert "status" not in entries["pending"]
    assert entries["blue-a"]["spec"]["dnsName"] == entries["blue-b"]["spec"]["dnsName"]


def test_backup_buckets_belong_to_seeds_or_shoots(api: Any) -> None:
    found = list(objects(api, *CORE, "backupbuckets"))
    seeds = {s["metadata"]["name"] for s in objects(api, *CORE, "seeds")}

    assert sum("shootRef" in b["spec"] for b in found) == 2
    assert {b["spec"].get("seedName") for b in found} - seeds == {None, "aws-gone-9", "gcp-gone-8"}
    assert {b["spec"]["provider"]["type"] for b in found} == {"aws", "gcp"}


def images(config: dict[str, Any], kind: str) -> set[tuple[str, str, str | None, str]]:
    """Read the images in both forms."""
    rows = set()
    for image in config["machineImages"]:
        for version in image["versions"]:
            for flavor in version.get("capabilityFlavors", [version]):
                for region in flavor.get("regions", [{}]):
                    content = {**flavor, **region}
                    keys = {
                        "aws": ("ami",),
                        "gcp": ("image",),
                        "azure": ("communityGalleryImageID", "sharedGalleryImageID", "urn"),
                        "openstack": ("id",),
                    }[kind]
                    value = next(content[key] for key in keys if key in content)
                    if kind == "gcp":
                        value = value.rpartition("/")[2]
                    rows.add((image["name"], version["version"], region.get("name"), value))
    return rows


@pytest.mark.parametrize("kind", ["aws", "gcp", "azure", "openstack"])
def test_cloud_profiles_have_images_in_both_forms(api: Any, kind: str) -> None:
    profile = api.get_cluster_custom_object(*CORE, "cloudprofiles", kind)
    config = profile["spec"]["providerConfig"]
    forms = {
        "capabilityFlavors" in version
        for image in config["machineImages"]
        for version in image["versions"]
    }

    assert forms == {True, False}
    assert images(config, kind) == {row[:4] for row in image_rows(kind, custom=False)}


def test_namespaced_profiles_add_images_to_their_parent(api: Any) -> None:
    found = list(objects(api, *CORE, "namespacedcloudprofiles"))
    namespaces = {p["spec"].get("namespace") for p in objects(api, *CORE, "projects")}

    for profile in found:
        kind = profile["spec"]["parent"]["name"]
        own = images(profile["spec"]["providerConfig"], kind)
        merged = images(profile["status"]["cloudProfileSpec"]["providerConfig"], kind)
        assert own < merged == {row[:4] for row in image_rows(kind, custom=True)}
        assert profile["metadata"]["namespace"] in namespaces
    assert len({(p["metadata"]["namespace"], p["metadata"]["name"]) for p in found}) == len(found)


def test_profiles_of_unknown_types_have_other_contents(api: Any) -> None:
    profiles = {p["spec"]["type"]: p["spec"] for p in objects(api, *CORE, "cloudprofiles")}

    assert "providerConfig" not in profiles["local"]
    assert "machineImages" not in profiles["ironcore"]["providerConfig"]
