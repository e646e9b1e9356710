"""The seed that is a cluster of GKE itself: entered with a Google identity, by Kubernetes' own RBAC."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import google.auth
import orjson
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import service_account
from requests import RequestException

from inventory.errors import AccessDenied, BadAnswer, ConfigError, Unavailable
from inventory.sources.gardener.client.access import from_content
from inventory.sources.gardener.client.cluster import Connection

if TYPE_CHECKING:
    from inventory.config.gcp import GcpConfig

auth: Any = google.auth
accounts: Any = service_account
SCOPES = (
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/cloud-platform",
    "openid",
)
CONTAINER = "https://container.googleapis.com"
TIMEOUT = (5, 60)
HOUR = 3600.0


@dataclass(frozen=True)
class Soil:
    """The GKE cluster that `gcp.soil_cluster` names, which is the seed `gardener.soil_clusters.gcp`."""

    seed: str
    config: GcpConfig

    def enter(self, agent: str) -> Connection:
        """Connect with a token of Google's, which holds for an hour.

        Raises ConfigError, AccessDenied, Unavailable or BadAnswer.
        """
        place = f"gardener seed {self.seed}: gke cluster {self.config.soil_cluster.cluster_name}"
        try:
            credentials = self._credentials()
            credentials.refresh(Request())
            cluster = self._find(credentials, place)
        except GoogleAuthError as error:
            raise AccessDenied(
                f"{place}: {error}; check gcp.soil_cluster.use_credentials"
            ) from error
        except (RequestException, OSError) as error:
            raise Unavailable(f"{place}: {error}") from error
        expiry = getattr(credentials, "expiry", None)
        # Google's library keeps times in UTC without saying so.
        ends_at = expiry.replace(tzinfo=UTC).timestamp() if expiry else time.time() + HOUR
        return from_content(self.seed, _kubeconfig(cluster, credentials.token), agent, ends_at)

    def _credentials(self) -> Any:
        name = self.config.soil_cluster.use_credentials
        if not name or not self.config.soil_cluster.cluster_name:
            raise ConfigError(
                f"gardener.soil_clusters.gcp is {self.seed}; gcp.soil_cluster.cluster_name and "
                ".use_credentials must say which GKE cluster that is and who may enter it"
            )
        found = self.config.credentials[name]
        if found.key_file and found.authentication == "key_file":
            content = orjson.loads(Path(found.key_file.path).read_bytes())
            return accounts.Credentials.from_service_account_info(content, scopes=SCOPES)
        credentials, _ = auth.default(scopes=SCOPES)
        return credentials

    def _find(self, credentials: Any, place: str) -> dict[str, Any]:
        """The cluster, in one of the projects of the credentials."""
        wanted, host = self.config.soil_cluster.cluster_name, self.config.endpoint or CONTAINER
        session: Any = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
        projects = self.config.credentials[str(self.config.soil_cluster.use_credentials)].projects
        for project in projects:
            url = f"{host.rstrip('/')}/v1/projects/{project}/locations/-/clusters"
            answer = session.get(url, timeout=TIMEOUT)
            if answer.status_code in (401, 403):
                raise AccessDenied(
                    f"{place}: {project}: HTTP {answer.status_code}; allow container.clusters.list"
                )
            if answer.status_code >= 500 or answer.status_code == 429:
                raise Unavailable(f"{place}: {project}: HTTP {answer.status_code}")
            try:
                clusters = orjson.loads(answer.content).get("clusters") or []
                found = next((each for each in clusters if each.get("name") == wanted), None)
            except (ValueError, AttributeError) as error:
                raise BadAnswer(
                    f"{place}: {project}: the list of clusters cannot be read"
                ) from error
            if found is not None:
                return dict(found)
        raise AccessDenied(f"{place}: it is in none of the projects {', '.join(projects)}")


def _kubeconfig(cluster: dict[str, Any], token: str) -> dict[str, Any]:
    endpoint = str(cluster.get("endpoint") or "")
    server = endpoint if "://" in endpoint else f"https://{endpoint}"
    authority = (cluster.get("masterAuth") or {}).get("clusterCaCertificate")
    trusted = (
        {"certificate-authority-data": authority}
        if authority and server.startswith("https")
        else {}
    )
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "soil",
        "clusters": [{"name": "soil", "cluster": {"server": server, **trusted}}],
        "users": [{"name": "soil", "user": {"token": token}}],
        "contexts": [{"name": "soil", "context": {"cluster": "soil", "user": "soil"}}],
    }
