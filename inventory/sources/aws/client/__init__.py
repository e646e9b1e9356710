"""Reading AWS: credentials, accounts, regions, pages. The only part of the source that knows botocore."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from inventory.core.scope import FailedScope, Scope
from inventory.errors import AccessDenied, ConfigError, PayloadError, SourceError
from inventory.sources.aws.client.accounts import Account, Patience, Sessions
from inventory.sources.aws.client.garbage import seldom_collected
from inventory.sources.aws.client.readers import AccountReader, RegionReader
from inventory.sources.aws.scopes import AccountScope, RegionScope

if TYPE_CHECKING:
    from inventory.config import Config
    from inventory.config.aws import AwsConfig

__all__ = ["AccountReader", "AwsClient", "Patience", "RegionReader", "connect"]

log = logging.getLogger(__name__)


def connect(config: Config) -> AwsClient:
    """The accounts that `aws.services.ec2.use_credentials` names. Nothing is asked before use."""
    return AwsClient(config.aws)


class AwsClient:
    """Accounts and their regions, by the credentials that reach them. Threads may share it.

    Where two credentials are of one account, the first that the configuration names is used, and
    the other is logged and left alone: the same account read twice would only cost twice.
    """

    def __init__(self, config: AwsConfig, patience: Patience | None = None) -> None:
        self.enabled = config.is_enabled
        self.excluded = frozenset(config.excluded_regions)
        sessions = Sessions(config, patience or Patience())
        names = config.services.ec2.use_credentials if config.is_enabled else ()
        self.accounts = [Account(name, config, sessions, self.excluded) for name in names]

    def scopes(self, kind: type[Scope]) -> Iterator[Scope | FailedScope]:
        """Yield the accounts, or their enabled regions. One that fails does not stop the others."""
        if kind not in (AccountScope, RegionScope):
            raise ConfigError(f"aws has no scopes of the kind {kind.__name__}")
        used: dict[str, str] = {}
        for account in self.accounts:
            try:
                account_id = account.identity.get()
            except SourceError as error:
                yield FailedScope(f"credential {account.name}", error)
                continue
            if account_id in used:
                log.warning(
                    "credential ignored",
                    extra={
                        "credential": account.name,
                        "account_id": account_id,
                        "used": used[account_id],
                    },
                )
                continue
            used[account_id] = account.name
            if kind is AccountScope:
                yield AccountScope(account_id)
                continue
            try:
                regions = account.regions.get()
            except SourceError as error:
                yield FailedScope(account_id, error)
                continue
            yield from (RegionScope(account_id, region) for region in regions)

    @contextmanager
    def open(self, scope: Scope) -> Iterator[AccountReader | RegionReader]:
        """A reader with a session of its own."""
        if not self.enabled:
            raise ConfigError("aws.is_enabled is false, so nothing is collected from AWS")
        reader = self._reader(scope)
        try:
            with seldom_collected:
                yield reader
        finally:
            reader.close()

    def close(self) -> None:
        """Forget the accounts; readers close what they opened."""
        self.accounts = []

    def _reader(self, scope: Scope) -> AccountReader | RegionReader:
        match scope:
            case AccountScope(account_id):
                return AccountReader(account_id, self._account(account_id), self.excluded)
            case RegionScope(account_id, region):
                if region in self.excluded:
                    raise PayloadError(
                        f"aws {scope}: the region is one of aws.excluded_regions; take it out of "
                        "there to collect it"
                    )
                return RegionReader(account_id, region, self._account(account_id))
        raise ConfigError(f"aws has no scopes of the kind {type(scope).__name__}")

    def _account(self, account_id: str) -> Account:
        failed: SourceError | None = None
        for account in self.accounts:
            try:
                if account.identity.get() == account_id:
                    return account
            except SourceError as error:
                failed = error if failed is None or error.retried else failed
        if failed is not None:
            raise failed
        raise AccessDenied(
            f"aws {account_id}: no credential of this account is in aws.services.ec2.use_credentials"
        )
