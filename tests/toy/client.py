"""Connects to the made-up source."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inventory.core.scope import FailedScope, Scope
from inventory.errors import AccessDenied, Incomplete, SourceError, Throttled, Unavailable
from tests.toy.scopes import AccountScope, RegionScope
from tests.toy.world import World


def connect(config: Any) -> Client:
    return Client(config.home)


@dataclass
class Client:
    home: Path

    def scopes(self, kind: type[Scope]) -> Iterator[Scope | FailedScope]:
        world = World.read(self.home)
        if trouble := world.troubles.get("all"):
            raise _error(trouble, "all")
        for account, regions in world.accounts.items():
            if trouble := world.troubles.get(account):
                yield FailedScope(account, _error(trouble, account))
            elif kind is AccountScope:
                yield AccountScope(account)
            else:
                yield from (RegionScope(account, region) for region in regions)

    @contextmanager
    def open(self, scope: Scope) -> Iterator[Reader]:
        yield Reader(World.read(self.home), scope)

    def close(self) -> None:
        """There is nothing to give back."""


@dataclass
class Reader:
    """What collectors of both kinds of scope take."""

    world: World
    scope: Any

    def regions(self) -> Iterator[dict[str, Any]]:
        self._trouble()
        for name in self.world.accounts.get(self.scope.account_id, {}):
            yield {"account": self.scope.account_id, "name": name}

    def things(self) -> Iterator[dict[str, Any]]:
        account, region = self.scope.account_id, self.scope.region
        count = self.world.accounts.get(account, {}).get(region, 0)
        trouble = self._trouble()
        for number in range(count):
            if trouble == "slow" and number % 100 == 0:
                time.sleep(self.world.delay)
            if trouble == "partly" and number == count // 2:
                raise Incomplete(f"{self.scope}: the second half is unreachable")
            item = {"id": f"t-{number:06}", "account": account, "region": region}
            if trouble != "shape":
                item["size"] = self.world.size
            yield item

    def _trouble(self) -> str | None:
        trouble = self.world.troubles.get(str(self.scope))
        if trouble in ("denied", "away", "throttled"):
            raise _error(trouble, str(self.scope))
        return trouble


def _error(trouble: str, where: str) -> SourceError:
    match trouble:
        case "denied":
            return AccessDenied(f"toy {where}: list: AccessDenied")
        case "throttled":
            return Throttled(f"toy {where}: list: slow down", retry_after=1.5)
        case _:
            return Unavailable(f"toy {where}: list: connection refused")
