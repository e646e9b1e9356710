"""Try what is configured, harmlessly: the first page of each listing, and what it needs to work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from inventory.core.scope import FailedScope, Scope, SourceClient
from inventory.core.task import Collector
from inventory.errors import InventoryError

if TYPE_CHECKING:
    from inventory.catalog import Catalog
    from inventory.config import Config

PARALLEL = 8
UNEXPECTED = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True)
class Checked:
    """What became of one try: `problem` is None if it worked, else what is wrong and the remedy."""

    source: str
    scope: str
    task: str
    problem: str | None

    @property
    def works(self) -> bool:
        return self.problem is None


def check(config: Config, catalog: Catalog, *, sources: Iterable[str], deep: bool) -> list[Checked]:
    """Try each source: its probe alone, or with `deep` every collector in one scope of each account.

    Reads at most one page of each listing, and writes nothing.
    """
    found: list[Checked] = []
    for key in sources:
        source = catalog.sources[key]
        wanted = [c for c in catalog.collectors(key) if deep or c.name == source.probe]
        try:
            client = source.client(config)
        except InventoryError as error:
            found.append(Checked(key, "", "", str(error)))
            continue
        try:
            tries = [each for c in wanted for each in _scopes(client, c)]
            with ThreadPoolExecutor(PARALLEL) as pool:
                found += pool.map(lambda each: each(), tries)
        finally:
            client.close()
    return found


def _scopes(client: SourceClient, collector: Collector) -> Iterator[partial[Checked]]:
    """One try for each account, project or cluster; parts of one need the same permissions."""
    tried: set[str] = set()
    try:
        for scope in client.scopes(collector.scope):
            if isinstance(scope, FailedScope):
                yield partial(_failed, collector, scope)
                continue
            account = str(scope).partition("/")[0]
            if account not in tried:
                tried.add(account)
                yield partial(_try, client, collector, scope)
    except InventoryError as error:
        yield partial(Checked, collector.source.key, "", collector.name, str(error))


def _failed(collector: Collector, scope: FailedScope) -> Checked:
    return Checked(collector.source.key, scope.name, collector.name, str(scope.error))


def _try(client: SourceClient, collector: Collector, scope: Scope) -> Checked:
    problem = None
    try:
        with client.open(scope) as reader:
            next(collector(reader), None)
    except InventoryError as error:
        problem = str(error)
    except UNEXPECTED as error:
        problem = f"an answer of another shape than expected: {type(error).__name__}: {error}"
    return Checked(collector.source.key, str(scope), collector.name, problem)
