"""The seed that is a cluster of GKE itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from inventory.catalog import Catalog
from inventory.config import Config, load
from inventory.errors import AccessDenied, ConfigError, InventoryError
from inventory.simulator.hosting import Running
from inventory.sources.gardener.client import connect
from inventory.sources.gardener.scopes import SeedScope

SOIL = SeedScope("soil")


def configured(sim: Running, folder: Path, **soil: Any) -> Config:
    file = folder / "soil.yaml"
    content = sim.config(file, unmanaged="soil")
    content["gcp"]["soil_cluster"] |= soil
    file.write_text(yaml.safe_dump(content))
    return load([file], {})


def test_its_machines_are_read_with_a_token_of_googles(
    catalog: Catalog, sim: Running, tmp_path: Path
) -> None:
    client = connect(configured(sim, tmp_path))
    task = catalog.collectors("g")

    machines = next(each for each in task if each.name == "g:task:collect-machines")
    with client.open(SOIL) as seed:
        rows = list(machines(seed))

    assert SOIL in list(client.scopes(SeedScope))
    assert len(rows) > 0
    assert all(row.model is machines.models[0] for row in rows)


@pytest.mark.parametrize(
    ("soil", "error", "said"),
    [
        ({"cluster_name": "elsewhere"}, AccessDenied, "it is in none of the projects"),
        ({"cluster_name": None}, ConfigError, "gcp.soil_cluster.cluster_name"),
    ],
)
def test_a_cluster_that_cannot_be_found_is_named(
    sim: Running, tmp_path: Path, soil: dict[str, Any], error: type[InventoryError], said: str
) -> None:
    client = connect(configured(sim, tmp_path, **soil))

    with pytest.raises(error, match=said), client.open(SOIL) as seed:
        list(seed.items("/apis/machine.sapcloud.io/v1alpha1/machines"))
