"""Named credentials: where they are looked for, what they are exchanged for, and how they fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from inventory.config.gcp import GcpConfig
from inventory.errors import AccessDenied, BadAnswer, SourceError, Unavailable
from inventory.sources.gcp.client.credentials import Credential
from inventory.sources.gcp.constants import NETWORKS
from inventory.sources.gcp.scopes import ComputeScope
from inventory.sources.gcp.tasks.vpc import collect_vpcs
from tests.sources.gcp.conftest import MakeClient
from tests.sources.gcp.google import PROJECT, Google, Reply, listed
from tests.sources.reading import collect, split

COMPUTE = ComputeScope(PROJECT)
TOKEN = {"access_token": "t-1", "token_type": "Bearer", "expires_in": 3600}
USERS = ["GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CONFIG"]


@pytest.fixture(scope="module")
def key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.fixture
def account(cloud: Google, key: str) -> dict[str, Any]:
    """A service account's key, whose token comes from the cloud on this machine."""
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": key,
        "client_email": f"reader@{PROJECT}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{cloud.url}/token",
    }


@pytest.fixture
def pool(cloud: Google, tmp_path: Path) -> dict[str, Any]:
    """A workload identity pool, which takes the token that Kubernetes wrote into a file."""
    (tmp_path / "sa.jwt").write_text("from-kubernetes", encoding="utf-8")
    return {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/x",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{cloud.url}/v1/token",
        "service_account_impersonation_url": f"{cloud.url}/reader:generateAccessToken",
        "credential_source": {"file": str(tmp_path / "sa.jwt")},
    }


def with_key(path: Path, content: object) -> dict[str, Any]:
    """Credentials with a key file of that content."""
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return {
        "main": {
            "authentication": "key_file",
            "projects": [PROJECT],
            "key_file": {"path": str(path)},
        }
    }


