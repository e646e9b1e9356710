"""The projects of Google Cloud, and who may do what in them."""

from __future__ import annotations

from inventory.simulator.google_urls import Item, digest
from inventory.simulator.names import GCP_NUMBERS, GCP_PROJECTS


def project(name: str) -> Item:
    number = GCP_PROJECTS.index(name)
    found: Item = {
        "name": f"projects/{GCP_NUMBERS[name]}",
        "parent": "organizations/123456789012" if number == 0 else f"folders/9876543210{number}",
        "projectId": name,
        "state": "ACTIVE",
        "createTime": f"2022-0{number + 1}-03T04:05:06.123456Z",
        "updateTime": f"2024-0{number + 1}-03T04:05:06Z",
        "etag": f"W/{digest(name)[0:16]}",
    }
    if number != 2:
        found["displayName"] = f"Simulated {name.split('-')[1]}"
        found["labels"] = {"landscape": "simulated"}
    return found


def policy(name: str, version: int) -> Item:
    """What `getIamPolicy` answers. Conditions are told to those only who ask for version 3."""
    robot = f"serviceAccount:inventory@{name}.iam.gserviceaccount.com"
    bindings: list[Item] = [
        {"role": "roles/owner", "members": ["user:root@example.com"]},
        # A member may stand there twice.
        {"role": "roles/viewer", "members": [robot, "group:platform@example.com", robot]},
        {"role": "roles/compute.viewer", "members": [robot]},
        {
            "role": "roles/compute.viewer",
            "members": ["user:auditor@example.com"],
            "condition": {
                "title": "until 2027",
                "expression": 'request.time < timestamp("2027-01-01T00:00:00Z")',
            },
        },
        {
            "role": "roles/compute.viewer",
            "members": ["user:auditor@example.com", "user:trainee@example.com"],
            "condition": {
                "title": "tests",
                "description": "only what is called so",
                "expression": 'resource.name.startsWith("test-")',
            },
        },
    ]
    if name == GCP_PROJECTS[2]:
        bindings = bindings[:2]
    if version < 3:
        for binding in bindings:
            if condition := binding.pop("condition", None):
                binding["role"] += f"_withcond_{digest(condition['title'])[0:20]}"
    conditional = any("condition" in binding for binding in bindings)
    return {"version": 3 if conditional else 1, "etag": "BwYQzR0000A=", "bindings": bindings}


def access_token() -> Item:
    return {"access_token": ACCESS_TOKEN, "expires_in": 3599, "token_type": "Bearer"}


ACCESS_TOKEN = "simulated-google-token-not-a-secret"  # noqa: S105 - it says so
