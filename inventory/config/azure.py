"""`azure` in the configuration."""

from typing import Literal, Self

from pydantic import Field, model_validator

from inventory.config.services import Service, check_services, needs
from inventory.config.values import File, Section, WebAddress


class WorkloadIdentity(Section):
    """A token of another issuer that Azure trusts."""

    client_id: str
    tenant_id: str
    token_file: File


class AzureCredentials(Section):
    """How to authenticate at Azure."""

    authentication: Literal["default", "workload_identity"]
    """`default` is the SDK's chain: environment, workload identity, managed identity, CLI."""
    workload_identity: WorkloadIdentity | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.authentication == "workload_identity":
            needs(self, "authentication workload_identity", ("workload_identity",))
        return self


class AzureServices(Section):
    """Which credentials each service is read with."""

    resource_manager: Service = Service()
    compute: Service = Service()
    network: Service = Service()
    storage: Service = Service()
    graph: Service = Service()


class AzureConfig(Section):
    """Microsoft Azure."""

    is_enabled: bool = False
    endpoint: WebAddress | None = None
    services: AzureServices = AzureServices()
    credentials: dict[str, AzureCredentials] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        check_services(self.services, self.credentials, self.is_enabled)
        return self
