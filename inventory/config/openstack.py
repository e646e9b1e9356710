"""`openstack` in the configuration."""

from typing import Literal, Self

from pydantic import Field, model_validator

from inventory.config.services import Service, check_services, needs
from inventory.config.values import File, Section, WebAddress


class Password(Section):
    """A user and the file with the password."""

    username: str
    password_file: File


class AppCredentials(Section):
    """An application credential and the file with its secret."""

    app_credentials_id: str
    app_credentials_secret_file: File


class VaultSecret(Section):
    """Where Vault keeps the user or the application credential."""

    server: str
    """A name in `vault.servers`."""
    secret_engine: str
    """Where a KV v2 engine is mounted."""
    secret_path: str


class OpenStackCredentials(Section):
    """How to authenticate at a project of an OpenStack region."""

    auth_endpoint: str
    """Keystone v3."""
    domain: str
    project: str
    region: str
    authentication: Literal["password", "app_credentials", "vault_secret"]
    password: Password | None = None
    app_credentials: AppCredentials | None = None
    vault_secret: VaultSecret | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needs(self, f"authentication {self.authentication}", (self.authentication,))
        return self


class OpenStackServices(Section):
    """Which credentials each service is read with."""

    compute: Service = Service()
    network: Service = Service()
    object_storage: Service = Service()
    load_balancer: Service = Service()
    identity: Service = Service()
    block_storage: Service = Service()


class OpenStackConfig(Section):
    """OpenStack."""

    is_enabled: bool = False
    endpoint: WebAddress | None = None
    """Instead of the addresses in Keystone's catalog."""
    services: OpenStackServices = OpenStackServices()
    credentials: dict[str, OpenStackCredentials] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        check_services(self.services, self.credentials, self.is_enabled)
        return self
