"""`api` in the configuration."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from inventory.config.values import (
    Address,
    Count,
    Duration,
    Port,
    Refused,
    Section,
    WebAddress,
    Whole,
    is_loopback,
)
from inventory.core.access import Restriction, Role

Globs = tuple[Annotated[str, Field(min_length=1)], ...]


class RestrictionConfig(Section):
    """The part of everything that a viewer sees: `*` is any text, `?` any character.

    A source that is named is seen as a whole, unless parts of it are named too.
    """

    sources: Globs = ()
    """Whole sources: `aws`, `gcp`, `g`."""
    accounts: Globs = ()
    """Accounts of AWS: `111122223333`."""
    projects: Globs = ()
    """Projects of Google Cloud: `team-a-*`."""
    subscriptions: Globs = ()
    """Subscriptions of Azure."""
    seeds: Globs = ()
    """Seeds of Gardener."""
    scopes: Globs = ()
    """Any scopes, as source/scope: `aws/111122223333/eu-*`, `g/garden`."""

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.restriction:
            raise Refused(
                ("", "names nothing, so nothing could be seen; name something, or leave it out")
            )
        for place, scope in enumerate(self.scopes):
            if not all(scope.partition("/")):
                raise Refused(
                    (f"scopes[{place}]", "source/scope is expected, such as aws/111122223333/eu-*")
                )
        return self

    @property
    def restriction(self) -> Restriction:
        return Restriction(**self.model_dump())


class ApiToken(Section):
    """A client that may ask."""

    name: str
    """Who it is, for the log."""
    role: Role = "viewer"
    token: SecretStr | None = None
    """The token itself, from the environment: `${INVENTORY_TOKEN}`."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    """The token's hash, so that the file holds no secret."""
    restrict: RestrictionConfig | None = None
    """All that it sees; everything when left out."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.token is None) == (self.sha256 is None):
            raise Refused(("", "either token or sha256 is needed"))
        if self.restrict is not None and self.role != "viewer":
            raise Refused(
                ("restrict", "an operator cannot be restricted; only a viewer, who runs nothing")
            )
        return self


class OidcConfig(Section):
    """An identity provider whose tokens are accepted."""

    issuer: WebAddress
    """As it is in the claim `iss`; its configuration is read from `/.well-known/openid-configuration` below it."""
    audience: Annotated[str, Field(min_length=1)]
    """What the claim `aud` must hold."""
    role_claim: str = "roles"
    """The claim that says what its holder may: text or a list, `a.b` for one inside another."""
    roles: dict[str, Role] = {"viewer": "viewer", "operator": "operator"}  # noqa: RUF012 - pydantic copies it
    """Values of that claim, and the role that each stands for; the highest counts."""
    default_role: Literal["viewer", "none"] = "none"
    """What a token without such a value is: a viewer, or nobody."""
    name_claim: str = "sub"
    """The claim that names its holder in logs and in the audit."""
    restriction_claim: str | None = None
    """The claim that lists what a viewer sees, as source/scope: `["aws/111122223333/*"]`. A viewer without it sees
    nothing; absent here: everything."""
    algorithms: tuple[
        Literal[
            "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
        ],
        ...,
    ] = ("RS256", "PS256", "ES256", "EdDSA")
    """The signatures that are accepted."""
    leeway: Duration = timedelta(seconds=30)
    """By how much clocks may differ."""
    keys_for: Duration = timedelta(minutes=10)
    """How long the provider's keys are remembered."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.algorithms:
            raise Refused(("algorithms", "name at least one"))
        return self


class AuthConfig(Section):
    """Who may use the API. Nothing here: everyone who reaches it."""

    tokens: tuple[ApiToken, ...] = ()
    token_file: Path | None = None
    """More tokens, in a file of YAML with the same entries."""
    stored: bool = False
    """Ask for tokens even if none is configured here: `inventory token create` makes them. Where tokens are
    asked for, those count in any case."""
    oidc: OidcConfig | None = None

    @field_validator("token_file")
    @classmethod
    def _home(cls, path: Path | None) -> Path | None:
        return path.expanduser() if path else None

    @property
    def is_set(self) -> bool:
        """Whether anyone is asked for a token."""
        return bool(self.tokens or self.token_file or self.oidc or self.stored)


class LimitsConfig(Section):
    """What one request may ask for, decided before any SQL."""

    first: Count = 1_000
    """Rows of one page."""
    depth: Count = 15
    """Fields inside fields."""
    rows: Count = 50_000
    """Rows that the whole request may yield, page sizes multiplied along the path."""
    fields: Count = 2_000
    aliases: Count = 200
    tokens: Count = 5_000
    """Words of the document."""
    body_bytes: Count = 262_144
    """Of a request's body, and of a message of a WebSocket."""
    concurrency: Whole = 100
    """Requests of one token at a time, in each process; 0 is no limit."""
    requests_per_minute: Whole = 0
    """Requests of one token within a minute, in each process; 0 is no limit."""
    subscriptions: Whole = 200
    """Subscriptions of one token at a time, in each process; 0 is no limit."""


class ApiMetricsConfig(Section):
    """Where Prometheus reads the figures of the API, and what the database says of everything."""

    address: Address | None = None
    """An address of their own, where nobody is asked for a token; absent: that of the API, where a
    token is needed once there are any.
    """
    path: Annotated[str, Field(pattern="^/")] = "/metrics"


class TrustedDocumentsConfig(Section):
    """Operations that clients ask for by their ids."""

    files: tuple[Path, ...] = ()
    """Manifests as graphql-codegen, Relay and Apollo write them, `.graphql` files, or folders."""
    only: bool = False
    """Answer nothing else."""
    max_age: Duration = timedelta(seconds=60)
    """For how long a client may keep the answer to one that it asked for by GET; 0s is not at all."""

    @field_validator("files")
    @classmethod
    def _home(cls, paths: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(path.expanduser() for path in paths)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.only and not self.files:
            raise Refused(("only", "nothing would be answered; name the documents in `files`"))
        return self


class ApiConfig(Section):
    """The GraphQL service."""

    host: str = "127.0.0.1"
    port: Port = 8080
    insecure: bool = False
    """Serve other machines without `auth`."""
    origins: tuple[str, ...] = ()
    """Other origins whose pages may ask here, such as `https://portal.example`."""
    auth: AuthConfig = AuthConfig()
    limits: LimitsConfig = LimitsConfig()
    statement_timeout: Duration = timedelta(seconds=10)
    introspection: bool = True
    """Tell clients the schema, and what they may have meant."""
    trusted_documents: TrustedDocumentsConfig = TrustedDocumentsConfig()
    stale_after: Duration = timedelta(hours=24)
    """How old the last complete listing of a scope is before answers call it stale."""
    metrics: ApiMetricsConfig = ApiMetricsConfig()

    @property
    def is_exposed(self) -> bool:
        """Whether other machines reach the service and nobody asks them for a token."""
        return not (is_loopback(self.host) or self.auth.is_set or self.insecure)
