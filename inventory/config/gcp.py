"""`gcp` in the configuration."""

from typing import Literal, Self

from pydantic import Field, model_validator

from inventory.config.services import USER_AGENT, Service, check_services, needs
from inventory.config.values import File, Refused, Section, WebAddress


class KeyFile(Section):
    """A service account's key."""

    path: File


class GcpCredentials(Section):
    """How to authenticate at Google Cloud, and for which projects."""

    authentication: Literal["none", "key_file"]
    """`none` is Application Default Credentials."""
    projects: tuple[str, ...] = Field(min_length=1)
    key_file: KeyFile | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.authentication == "key_file":
            needs(self, "authentication key_file", ("key_file",))
        return self


class GcpServices(Section):
    """Which credentials each service is read with."""

    resource_manager: Service = Service()
    compute: Service = Service()
    storage: Service = Service()
    gke: Service = Service()


class SoilCluster(Section):
    """The GKE cluster that Gardener uses as a seed."""

    cluster_name: str | None = None
    use_credentials: str | None = None


class GcpConfig(Section):
    """Google Cloud."""

    is_enabled: bool = False
    user_agent: str = USER_AGENT
    endpoint: WebAddress | None = None
    services: GcpServices = GcpServices()
    soil_cluster: SoilCluster = SoilCluster()
    credentials: dict[str, GcpCredentials] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        soil = self.soil_cluster
        if soil.cluster_name and not soil.use_credentials:
            raise Refused(("soil_cluster.use_credentials", "needed with cluster_name"))
        if soil.use_credentials and soil.use_credentials not in self.credentials:
            raise Refused(
                (
                    "soil_cluster.use_credentials",
                    f"no credentials are named {soil.use_credentials!r}",
                )
            )
        check_services(self.services, self.credentials, self.is_enabled)
        return self
