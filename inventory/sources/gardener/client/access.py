"""Ways into a garden and its seeds."""

from __future__ import annotations

import base64
import binascii
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kubernetes.client
import kubernetes.config
import yaml
from kubernetes.config import ConfigException

from inventory.errors import AccessDenied, BadAnswer
from inventory.sources.gardener.client.cluster import ApiClient, Cluster, Connection
from inventory.sources.gardener.constants import VIEWER_KUBECONFIG, VIEWER_KUBECONFIG_REQUEST

if TYPE_CHECKING:
    from inventory.config.gardener import GardenerConfig

kube_config: Any = kubernetes.config
kube_client: Any = kubernetes.client
Configuration = Any
"""`kubernetes.client.Configuration`; the library has no types where they would help."""
Load = Callable[[Configuration], None]

POOL = 8
"""Connections to one API server that are kept open."""


def garden(config: GardenerConfig) -> Connection:
    """Connect to the garden as `gardener.authentication` says."""

    def load(settings: Configuration) -> None:
        match config.authentication:
            case "in_cluster":
                kube_config.load_incluster_config(settings)
            case "token":
                _load_token(settings, Path(config.token_path or ""))
            case _:
                path = config.kubeconfig or os.environ.get("KUBECONFIG")
                if not path:
                    raise ConfigException("neither gardener.kubeconfig nor KUBECONFIG names a file")
                _load_file(settings, path, config.context)

    endpoint = config.endpoint.rstrip("/") if config.endpoint else None
    with _explained("garden", f"check gardener.authentication: {config.authentication}"):
        return Connection(_client(load, config.user_agent), host=endpoint)


def seed_from_file(seed: str, path: str, user_agent: str) -> Connection:
    """Connect to a seed with the kubeconfig that `gardener.seed_kubeconfigs` names."""

    def load(settings: Configuration) -> None:
        _load_file(settings, path)

    with _explained(f"seed {seed}", f"check gardener.seed_kubeconfigs.{seed}"):
        return Connection(_client(load, user_agent))


def seed_as_viewer(seed: str, garden: Cluster, shoot: tuple[str, str], agent: str) -> Connection:
    """Connect to a managed seed with a kubeconfig that may only read, and holds for an hour."""
    namespace, name = shoot
    path = VIEWER_KUBECONFIG.format(namespace=namespace, name=name)
    status = garden.call("POST", path, body=VIEWER_KUBECONFIG_REQUEST).get("status") or {}
    try:
        content = yaml.safe_load(base64.b64decode(status["kubeconfig"]))
        users = [user.get("user") or {} for user in content["users"]]
        ends = status.get("expirationTimestamp")
        ends_at = datetime.fromisoformat(ends).timestamp() if ends else time.time() + 3600
    except (
        LookupError,
        TypeError,
        AttributeError,
        ValueError,
        binascii.Error,
        yaml.YAMLError,
    ) as error:
        raise BadAnswer(
            f"gardener seed {seed}: POST {path}: no kubeconfig in the answer"
        ) from error
    if any(set(user) & {"exec", "auth-provider"} for user in users):
        raise BadAnswer(
            f"gardener seed {seed}: POST {path}: the kubeconfig would run a program; refused"
        )

    return from_content(seed, content, agent, ends_at)


def from_content(seed: str, content: Any, agent: str, ends_at: float) -> Connection:
    """Connect to a seed with a kubeconfig that was given for it, until it ends."""

    def load(settings: Configuration) -> None:
        kube_config.load_kube_config_from_dict(content, client_configuration=settings)

    with _explained(f"seed {seed}", "the kubeconfig that was given cannot be used"):
        return Connection(_client(load, agent), ends_at)


def _client(load: Load, user_agent: str) -> ApiClient:
    settings = kube_client.Configuration(connection_pool_maxsize=POOL)
    load(settings)
    # Retries are ours, see Cluster: those of urllib3 wait without end for a long Retry-After.
    settings.retries = False
    api = kube_client.ApiClient(settings)
    api.user_agent = user_agent
    return api


def _load_file(settings: Configuration, path: str, context: str | None = None) -> None:
    # The library does not say which file it misses. KUBECONFIG may name several, of which some.
    if os.pathsep not in path:
        Path(path).stat()
    kube_config.load_kube_config(path, context=context, client_configuration=settings)


def _load_token(settings: Configuration, path: Path) -> None:
    """Send the token that the file holds at the time: it is rotated while we run."""

    def refresh(settings: Any) -> None:
        with _explained("garden", "check gardener.token_path"):
            token = path.read_text(encoding="utf-8").strip()
        settings.api_key["BearerToken"] = f"Bearer {token}"

    refresh(settings)
    settings.refresh_api_key_hook = refresh


@contextmanager
def _explained(place: str, remedy: str) -> Iterator[None]:
    try:
        yield
    except (ConfigException, OSError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise AccessDenied(f"gardener {place}: {said}; {remedy}") from error
