"""A system that resources are read from."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from inventory.core.discovery import Finding
from inventory.core.scope import SourceClient
from inventory.errors import CatalogError

if TYPE_CHECKING:
    from inventory.config import Config


@dataclass(frozen=True)
class Source:
    """A system that resources are read from.

    `key` begins its tables and registered names (`aws`), `label` its GraphQL names (`Aws`),
    `package` is where its declarations lie.
    """

    key: str
    label: str
    package: str
    probe: str | None = None
    """The task whose first page tells whether credentials work, such as `aws:task:collect-regions`."""

    def modules(self) -> Iterator[ModuleType]:
        """Import and yield the modules that declare something: `models`, `tasks` and `api`."""
        for part in ("models", "tasks", "api"):
            name = f"{self.package}.{part}"
            if importlib.util.find_spec(name) is None:
                continue
            module = importlib.import_module(name)
            yield module
            for found in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{name}."):
                yield importlib.import_module(found.name)

    def discover(self, environ: Mapping[str, str]) -> Iterator[Finding]:
        """Look for ways into the source that this machine has already. Asks nobody but the machine."""
        name = f"{self.package}.client.discovery"
        if self.probe is not None:
            yield from importlib.import_module(name).discover(environ)

    def client(self, config: Config) -> SourceClient:
        """Connect to the source. Imports its SDK, so only what collects calls this."""
        name = f"{self.package}.client"
        if importlib.util.find_spec(name) is None:
            raise CatalogError(
                f"source {self.key} has no client, so nothing can be collected from it"
            )
        client: SourceClient = importlib.import_module(name).connect(config)
        return client
