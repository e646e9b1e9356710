"""The accounts that credentials reach, and botocore sessions that read them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.config import Config as Settings
from botocore.session import Session

from inventory.core.remembered import Remembered
from inventory.errors import BadAnswer
from inventory.sources.aws.client.credentials import Fixed, Provider, retrieve
from inventory.sources.aws.client.failures import ours
from inventory.sources.aws.client.lean import LeanLoader, read_time
from inventory.sources.aws.client.readers import AccountReader
from inventory.sources.aws.constants import HOSTED_ZONE_PREFIX

if TYPE_CHECKING:
    from inventory.config.aws import AwsConfig

FRESH = 300.0
"""How many seconds an account's identity and its regions are remembered."""

Client = Any
"""What botocore makes from a service's model while it runs; its methods are not known before."""


@dataclass(frozen=True)
class Patience:
    """How long AWS is waited for."""

    connect: float = 5
    read: float = 60
    attempts: int = 5
    """Of each call, with botocore's growing delays in between."""


class Sessions:
    """Makes botocore sessions that share one set of service models."""

    def __init__(self, config: AwsConfig, patience: Patience) -> None:
        self.region = config.region or config.default_region
        self.endpoint = config.endpoint
        self.loader = LeanLoader()
        self.settings = Settings(
            connect_timeout=patience.connect,
            read_timeout=patience.read,
            retries={"mode": "standard", "total_max_attempts": patience.attempts},
            user_agent_appid=config.app_id,  # type: ignore[call-arg]  # missing in the stubs
        )

    def session(self, provider: Provider | None = None, profile: str | None = None) -> Session:
        """A session of one thread's."""
        session = Session(profile=profile)
        session.register_component("data_loader", self.loader)
        if provider is not None:
            session.register_component("credential_provider", provider)
        parsers = session.get_component("response_parser_factory")
        parsers.set_parser_defaults(timestamp_parser=read_time)
        return session

    def client(
        self,
        service: str,
        *,
        provider: Provider | None = None,
        region: str | None = None,
        config: Settings | None = None,
    ) -> Client:
        """A client in a session of its own."""
        client: Client = self.session(provider).create_client(
            service,
            region_name=region or self.region,
            endpoint_url=self.endpoint,
            config=self.settings.merge(config) if config else self.settings,
        )
        return client


class Account:
    """The account that a credential turns out to be of."""

    def __init__(
        self, name: str, config: AwsConfig, sessions: Sessions, excluded: frozenset[str]
    ) -> None:
        self.name = name
        self.sessions = sessions
        self.excluded = excluded
        self.config = config.credentials[name]
        self.provider = Remembered(self._provider)
        self.identity = Remembered(self._identify, seconds=FRESH)
        self.regions = Remembered(self._list_regions, seconds=FRESH)
        self.zones = Remembered(self._list_zones, seconds=FRESH)

    def client(self, service: str, region: str | None = None) -> Client:
        return self.sessions.client(service, provider=self.provider.get(), region=region)

    def _provider(self) -> Provider:
        with ours(f"credential {self.name}", "credentials"):
            default = self.sessions.session(profile=self.config.profile).get_component(
                "credential_provider"
            )
            anonymous = partial(self.sessions.client, provider=Fixed(None))
            return retrieve(self.name, self.config, default, anonymous)

    def _identify(self) -> str:
        with ours(f"credential {self.name}", "sts:GetCallerIdentity"):
            client = self.client("sts")
            try:
                answer = client.get_caller_identity()
            finally:
                client.close()
        account_id = answer.get("Account")
        if not account_id:
            raise BadAnswer(
                f"aws credential {self.name}: sts:GetCallerIdentity: no account in the answer"
            )
        return str(account_id)

    def _list_zones(self) -> list[str]:
        reader = AccountReader(self.identity.get(), {"route53": self}, self.excluded)
        try:
            zones = reader.items("route53", "ListHostedZones", "HostedZones", key="Id")
            return sorted(zone["Id"].removeprefix(HOSTED_ZONE_PREFIX) for zone in zones)
        finally:
            reader.close()

    def _list_regions(self) -> list[str]:
        reader = AccountReader(self.identity.get(), {"ec2": self}, self.excluded)
        try:
            return sorted(region["RegionName"] for region in reader.regions())
        finally:
            reader.close()