@pytest.fixture
def no_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No application default credentials anywhere."""
    for name in USERS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    return monkeypatch


def by_default() -> Credential:
    """Application default credentials for Google itself."""
    settings = {"main": {"authentication": "none", "projects": [PROJECT]}}
    return Credential("main", GcpConfig.model_validate({"credentials": settings}))


def test_a_key_file_is_exchanged_for_a_token(
    cloud: Google, make_client: MakeClient, account: dict[str, Any], tmp_path: Path
) -> None:
    cloud.says("/token", TOKEN)
    cloud.says(NETWORKS.path, listed())
    client = make_client(credentials=with_key(tmp_path / "key.json", account))

    collect(client, collect_vpcs, COMPUTE)
    collect(client, collect_vpcs, COMPUTE)

    assert [seen.path for seen in cloud.seen].count("/token") == 1
    assert cloud.seen[-1].headers["Authorization"] == "Bearer t-1"


def test_a_pool_exchanges_kubernetes_token_for_the_service_accounts(
    cloud: Google, make_client: MakeClient, pool: dict[str, Any], tmp_path: Path
) -> None:
    cloud.says("/v1/token", TOKEN | {"issued_token_type": "x"})
    cloud.says(
        "/reader:generateAccessToken",
        {"accessToken": "t-2", "expireTime": "2099-01-01T00:00:00Z"},
    )
    cloud.says(NETWORKS.path, listed())
    client = make_client(credentials=with_key(tmp_path / "key.json", pool))

    collect(client, collect_vpcs, COMPUTE)

    assert "subject_token=from-kubernetes" in cloud.seen[0].body
    assert cloud.seen[1].headers["Authorization"] == "Bearer t-1"
    assert cloud.seen[2].headers["Authorization"] == "Bearer t-2"


def test_defaults_are_looked_for_where_google_looks(
    no_defaults: pytest.MonkeyPatch, account: dict[str, Any], pool: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "adc.json"
    no_defaults.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    no_defaults.setenv("GOOGLE_CLOUD_PROJECT", PROJECT)

    path.write_text(json.dumps(account), "utf-8")
    found = by_default().get()
    path.write_text(json.dumps(pool), "utf-8")
    federated = by_default().get()

    assert found.service_account_email == account["client_email"]
    assert federated.info["audience"] == pool["audience"]
    assert found.scopes == federated.scopes == ("https://www.googleapis.com/auth/cloud-platform",)


def test_without_defaults_the_message_says_what_to_do(no_defaults: pytest.MonkeyPatch) -> None:
    with pytest.raises(AccessDenied) as caught:
        by_default().check()

    for remedy in ("gcloud auth", "GOOGLE_APPLICATION_CREDENTIALS", "gcp.credentials.main"):
        assert remedy in str(caught.value)


def test_defaults_never_go_where_everyone_can_read_them(
    no_defaults: pytest.MonkeyPatch,
    cloud: Google,
    make_client: MakeClient,
    account: dict[str, Any],
    tmp_path: Path,
) -> None:
    path = tmp_path / "adc.json"
    path.write_text(json.dumps(account), "utf-8")
    no_defaults.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    cloud.says(NETWORKS.path, listed())

    collect(make_client(), collect_vpcs, COMPUTE)

    assert [seen.path for seen in cloud.seen] == [NETWORKS.path.format(project=PROJECT)]
    assert "Authorization" not in cloud.seen[0].headers


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is no JSON"),
        ({"type": "authorized_user"}, "'authorized_user'"),
        ([], "None"),
        ({"type": "service_account"}, "cannot be used"),
        ({"type": "external_account"}, "cannot be used"),
    ],
)
def test_a_key_file_that_cannot_be_used_fails_its_own_projects(
    make_client: MakeClient, tmp_path: Path, content: object, said: str
) -> None:
    good = {"good": {"authentication": "none", "projects": ["fine"]}}
    client = make_client(
        services={"compute": {"use_credentials": ["main", "good"]}},
        credentials=with_key(tmp_path / "key.json", content) | good,
    )

    reachable, failed = split(client, ComputeScope)

    assert reachable == ["fine"]
    assert [*failed] == [PROJECT]
    assert isinstance(failed[PROJECT].error, AccessDenied)
    assert said in str(failed[PROJECT].error)
    assert "gcp.credentials.main.key_file.path" in str(failed[PROJECT].error)


def test_a_key_file_that_is_not_there_says_where(make_client: MakeClient, tmp_path: Path) -> None:
    credentials = with_key(tmp_path / "key.json", {})
    (tmp_path / "key.json").unlink()

    _, failed = split(make_client(credentials=credentials), ComputeScope)

    assert "key.json cannot be read: No such file" in str(failed[PROJECT].error)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply({"error": "invalid_grant", "error_description": "gone"}, 400), AccessDenied),
        (Reply("secret-answer", 200), BadAnswer),
    ],
)
def test_a_token_that_is_not_given_is_told_without_the_answer(
    cloud: Google,
    make_client: MakeClient,
    account: dict[str, Any],
    tmp_path: Path,
    reply: Reply,
    kind: type[SourceError],
) -> None:
    cloud.says("/token", reply)
    client = make_client(credentials=with_key(tmp_path / "key.json", account))

    with pytest.raises(kind) as caught:
        collect(client, collect_vpcs, COMPUTE)

    assert "gcp.credentials.main" in str(caught.value)
    assert "secret-answer" not in str(caught.value)


def test_nobody_who_gives_tokens_is_unavailable(
    make_client: MakeClient, account: dict[str, Any], tmp_path: Path
) -> None:
    account["token_uri"] = "http://127.0.0.1:1/token"
    client = make_client(credentials=with_key(tmp_path / "key.json", account))

    with pytest.raises(Unavailable, match="no access token"):
        collect(client, collect_vpcs, COMPUTE)


def test_a_token_that_is_refused_is_renewed(
    cloud: Google, make_client: MakeClient, account: dict[str, Any], tmp_path: Path
) -> None:
    cloud.says("/token", TOKEN, TOKEN | {"access_token": "t-9"})
    cloud.says(NETWORKS.path, Reply({}, 401), listed())
    client = make_client(credentials=with_key(tmp_path / "key.json", account))

    assert collect(client, collect_vpcs, COMPUTE) == []
    assert cloud.seen[-1].headers["Authorization"] == "Bearer t-9"
