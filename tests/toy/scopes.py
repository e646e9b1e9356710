"""The parts of the made-up source."""

from dataclasses import dataclass

from inventory.core.scope import Scope


@dataclass(frozen=True)
class AccountScope(Scope):
    account_id: str


@dataclass(frozen=True)
class RegionScope(Scope):
    account_id: str
    region: str
