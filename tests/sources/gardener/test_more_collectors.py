"""Rows of Gardener's other resources: with every optional part missing, and what is particular."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.core.task import Collector
from inventory.sources.gardener.tasks.backup_bucket import collect_backup_buckets
from inventory.sources.gardener.tasks.bastion import collect_bastions
from inventory.sources.gardener.tasks.cloud_profile import (
    collect_aws_machine_images,
    collect_azure_machine_images,
    collect_cloud_profiles,
    collect_gcp_machine_images,
    collect_openstack_machine_images,
)
from inventory.sources.gardener.tasks.dns import collect_dns_entries, collect_dns_records
from inventory.sources.gardener.tasks.persistent_volume import collect_persistent_volumes
from inventory.sources.gardener.utils import volume_source
from tests.sources import reading
from tests.sources.reading import Recorded


def readable(rows: Any) -> list[dict[str, Any]]:
    return list(reading.readable(rows))


NAMED = {"metadata": {"name": "x"}}
SPACED = {"metadata": {"name": "x", "namespace": "shoot--a--b"}}
IN_SEED = {"seed_name": "aws-euc1-0", "name": "x"}
PLACED = IN_SEED | {"namespace": "shoot--a--b"}


@pytest.mark.parametrize(
    ("task", "item", "known"),
    [
        (collect_backup_buckets, NAMED, {"name": "x"}),
        (collect_persistent_volumes, NAMED, IN_SEED),
        (collect_bastions, SPACED, PLACED),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_is_absent_is_null(
    task: Collector, item: dict[str, Any], known: dict[str, Any]
) -> None:
    (row,) = readable(task(Recorded(item)))

    assert row == dict.fromkeys(task.models[0].columns()) | {"labels": {}} | known


def test_a_name_in_dns_is_a_row_for_each_value() -> None:
    record = SPACED | {"spec": {"name": "a.example", "values": ["192.0.2.1", "192.0.2.2"]}}
    entry = SPACED | {"spec": {"dnsName": "b.example", "targets": ["c.example"], "text": ["t"]}}

    records = readable(collect_dns_records(Recorded(record)))
    entries = readable(collect_dns_entries(Recorded(entry)))

    assert [(row["fqdn"], row["value"]) for row in records] == [
        ("a.example", "192.0.2.1"),
        ("a.example", "192.0.2.2"),
    ]
    assert [(row["fqdn"], row["value"]) for row in entries] == [
        ("b.example", "c.example"),
        ("b.example", "t"),
    ]


def test_a_name_without_values_is_no_row() -> None:
    assert readable(collect_dns_records(Recorded(SPACED))) == []
    assert readable(collect_dns_entries(Recorded(SPACED))) == []


def test_the_zone_of_a_record_may_stand_in_its_status() -> None:
    record = SPACED | {"spec": {"values": ["v"]}, "status": {"zone": "Z1"}}

    (row,) = readable(collect_dns_records(Recorded(record)))

    assert row["dns_zone"] == "Z1"


@pytest.mark.parametrize(
    ("spec", "source"),
    [
        (
            {"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"}},
            ("csi:ebs.csi.aws.com", "vol-1"),
        ),
        ({"awsElasticBlockStore": {"volumeID": "vol-1"}}, ("in-tree:aws-ebs", "vol-1")),
        ({"nfs": {"server": "s", "path": "/p"}}, ("in-tree:nfs", "s:/p")),
        ({"hostPath": {"path": "/p"}}, ("in-tree:host-path", "/p")),
        ({"flexVolume": {}}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_the_source_of_a_volume(spec: dict[str, Any], source: tuple[str | None, ...]) -> None:
    assert volume_source(spec) == source


def profile(kind: str, *images: dict[str, Any], **spec: Any) -> dict[str, Any]:
    config = {"machineImages": list(images)}
    return {"metadata": {"name": "p"}, "spec": {"type": kind, "providerConfig": config, **spec}}


def image(*versions: dict[str, Any]) -> dict[str, Any]:
    return {"name": "gardenlinux", "versions": list(versions)}


CAPABLE = {"capabilities": {"architecture": ["arm64"]}}


@pytest.mark.parametrize(
    ("task", "kind", "older", "newer", "columns", "rows"),
    [
        (
            collect_aws_machine_images,
            "aws",
            {"regions": [{"name": "r", "ami": "ami-1"}]},
            {"regions": [{"name": "r", "ami": "ami-2"}]},
            ("region_name", "ami", "architecture"),
            [("r", "ami-1", "amd64"), ("r", "ami-2", "arm64")],
        ),
        (
            collect_gcp_machine_images,
            "gcp",
            {"image": "projects/p/global/images/one"},
            {"image": "https://www.googleapis.com/compute/v1/projects/p/global/images/two"},
            ("image", "architecture"),
            [("one", "amd64"), ("two", "arm64")],
        ),
        (
            collect_azure_machine_images,
            "azure",
            {"urn": "a:b:c:d"},
            {"communityGalleryImageID": "/gallery/2", "id": "/other"},
            ("image_id", "architecture"),
            [("a:b:c:d", "amd64"), ("/gallery/2", "arm64")],
        ),
        (
            collect_openstack_machine_images,
            "openstack",
            {"regions": [{"name": "r", "id": "1"}], "image": "legacy"},
            {"regions": [{"name": "r", "id": "2"}]},
            ("region_name", "image_id", "architecture"),
            [("r", "1", None), ("r", "2", "arm64")],
        ),
    ],
)
def test_images_are_read_in_both_forms(
    task: Collector,
    kind: str,
    older: dict[str, Any],
    newer: dict[str, Any],
    columns: tuple[str, ...],
    rows: list[tuple[Any, ...]],
) -> None:
    both = profile(
        kind,
        image({"version": "1", **older}),
        image({"version": "2", "capabilityFlavors": [{**newer, **CAPABLE}], "unknown": 1}),
    )
    other = profile("ironcore", image({"version": "1", **older}))

    found = readable(task(Recorded(cloudprofiles=[both, other], namespacedcloudprofiles=[])))

    assert [tuple(row[column] for column in columns) for row in found] == rows
    assert {row["cloud_profile_kind"] for row in found} == {"CloudProfile"}


def test_a_profile_of_a_project_is_read_as_merged_with_its_parent() -> None:
    own = {
        "metadata": {"name": "mine", "namespace": "garden-dev"},
        "spec": {"parent": {"kind": "CloudProfile", "name": "p"}},
        "status": {"cloudProfileSpec": profile("aws")["spec"]},
    }
    merged = own["status"]["cloudProfileSpec"]["providerConfig"]  # type: ignore[index]
    merged["machineImages"] = [image({"version": "1", "regions": [{"name": "r", "ami": "ami-9"}]})]
    garden = Recorded(cloudprofiles=[], namespacedcloudprofiles=[own])

    (found,) = readable(collect_cloud_profiles(garden))
    (allowed,) = readable(collect_aws_machine_images(garden))

    assert (found["kind"], found["namespace"], found["type"], found["parent_name"]) == (
        "NamespacedCloudProfile",
        "garden-dev",
        "aws",
        "p",
    )
    assert (allowed["cloud_profile_namespace"], allowed["ami"]) == ("garden-dev", "ami-9")


def test_a_profile_without_a_configuration_has_no_images() -> None:
    garden = Recorded(cloudprofiles=[NAMED | {"spec": {"type": "aws"}}], namespacedcloudprofiles=[])

    assert len(readable(collect_cloud_profiles(garden))) == 1
    assert readable(collect_aws_machine_images(garden)) == []
