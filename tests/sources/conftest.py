"""A simulated landscape for the sources, read by the real SDKs over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from inventory import config
from inventory.catalog import Catalog
from inventory.config import Config
from inventory.simulator.hosting import Running, running

Configure = Callable[..., Config]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="module")
def module_sim() -> Iterator[Running]:
    with running(shoots=20) as sim:
        yield sim


@pytest.fixture
def sim(module_sim: Running) -> Iterator[Running]:
    """The module's simulator, with nothing wrong with it at the start."""
    module_sim.faults()
    yield module_sim
    module_sim.faults()


@pytest.fixture
def configured(sim: Running, tmp_path: Path) -> Configure:
    """Makes a configuration for the simulator; `aws=` and `gardener=` replace settings of theirs."""

    def configure(unmanaged: str = "unreachable", **changes: dict[str, Any]) -> Config:
        settings = sim.config(tmp_path / "sim.yaml", unmanaged=unmanaged)
        for section, values in changes.items():
            settings[section] |= values
        path = tmp_path / "changed.yaml"
        path.write_text(yaml.safe_dump(settings), encoding="utf-8")
        return config.load([path], {})

    return configure
