"""Rows of Gardener's resources, from whole objects and from objects with every optional part missing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from inventory.core.task import Collector
from inventory.errors import BadAnswer
from inventory.sources.gardener.tasks.machine import collect_machines
from inventory.sources.gardener.tasks.project import collect_projects
from inventory.sources.gardener.tasks.seed import collect_seeds
from inventory.sources.gardener.tasks.shoot import collect_shoots
from tests.sources.reading import Recorded, readable

BARE: list[tuple[Collector, dict[str, Any], dict[str, Any]]] = [
    (collect_projects, {"metadata": {"name": "dev"}}, {"name": "dev", "labels": {}}),
    (
        collect_machines,
        {"metadata": {"name": "m", "namespace": "shoot--dev--web"}},
        {"name": "m", "namespace": "shoot--dev--web", "labels": {}, "seed_name": "aws-euc1-0"},
    ),
]

SHOOT = {
    "metadata": {
        "name": "web",
        "namespace": "custom",
        "creationTimestamp": "2026-01-02T03:04:05Z",
        "labels": {"shoot.gardener.cloud/status": "healthy"},
        "annotations": {"gardener.cloud/created-by": "jo@example.com"},
    },
    "spec": {
        "cloudProfile": {"name": "aws", "kind": "NamespacedCloudProfile"},
        "cloudProfileName": "ignored",
        "purpose": "production",
        "seedName": "aws-euc1-0",
        "region": "eu-central-1",
        "kubernetes": {"version": "1.33.1"},
        "provider": {"type": "aws", "workers": [{"name": "small"}, {"name": "big"}, {}]},
    },
    "status": {
        "technicalID": "shoot--dev--web",
        "hibernated": True,
        "uid": "u-1",
        "clusterIdentity": "shoot--dev--web-u-1",
    },
}


@pytest.mark.parametrize(
    ("task", "item", "known"), BARE, ids=lambda value: getattr(value, "name", "")
)
def test_what_is_absent_is_null(
    task: Collector, item: dict[str, Any], known: dict[str, Any]
) -> None:
    (row,) = readable(task(Recorded(item)))

    assert row == dict.fromkeys(task.models[0].columns()) | known


def test_a_shoot_belongs_to_the_project_that_has_its_namespace() -> None:
    projects = [
        {"metadata": {"name": "dev"}, "spec": {"namespace": "custom"}},
        {"metadata": {"name": "unborn"}},
    ]

    (row,) = readable(collect_shoots(Recorded(projects=projects, shoots=[SHOOT])))

    assert row == {
        "labels": {"shoot.gardener.cloud/status": "healthy"},
        "creation_timestamp": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "technical_id": "shoot--dev--web",
        "name": "web",
        "namespace": "custom",
        "project_name": "dev",
        "cloud_profile": "aws",
        "cloud_profile_kind": "NamespacedCloudProfile",
        "provider_type": "aws",
        "purpose": "production",
        "seed_name": "aws-euc1-0",
        "status": "healthy",
        "is_hibernated": True,
        "created_by": "jo@example.com",
        "region": "eu-central-1",
        "k8s_version": "1.33.1",
        "uid": "u-1",
        "cluster_identity": "shoot--dev--web-u-1",
        "worker_groups": ["small", "big"],
        "worker_prefixes": ["shoot--dev--web-small", "shoot--dev--web-big"],
    }


def test_a_shoot_with_hardly_anything_is_kept_and_one_without_technical_id_is_not() -> None:
    bare = {
        "metadata": {"name": "bare", "namespace": "garden-gone"},
        "spec": {"cloudProfileName": "old"},
        "status": {"technicalID": "shoot--gone--bare"},
    }
    unscheduled = {"metadata": {"name": "new", "namespace": "custom"}}

    (row,) = readable(collect_shoots(Recorded(shoots=[bare, unscheduled], projects=[])))

    assert {name: value for name, value in row.items() if value not in (None, [], {})} == {
        "technical_id": "shoot--gone--bare",
        "name": "bare",
        "namespace": "garden-gone",
        "cloud_profile": "old",
    }


def test_members_of_one_name_and_different_kinds_are_kept_apart() -> None:
    project = {
        "metadata": {"name": "dev"},
        "spec": {
            "owner": {"name": "jo"},
            "members": [
                {"kind": "User", "name": "platform", "role": "viewer"},
                {"kind": "Group", "name": "platform", "role": "uam", "roles": ["admin"]},
                {"kind": "ServiceAccount", "name": "robot", "namespace": "custom"},
                {"kind": "ServiceAccount", "name": "system:serviceaccount:custom:ci"},
            ],
        },
    }

    _, *members = readable(collect_projects(Recorded(project)))

    assert [tuple(member.values()) for member in members] == [
        ("dev", "User", "platform", "viewer", []),
        ("dev", "Group", "platform", "uam", ["admin"]),
        ("dev", "ServiceAccount", "system:serviceaccount:custom:robot", None, []),
        ("dev", "ServiceAccount", "system:serviceaccount:custom:ci", None, []),
    ]


def test_a_seed_runs_on_the_shoot_that_its_managed_seed_names() -> None:
    managed: list[dict[str, Any]] = [
        {
            "metadata": {"name": "aws-1", "namespace": "garden"},
            "spec": {"shoot": {"name": "renamed"}},
        },
        {"metadata": {"name": "aws-2", "namespace": "garden"}},
    ]
    seeds = [{"metadata": {"name": name}} for name in ("aws-1", "aws-2", "soil")]

    rows = readable(collect_seeds(Recorded(seeds=seeds, managedseeds=managed)))

    assert [
        (row["name"], row["managed_shoot_namespace"], row["managed_shoot_name"]) for row in rows
    ] == [("aws-1", "garden", "renamed"), ("aws-2", None, None), ("soil", None, None)]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"members": [{"kind": "User"}]}, "project dev: a member without name"),
        ({"members": [{"name": "jo"}]}, "project dev: a member without kind"),
        ({"members": "none"}, "Project dev: spec.members is no list"),
        ("none", "Project dev: spec is no object"),
    ],
)
def test_what_cannot_be_read_is_named(spec: object, says: str) -> None:
    project = {"kind": "Project", "metadata": {"name": "dev"}, "spec": spec}

    with pytest.raises(BadAnswer, match=says):
        list(collect_projects(Recorded(project)))
