"""Reading Google Cloud: credentials, projects, pages. The only part of the source that knows Google's libraries."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from inventory.core.scope import FailedScope, Scope
from inventory.errors import AccessDenied, ConfigError, SourceError
from inventory.sources.gcp.client.credentials import Credential
from inventory.sources.gcp.client.readers import ProjectReader
from inventory.sources.gcp.client.session import Patience, Session
from inventory.sources.gcp.scopes import ProjectScope

if TYPE_CHECKING:
    from inventory.config import Config
    from inventory.config.gcp import GcpConfig

__all__ = ["GcpClient", "Patience", "ProjectReader", "connect"]

log = logging.getLogger(__name__)

HOSTS = {
    "compute": "https://compute.googleapis.com",
    "gke": "https://container.googleapis.com",
    "resource_manager": "https://cloudresourcemanager.googleapis.com",
    "storage": "https://storage.googleapis.com",
}
"""Where each service is. `gcp.endpoint` stands for all of them: their paths differ."""


def connect(config: Config) -> GcpClient:
    """The projects that `gcp.services` configures. Nothing is asked before use."""
    return GcpClient(config.gcp, soil_seed=config.gardener.soil_clusters.gcp)


class GcpClient:
    """The projects of each service, by the credentials that reach them. Threads may share it.

    Where two credentials of a service list one project, the one that is named later is used, and
    that is logged.
    """

    def __init__(
        self,
        config: GcpConfig,
        patience: Patience | None = None,
        *,
        soil_seed: str | None = None,
    ) -> None:
        """`soil_seed` is the seed that the cluster of `gcp.soil_cluster` is."""
        self.config = config
        self.soil_seed = soil_seed
        self.patience = patience or Patience()
        known = {name: Credential(name, config) for name in config.credentials}
        self.projects: dict[str, dict[str, Credential]] = {
            service: self._projects(service, known) if config.is_enabled else {}
            for service in HOSTS
        }

    def scopes(self, kind: type[Scope]) -> Iterator[Scope | FailedScope]:
        """Yield the projects of a service. Those whose credentials cannot be used are FailedScopes."""
        for project, credential in self._of(kind).items():
            try:
                credential.check()
            except SourceError as error:
                yield FailedScope(project, error)
            else:
                yield kind(project)  # type: ignore[call-arg]  # all kinds hold a project's id

    @contextmanager
    def open(self, scope: Scope) -> Iterator[ProjectReader]:
        """A reader with a session of its own."""
        projects = self._of(type(scope))
        project, service = str(scope), type(scope).service  # type: ignore[attr-defined]
        if project not in projects:
            raise AccessDenied(
                f"gcp {project}: no credential of gcp.services.{service}.use_credentials lists this "
                "project in its projects"
            )
        credential = projects[project]
        endpoint = self.config.endpoint or HOSTS[service]
        session = Session(
            f"gcp {project}",
            endpoint.rstrip("/"),
            credential,
            self.config.user_agent,
            self.patience,
        )
        try:
            yield ProjectReader(project, session, self._soil(project))
        finally:
            session.close()

    def close(self) -> None:
        """Forget the projects; readers close what they opened."""
        self.projects = {service: {} for service in HOSTS}

    def _projects(self, service: str, known: dict[str, Credential]) -> dict[str, Credential]:
        found: dict[str, Credential] = {}
        for name in getattr(self.config.services, service).use_credentials:
            for project in self.config.credentials[name].projects:
                if project in found:
                    log.warning(
                        "credential ignored",
                        extra={
                            "credential": found[project].name,
                            "service": service,
                            "project_id": project,
                            "used": name,
                        },
                    )
                found[project] = known[name]
        return found

    def _soil(self, project: str) -> dict[str, str]:
        soil = self.config.soil_cluster
        if not soil.cluster_name or not soil.use_credentials or not self.soil_seed:
            return {}
        if project not in self.config.credentials[soil.use_credentials].projects:
            return {}
        return {soil.cluster_name: self.soil_seed}

    def _of(self, kind: type[Scope]) -> dict[str, Credential]:
        if not issubclass(kind, ProjectScope) or kind is ProjectScope:
            raise ConfigError(f"gcp has no scopes of the kind {kind.__name__}")
        return self.projects[kind.service]
