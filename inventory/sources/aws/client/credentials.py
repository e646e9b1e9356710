"""`aws.credentials` → botocore's credentials, which renew themselves where they can."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from botocore.credentials import (
    AssumeRoleWithWebIdentityCredentialFetcher,
    Credentials,
    DeferredRefreshableCredentials,
)

from inventory.errors import AccessDenied, SourceError, Unavailable

if TYPE_CHECKING:
    from inventory.config.aws import AwsCredentials, KubeSaToken, WebIdentity

ClientCreator = Callable[..., Any]
TIMEOUT = (5, 60)


class Provider(Protocol):
    """What botocore asks for credentials."""

    def load_credentials(self) -> Any: ...


class Fixed:
    """Gives every session the same credentials, so that they are fetched and renewed once."""

    def __init__(self, credentials: Any) -> None:
        self.credentials = credentials

    def load_credentials(self) -> Any:
        return self.credentials


def retrieve(name: str, config: AwsCredentials, default: Provider, sts: ClientCreator) -> Provider:
    """The credentials that a configuration means. Nothing is asked of AWS before they are used."""
    match config.token_retriever:
        case "static":
            secret, token = config.secret_access_key, config.session_token
            return Fixed(
                Credentials(
                    config.access_key_id or "",
                    secret.get_secret_value() if secret else "",
                    token.get_secret_value() if token else None,
                )
            )
        case "token_file" if config.token_file:
            path = Path(config.token_file.path)
            return _web_identity(config.token_file, lambda: _read_token(name, path), sts)
        case "kube_sa_token" if config.kube_sa_token:
            account = config.kube_sa_token
            return _web_identity(account, lambda: _request_token(name, account), sts)
    found = default.load_credentials()
    if found is None:
        raise AccessDenied(
            f"aws credential {name}: the SDK finds no credentials: no AWS_ACCESS_KEY_ID, no shared "
            f"credentials file, no role of this machine; or set aws.credentials.{name}.token_retriever"
        )
    return Fixed(found)


def _web_identity(config: WebIdentity, token: Callable[[], str], sts: ClientCreator) -> Provider:
    arguments: dict[str, Any] = {"RoleSessionName": config.role_session_name}
    if config.duration:
        arguments["DurationSeconds"] = int(config.duration.total_seconds())
    fetcher = AssumeRoleWithWebIdentityCredentialFetcher(sts, token, config.role_arn, arguments)
    return Fixed(
        DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role-with-web-identity")
    )


def _read_token(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise AccessDenied(
            f"aws credential {name}: the token file {path} cannot be read: {error.strerror}; "
            f"check aws.credentials.{name}.token_file.path"
        ) from error


def _request_token(name: str, config: KubeSaToken) -> str:
    """A token of a service account, from the Kubernetes API that issues it."""
    import orjson
    import urllib3

    kubernetes: Any = import_module("kubernetes")

    where = f"aws credential {name}: TokenRequest of {config.namespace}/{config.service_account}"
    spec: dict[str, Any] = {"audiences": list(config.audiences)}
    if config.duration:
        spec["expirationSeconds"] = int(config.duration.total_seconds())
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    settings = kubernetes.client.Configuration()
    try:
        if config.kubeconfig:
            kubernetes.config.load_kube_config(config.kubeconfig, client_configuration=settings)
        else:
            kubernetes.config.load_incluster_config(settings)
        with kubernetes.client.ApiClient(settings) as api:
            request = api.param_serialize(
                "POST",
                "/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token",
                path_params={"namespace": config.namespace, "name": config.service_account},
                header_params={"Content-Type": "application/json", "Accept": "application/json"},
                body=body,
                auth_settings=["BearerToken"],
            )
            answer = api.call_api(*request, _request_timeout=TIMEOUT)
            content = answer.read()
    except (kubernetes.config.ConfigException, OSError) as error:
        raise AccessDenied(f"{where}: {error}; check its kubeconfig") from error
    except (urllib3.exceptions.HTTPError, kubernetes.client.ApiException) as error:
        raise Unavailable(f"{where}: {str(error).splitlines()[0]}") from error
    if answer.status in (401, 403, 404):
        raise AccessDenied(
            f"{where}: HTTP {answer.status}; allow `create` on serviceaccounts/token there"
        )
    if not 200 <= answer.status < 300:
        raise Unavailable(f"{where}: HTTP {answer.status}")
    try:
        token: str = orjson.loads(content)["status"]["token"]
    except (ValueError, LookupError, TypeError) as error:
        raise SourceError(f"{where}: the answer holds no token") from error
    return token
