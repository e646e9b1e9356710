"""Reading AWS: credentials, accounts, regions, pages. The only part of the source that knows botocore."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from inventory.core.scope import FailedScope, Scope
from inventory.errors import AccessDenied, ConfigError, PayloadError, SourceError
from inventory.sources.aws.client.accounts import Account, Patience, Sessions
from inventory.sources.aws.client.readers import AccountReader, RegionReader
from inventory.sources.aws.scopes import AwsScope, RegionScope

if TYPE_CHECKING:
    from inventory.config import Config
    from inventory.config.aws import AwsConfig

__all__ = ["AccountReader", "AwsClient", "Patience", "RegionReader", "connect"]

log = logging.getLogger(__name__)


def connect(config: Config) -> AwsClient:
    """The accounts that `aws.services.ec2.use_credentials` names. Nothing is asked before use."""
    return AwsClient(config.aws)


class AwsClient:
    """Accounts and their parts, by the credentials that reach them. Threads may share it.

    Where two credentials of a service are of one account, the first that the configuration names
    is used, and the other is logged and left alone: the same account read twice would only cost
    twice.
    """

    def __init__(self, config: AwsConfig, patience: Patience | None = None) -> None:
        self.enabled = config.is_enabled
        self.excluded = frozenset(config.excluded_regions)
        sessions = Sessions(config, patience or Patience())
        services = config.services.model_dump() if config.is_enabled else {}
        self.credentials = {
            service: tuple(each["use_credentials"]) for service, each in services.items()
        }
        self._accounts = {
            name: Account(name, config, sessions, self.excluded)
            for name in dict.fromkeys(name for names in self.credentials.values() for name in names)
        }

    def scopes(self, kind: type[Scope]) -> Iterator[Scope | FailedScope]:
        """Yield the scopes of all accounts. An account that fails does not stop the others."""
        if not issubclass(kind, AwsScope):
            raise ConfigError(f"aws has no scopes of the kind {kind.__name__}")
        used: dict[str, str] = {}
        for account in self._reaching(kind.services):
            try:
                account_id = account.identity.get()
            except SourceError as error:
                yield FailedScope(f"credential {account.name}", error)
                continue
            if account_id in used:
                self._say_unused(account.name, account_id, used[account_id])
                continue
            used[account_id] = account.name
            try:
                yield from self._parts(kind, account, account_id)
            except SourceError as error:
                yield FailedScope(account_id, error)

    @contextmanager
    def open(self, scope: Scope) -> Iterator[AccountReader | RegionReader]:
        """A reader with a session of its own."""
        if not self.enabled:
            raise ConfigError("aws.is_enabled is false, so nothing is collected from AWS")
        reader = self._reader(scope)
        try:
            yield reader
        finally:
            reader.close()

    def close(self) -> None:
        """Forget the accounts; readers close what they opened."""
        self._accounts = {}
        self.credentials = {}

    def _parts(self, kind: type[AwsScope], account: Account, account_id: str) -> Iterator[AwsScope]:
        names = kind.names()
        if "region" in names:
            parts = [{"region": region} for region in account.regions.get()]
        elif "hosted_zone_id" in names:
            parts = [{"hosted_zone_id": zone} for zone in account.zones.get()]
        else:
            parts = [{}]
        yield from (kind(account_id=account_id, **part) for part in parts)

    def _reader(self, scope: Scope) -> AccountReader | RegionReader:
        match scope:
            case RegionScope(account_id, region):
                if region in self.excluded:
                    raise PayloadError(
                        f"aws {scope}: the region is one of aws.excluded_regions; take it out of "
                        "there to collect it"
                    )
                return RegionReader(account_id, region, self._reached(scope))
            case AwsScope(account_id):
                zone = getattr(scope, "hosted_zone_id", "")
                return AccountReader(account_id, self._reached(scope), self.excluded, zone)
        raise ConfigError(f"aws has no scopes of the kind {type(scope).__name__}")

    def _reached(self, scope: AwsScope) -> dict[str, Account]:
        """The account of a scope by the services whose credentials reach it, at least one."""
        failed: SourceError | None = None
        found: dict[str, Account] = {}
        for service in scope.services:
            for account in self._reaching((service,)):
                try:
                    if service not in found and account.identity.get() == scope.account_id:
                        found[service] = account
                except SourceError as error:
                    failed = error if failed is None or error.retried else failed
        if found:
            return found
        if failed is not None:
            raise failed
        places = " or ".join(
            f"aws.services.{service}.use_credentials" for service in scope.services
        )
        raise AccessDenied(f"aws {scope.account_id}: no credential of this account is in {places}")

    def _reaching(self, services: tuple[str, ...]) -> list[Account]:
        names = dict.fromkeys(
            name for service in services for name in self.credentials.get(service, ())
        )
        return [self._accounts[name] for name in names]

    @staticmethod
    def _say_unused(name: str, account_id: str, used: str) -> None:
        extra = {"credential": name, "account_id": account_id, "used": used}
        log.warning("credential ignored", extra=extra)
