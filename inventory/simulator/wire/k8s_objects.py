"""What every Kubernetes API answers with: Status, discovery, kubeconfigs and their tokens."""

from __future__ import annotations

import base64
from hashlib import blake2b
from typing import Any

import orjson

from inventory.simulator.wire import Response

GARDEN_TOKEN = "simulated-garden-token-not-a-secret"  # noqa: S105 - it says so
CLUSTER_WIDE = ("backupbuckets", "cloudprofiles", "persistentvolumes", "projects", "seeds")
"""The kinds that live in no namespace."""
REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    410: "Expired",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


def answer(value: object, status: int = 200) -> Response:
    return Response(status, "application/json", orjson.dumps(value))


def refuse(status: int, message: str) -> Response:
    """A Status object, as every Kubernetes error is."""
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": REASONS.get(status, "InternalError"),
        "code": status,
    }
    headers = {"Retry-After": "1"} if status == 429 else {}
    return Response(status, "application/json", orjson.dumps(body), headers)


def seed_token(seed: str, expires: int) -> str:
    """A token in the shape of a JWT whose `exp` says when it ends. Nobody's key signs it."""
    head = _segment({"alg": "none", "typ": "JWT"})
    claims = _segment({"iss": "simulator", "sub": f"seed:{seed}", "exp": expires})
    return f"{head}.{claims}.{sign(f'{head}.{claims}')}"


def kubeconfig(url: str, token: str, name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": url}}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }


def discovery(path: str, served: dict[str, dict[str, str]]) -> Response:
    path = path.rstrip("/")
    if path == "/version":
        return answer(
            {
                "major": "1",
                "minor": "33",
                "gitVersion": "v1.33.4",
                "gitCommit": "0000000000000000000000000000000000000000",
                "gitTreeState": "clean",
                "buildDate": "2026-01-01T00:00:00Z",
                "goVersion": "go1.24.0",
                "compiler": "gc",
                "platform": "linux/amd64",
            }
        )
    if path == "/api":
        return answer({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
    if path == "/apis":
        groups = []
        for api in served:
            group, _, version = api.partition("/")
            if not version:
                continue
            entry = {"groupVersion": api, "version": version}
            groups.append({"name": group, "versions": [entry], "preferredVersion": entry})
        return answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
    api = path.removeprefix("/apis/").removeprefix("/api/")
    if api in served:
        resources: list[dict[str, Any]] = [
            {
                "name": plural,
                "singularName": kind.lower(),
                "namespaced": plural not in CLUSTER_WIDE,
                "kind": kind,
                "verbs": ["get", "list"],
            }
            for plural, kind in served[api].items()
        ]
        if "shoots" in served[api]:
            resources.append(
                {
                    "name": "shoots/viewerkubeconfig",
                    "singularName": "",
                    "namespaced": True,
                    "group": "authentication.gardener.cloud",
                    "version": "v1alpha1",
                    "kind": "ViewerKubeconfigRequest",
                    "verbs": ["create"],
                }
            )
        return answer(
            {
                "kind": "APIResourceList",
                "apiVersion": "v1",
                "groupVersion": api,
                "resources": resources,
            }
        )
    return refuse(404, "the server could not find the requested resource")


def _segment(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def sign(text: str) -> str:
    return blake2b(text.encode(), digest_size=16, key=b"simulator").hexdigest()
