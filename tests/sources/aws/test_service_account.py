"""A service account's token, asked of a Kubernetes API, becomes a role of AWS."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from inventory.errors import AccessDenied, Unavailable
from inventory.sources.aws.client import AwsClient
from inventory.sources.aws.scopes import AccountScope
from tests.sources.conftest import Configure
from tests.sources.reading import split


class TokenRequests(BaseHTTPRequestHandler):
    """A Kubernetes API that issues tokens, or refuses to."""

    status = 201
    asked: tuple[str, Any] = ("", None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).asked = (self.path, orjson.loads(body)["spec"])
        answer = orjson.dumps({"status": {"token": "header.claims.signature"}})
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def kubernetes(tmp_path: Path) -> Iterator[tuple[type[TokenRequests], Path]]:
    handler = type("Handler", (TokenRequests,), {})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    path = tmp_path / "kubeconfig"
    content = {
        "current-context": "x",
        "clusters": [
            {"name": "x", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}
        ],
        "users": [{"name": "x", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    yield handler, path
    server.shutdown()
    server.server_close()
    thread.join()


def client_of(configured: Configure, kubeconfig: Path) -> AwsClient:
    credentials = {
        "pod": {
            "token_retriever": "kube_sa_token",
            "kube_sa_token": {
                "kubeconfig": str(kubeconfig),
                "namespace": "inventory",
                "service_account": "worker",
                "audiences": ["sts.amazonaws.com"],
                "duration": "30m",
                "role_arn": "arn:aws:iam::777788889999:role/inventory",
            },
        }
    }
    services = {"ec2": {"use_credentials": ["pod"]}}
    return AwsClient(configured(aws={"services": services, "credentials": credentials}).aws)


def test_the_token_is_exchanged_for_a_role(
    configured: Configure, kubernetes: tuple[type[TokenRequests], Path]
) -> None:
    handler, path = kubernetes

    good, failed = split(client_of(configured, path), AccountScope)

    assert (good, failed) == (["777788889999"], {})
    assert handler.asked == (
        "/api/v1/namespaces/inventory/serviceaccounts/worker/token",
        {"audiences": ["sts.amazonaws.com"], "expirationSeconds": 1800},
    )


@pytest.mark.parametrize(("status", "kind"), [(403, AccessDenied), (503, Unavailable)])
def test_a_refused_token_is_explained(
    configured: Configure,
    kubernetes: tuple[type[TokenRequests], Path],
    status: int,
    kind: type[Exception],
) -> None:
    handler, path = kubernetes
    handler.status = status

    _, failed = split(client_of(configured, path), AccountScope)

    error = failed["credential pod"].error
    assert isinstance(error, kind)
    assert f"TokenRequest of inventory/worker: HTTP {status}" in str(error)


def test_a_missing_kubeconfig_is_explained(configured: Configure, tmp_path: Path) -> None:
    _, failed = split(client_of(configured, tmp_path / "absent"), AccountScope)

    assert isinstance(failed["credential pod"].error, AccessDenied)
    assert "check its kubeconfig" in str(failed["credential pod"].error)
