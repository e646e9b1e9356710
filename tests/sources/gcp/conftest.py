"""A client of a Google on this machine, and a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from inventory.config.gcp import GcpConfig
from inventory.sources.gcp.client import GcpClient, Patience
from tests.sources.gcp.google import PROJECT, Google, google

HASTE = Patience(connect=1, read=0.5, attempts=3, first_wait=0.01, longest_wait=1)

MakeClient = Callable[..., GcpClient]


@pytest.fixture
def cloud() -> Iterator[Google]:
    with google() as found:
        yield found


@pytest.fixture
def settings(cloud: Google) -> dict[str, Any]:
    """`gcp` in a configuration: one project, read by every service with application defaults."""
    service = {"use_credentials": ["main"]}
    return {
        "is_enabled": True,
        "endpoint": cloud.url,
        "services": dict.fromkeys(("resource_manager", "compute", "storage", "gke"), service),
        "credentials": {"main": {"authentication": "none", "projects": [PROJECT]}},
    }


@pytest.fixture
def make_client(settings: dict[str, Any]) -> Iterator[MakeClient]:
    """Makes a client that does not wait long; arguments replace parts of `gcp`."""
    made: list[GcpClient] = []

    def make(soil_seed: str | None = None, **changes: Any) -> GcpClient:
        config = GcpConfig.model_validate(settings | changes)
        made.append(GcpClient(config, HASTE, soil_seed=soil_seed))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: MakeClient) -> GcpClient:
    return make_client()


@pytest.fixture
def rows_db(database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection on which nothing that a test stores outlives it."""
    with psycopg.connect(database) as db, db.transaction(force_rollback=True):
        yield db
