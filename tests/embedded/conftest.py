"""Homes to try things in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
from tests.embedded.support import (
    open_folder,
    open_services,
)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every account may enter; pytest's own are closed."""
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def at() -> Iterator[Path]:
    """A home that has been used before. Making one takes longer than most of the tests."""
    with open_folder() as folder:
        with open_services(folder / "home"):
            pass
        yield folder / "home"
