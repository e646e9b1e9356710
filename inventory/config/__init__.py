"""config.yaml → frozen `Config`; refuses what it cannot use, by name."""

from inventory.config.api import ApiConfig, ApiToken, AuthConfig, LimitsConfig, OidcConfig
from inventory.config.aws import AwsConfig, AwsCredentials
from inventory.config.azure import AzureConfig
from inventory.config.gardener import GardenerConfig
from inventory.config.gcp import GcpConfig
from inventory.config.jobs import Job, current_name, read_payload
from inventory.config.loading import load, paths_from
from inventory.config.model import (
    CollectionConfig,
    Config,
    DatabaseConfig,
    LoggingConfig,
    RedisConfig,
    SchedulerConfig,
    SimulatorConfig,
    WorkerConfig,
    default_home,
)
from inventory.config.openstack import OpenStackConfig
from inventory.config.values import Dsn, RedisEndpoint, is_loopback, mask, split_address
from inventory.config.vault import VaultConfig

__all__ = [
    "ApiConfig",
    "ApiToken",
    "AuthConfig",
    "AwsConfig",
    "AwsCredentials",
    "AzureConfig",
    "CollectionConfig",
    "Config",
    "DatabaseConfig",
    "Dsn",
    "GardenerConfig",
    "GcpConfig",
    "Job",
    "LimitsConfig",
    "LoggingConfig",
    "OidcConfig",
    "OpenStackConfig",
    "RedisConfig",
    "RedisEndpoint",
    "SchedulerConfig",
    "SimulatorConfig",
    "VaultConfig",
    "WorkerConfig",
    "current_name",
    "default_home",
    "is_loopback",
    "load",
    "mask",
    "paths_from",
    "read_payload",
    "split_address",
]
