from pathlib import Path
from typing import Any

import pytest

from inventory.config import load
from inventory.errors import ConfigError


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """Write files, the first with its version, and return their paths."""

    def files(*texts: str, version: bool = True) -> list[Path]:
        paths = []
        for number, text in enumerate(texts):
            path = tmp_path / f"{number}.yaml"
            path.write_text(("version: v1alpha1\n" if version and not number else "") + text)
            paths.append(path)
        return paths

    return files


@pytest.fixture
def refusal() -> Any:
    """Load what cannot be loaded, and return the message."""

    def message(paths: list[Path], environ: dict[str, str] | None = None) -> str:
        with pytest.raises(ConfigError) as caught:
            load(paths, environ or {})
        return str(caught.value)

    return message
