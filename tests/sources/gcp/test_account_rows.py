"""Rows of projects, policies and buckets, from whole items."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inventory.core.task import Collector
from inventory.errors import BadAnswer
from inventory.sources.gcp.client import GcpClient
from inventory.sources.gcp.constants import (
    BUCKETS,
    IAM_POLICY,
    Call,
)
from inventory.sources.gcp.constants import (
    PROJECT as PROJECT_CALL,
)
from inventory.sources.gcp.models.iam import IamBinding, IamPolicy, IamRoleMember
from inventory.sources.gcp.tasks.bucket import collect_buckets
from inventory.sources.gcp.tasks.iam import collect_iam_policies
from inventory.sources.gcp.tasks.project import collect_projects
from tests.sources.gcp.google import PROJECT, Google
from tests.sources.gcp.reading import read, rows
from tests.sources.reading import readable


def test_a_project_is_read_whole(cloud: Google, client: GcpClient) -> None:
    cloud.says(
        PROJECT_CALL.path,
        {
            "name": "projects/415104041262",
            "parent": "folders/123",
            "projectId": PROJECT,
            "state": "DELETE_REQUESTED",
            "displayName": "Dev",
            "createTime": "2024-01-02T03:04:05.678Z",
            "updateTime": "2024-02-02T03:04:05Z",
            "deleteTime": "2024-03-02T03:04:05Z",
            "etag": 'W/"1"',
            "labels": {"team": "a"},
        },
    )

    (row,) = rows(client, collect_projects, collect_projects.models[0])

    assert row == {
        "project_id": PROJECT,
        "labels": {"team": "a"},
        "name": "projects/415104041262",
        "parent": "folders/123",
        "state": "DELETE_REQUESTED",
        "display_name": "Dev",
        "project_create_time": datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
        "project_update_time": datetime(2024, 2, 2, 3, 4, 5, tzinfo=UTC),
        "project_delete_time": datetime(2024, 3, 2, 3, 4, 5, tzinfo=UTC),
        "etag": 'W/"1"',
    }


def test_a_buckets_time_is_one_as_any_other(cloud: Google, client: GcpClient) -> None:
    item = {
        "name": "b",
        "location": "EUROPE-WEST1",
        "locationType": "region",
        "storageClass": "STANDARD",
        "timeCreated": "2024-01-02T03:04:05.678Z",
        "labels": {"a": "b"},
    }
    cloud.says(BUCKETS.path, {"kind": "storage#buckets", "items": [item]})

    (row,) = rows(client, collect_buckets, collect_buckets.models[0])

    assert row == {
        "project_id": PROJECT,
        "labels": {"a": "b"},
        "name": "b",
        "location_type": "region",
        "location": "EUROPE-WEST1",
        "default_storage_class": "STANDARD",
        "creation_timestamp": datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
    }
    assert cloud.seen[0].query["project"] == PROJECT


def test_one_role_under_two_conditions_is_two_bindings(cloud: Google, client: GcpClient) -> None:
    """The original lost the whole policy over it, and did not ask for conditions."""
    role = "roles/viewer"
    until = {"title": "until", "description": "for now", "expression": "request.time < x"}
    cloud.says(
        IAM_POLICY.path,
        {
            "version": 3,
            "etag": "BwX=",
            "bindings": [
                {"role": role, "members": ["user:a@x.org", "user:b@x.org"]},
                {"role": role, "members": ["user:a@x.org"], "condition": until},
                {"role": role, "members": ["user:a@x.org"], "condition": {"expression": "false"}},
            ],
        },
    )

    policies = rows(client, collect_iam_policies, IamPolicy)
    bindings = rows(client, collect_iam_policies, IamBinding)
    members = rows(client, collect_iam_policies, IamRoleMember)

    assert cloud.seen[0].method == "POST"
    assert cloud.seen[0].body == {"options": {"requestedPolicyVersion": 3}}
    on = {"resource_type": "project", "resource_name": f"projects/{PROJECT}"}
    assert policies == [on | {"version": 3}]
    keys = [row["condition_key"] for row in bindings]
    assert keys[0] == "none"
    assert len(set(keys)) == 3
    assert bindings[1] == on | {
        "condition_key": keys[1],
        "role": role,
        "condition": "request.time < x",
        "condition_title": "until",
        "condition_description": "for now",
    }
    assert [(row["member"], row["condition_key"]) for row in members] == [
        ("user:a@x.org", keys[0]),
        ("user:b@x.org", keys[0]),
        ("user:a@x.org", keys[1]),
        ("user:a@x.org", keys[2]),
    ]


def test_a_policy_without_bindings_is_a_policy(cloud: Google, client: GcpClient) -> None:
    cloud.says(IAM_POLICY.path, {"etag": "ACAB"})

    (row,) = readable(read(client, collect_iam_policies))

    assert row["version"] is None


@pytest.mark.parametrize(
    ("task", "call"), [(collect_iam_policies, IAM_POLICY), (collect_projects, PROJECT_CALL)]
)
def test_an_empty_answer_deletes_nothing(
    cloud: Google, client: GcpClient, task: Collector, call: Call
) -> None:
    cloud.says(call.path, {})

    with pytest.raises(BadAnswer, match="in the answer"):
        read(client, task)
