"""A small simulator that nobody changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from inventory.simulator import Running, running


@pytest.fixture(scope="session")
def quiet() -> Iterator[Running]:
    """Without faults and without ticks."""
    with running(120) as simulator:
        yield simulator
