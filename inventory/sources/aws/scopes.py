"""What one call to AWS can read: an account, or a region of an account."""

from __future__ import annotations

from dataclasses import dataclass

from inventory.core.scope import Scope


@dataclass(frozen=True)
class AccountScope(Scope):
    """An account."""

    account_id: str


@dataclass(frozen=True)
class RegionScope(Scope):
    """A region that is enabled for an account."""

    account_id: str
    region: str
