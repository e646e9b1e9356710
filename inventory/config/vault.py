"""`vault` in the configuration."""

from typing import Literal, Self

from pydantic import Field, model_validator

from inventory.config.services import needs
from inventory.config.values import File, Refused, Section, WebAddress


class TlsConfig(Section):
    """How to trust a server and to be trusted by it."""

    ca_cert: File | None = None
    """A file."""
    ca_cert_bytes: str | None = None
    """The certificates themselves, in PEM."""
    ca_path: File | None = None
    """A directory."""
    client_cert: File | None = None
    client_key: File | None = None
    tls_server_name: str | None = None
    insecure: bool = False


class TokenAuth(Section):
    """A token in a file."""

    token_path: File


class JwtAuth(Section):
    """A signed token that Vault exchanges for one of its own."""

    mount_path: str
    role_name: str
    token_path: File | None = None
    token_env: str | None = None
    """The variable that holds the token; goes before `token_path`."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not (self.token_path or self.token_env):
            raise Refused(("", "token_path or token_env is needed"))
        return self


class VaultServer(Section):
    """A Vault server."""

    endpoint: WebAddress | None = None
    """Absent: the environment variable VAULT_ADDR."""
    namespace: str | None = None
    tls: TlsConfig = TlsConfig()
    auth_method: Literal["token", "jwt"]
    token_auth: TokenAuth | None = None
    jwt_auth: JwtAuth | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needs(self, f"auth_method {self.auth_method}", (f"{self.auth_method}_auth",))
        return self


class VaultConfig(Section):
    """Vault, where credentials may be kept."""

    is_enabled: bool = False
    servers: dict[str, VaultServer] = Field(default_factory=dict)
