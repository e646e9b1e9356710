"""The configuration as a whole: `Config` and the sections that are not a cloud."""

from collections.abc import Iterator
from os import cpu_count
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from inventory.config.api import ApiConfig
from inventory.config.aws import AwsConfig
from inventory.config.azure import AzureConfig
from inventory.config.gardener import GardenerConfig
from inventory.config.gcp import GcpConfig
from inventory.config.jobs import Job, refuse_twins
from inventory.config.openstack import OpenStackConfig
from inventory.config.values import (
    Address,
    Count,
    Dsn,
    File,
    Port,
    RedisEndpoint,
    Refused,
    Section,
    WebAddress,
    password_of,
)
from inventory.config.vault import VaultConfig


def default_home() -> Path:
    """Where the embedded servers keep their files unless told otherwise."""
    from inventory.embedded.home import default_home as embedded_home

    return embedded_home()


class LoggingConfig(Section):
    """What is logged, and how."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warn", "warning", "error"] = "info"
    add_source: bool = False
    attributes: dict[str, str] = Field(default_factory=dict)


class RedisConfig(Section):
    """The Redis or Valkey that carries the messages."""

    endpoint: RedisEndpoint | None = None
    """Absent: an embedded server."""

    @property
    def url(self) -> str | None:
        """The endpoint with its scheme."""
        return self.endpoint.url if self.endpoint else None


class DatabaseConfig(Section):
    """The PostgreSQL that holds everything."""

    dsn: Dsn | None = None
    """Absent: an embedded server."""
    migration_dir: File | None = None
    """Absent: the migrations that come with this release."""


class MetricsConfig(Section):
    """Where Prometheus reads the figures of a process, and probes ask whether it lives."""

    is_enabled: bool = True
    address: Address = "127.0.0.1:6080"
    """A port that is taken moves on; 0 takes any. Other machines need `:6080`."""
    path: Annotated[str, Field(pattern="^/")] = "/metrics"


class SchedulerMetricsConfig(MetricsConfig):
    """The same of a scheduler."""

    address: Address = "127.0.0.1:6081"
    """A port that is taken moves on; 0 takes any. Other machines need `:6081`."""


class CommandConfig(Section):
    """A command line that `common:task:command` may run."""

    argv: Annotated[tuple[str, ...], Field(min_length=1)]
    """The program and its arguments, word for word; no shell reads them."""
    dir: File | None = None
    """Where it runs. Absent: where the worker was started."""


class WorkerConfig(Section):
    """How a worker works."""

    concurrency: int = 10
    """Runs at a time; 0 takes one for each processor."""
    queues: dict[str, Count] = Field(default_factory=lambda: {"default": 1})
    """Queue to weight."""
    strict_priority: bool = False
    """Take from a queue only when those of more weight are empty."""
    commands: tuple[CommandConfig, ...] = ()
    """What `common:task:command` may run; nothing by default."""
    metrics: MetricsConfig = MetricsConfig()

    @model_validator(mode="after")
    def _processors(self) -> Self:
        if self.concurrency <= 0:
            object.__setattr__(self, "concurrency", cpu_count() or 1)
        if not self.queues:
            object.__setattr__(self, "queues", {"default": 1})
        return self


class SchedulerConfig(Section):
    """What runs by itself, and when."""

    default_queue: str = "default"
    metrics: SchedulerMetricsConfig = SchedulerMetricsConfig()
    jobs: tuple[Job, ...] = ()

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        refuse_twins(self.jobs)
        return self


class TelemetryConfig(Section):
    """Where traces go. Needs the extra `otel`; OpenTelemetry's own variables are heeded, too."""

    otlp_endpoint: WebAddress | None = None
    """The base address of an OTLP receiver over HTTP; absent: OTEL_EXPORTER_OTLP_ENDPOINT, or no
    traces.
    """


class DashboardConfig(Section):
    """The original's dashboard. Accepted and not used: `inventory serve` has its place."""

    address: Address | None = None
    read_only: bool = False
    prometheus_endpoint: WebAddress | None = None


class CollectionConfig(Section):
    """How collected rows are written."""

    max_delete_share: Annotated[float, Field(ge=0, le=1)] = 0.3
    """A run that would delete more of a scope deletes nothing and waits for confirmation."""
    parallel: Count = 8
    """Scopes read at a time by `inventory collect`."""


class SimulatorConfig(Section):
    """The simulated clouds of `inventory simulate` and `inventory demo`."""

    host: str = "127.0.0.1"
    port: Port = 8765
    shoots: Annotated[int, Field(ge=0)] = 200
    seed: int = 1


def _secrets(value: object) -> Iterator[str]:
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case Dsn() | RedisEndpoint():
            yield from password_of(value)
        case str() if "://" in value and "@" in value:
            yield from password_of(value)
        case Section():
            for name in type(value).model_fields:
                yield from _secrets(getattr(value, name))
        case dict():
            for part in value.values():
                yield from _secrets(part)
        case tuple():
            for part in value:
                yield from _secrets(part)


class Config(Section):
    """Everything that can be configured, with its defaults."""

    version: Literal["v1alpha1"] = "v1alpha1"
    debug: bool = False
    home: Path = Field(default_factory=default_home)
    """Where embedded servers and the demo keep their files."""
    logging: LoggingConfig = LoggingConfig()
    database: DatabaseConfig = DatabaseConfig()
    redis: RedisConfig = RedisConfig()
    api: ApiConfig = ApiConfig()
    worker: WorkerConfig = WorkerConfig()
    scheduler: SchedulerConfig = SchedulerConfig()
    collection: CollectionConfig = CollectionConfig()
    aws: AwsConfig = AwsConfig()
    gcp: GcpConfig = GcpConfig()
    azure: AzureConfig = AzureConfig()
    openstack: OpenStackConfig = OpenStackConfig()
    gardener: GardenerConfig = GardenerConfig()
    vault: VaultConfig = VaultConfig()
    telemetry: TelemetryConfig = TelemetryConfig()
    dashboard: DashboardConfig = DashboardConfig()
    simulator: SimulatorConfig = SimulatorConfig()

    @model_validator(mode="after")
    def _vault(self) -> Self:
        problems = [
            (
                f"openstack.credentials.{name}.vault_secret.server",
                f"no server of vault.servers is named {credentials.vault_secret.server!r}",
            )
            for name, credentials in self.openstack.credentials.items()
            if self.openstack.is_enabled
            and credentials.vault_secret
            and credentials.vault_secret.server not in self.vault.servers
        ]
        if problems:
            raise Refused(*problems)
        return self

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    def secrets(self) -> frozenset[str]:
        """Every secret value, passwords inside addresses included, for redaction."""
        return frozenset(secret for secret in _secrets(self) if secret)

    def source(self, key: str) -> Any:
        """The section of the source with that key: `aws gcp az openstack g`."""
        return getattr(self, {"az": "azure", "g": "gardener"}.get(key, key), None)
