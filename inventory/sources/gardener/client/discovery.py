"""Ways into gardens that a machine has already: contexts of kubeconfigs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from inventory.core.discovery import Finding


def discover(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield every context of the kubeconfigs that `kubectl` would read; the check tells gardens."""
    named = environ.get("KUBECONFIG")
    home = Path(environ.get("HOME") or Path.home())
    paths = named.split(os.pathsep) if named else [str(home / ".kube" / "config")]
    for path in filter(None, paths):
        for context in _contexts(Path(path)):
            config = {
                "is_enabled": True,
                "authentication": "kubeconfig",
                "kubeconfig": str(Path(path).absolute()),
                "context": context,
            }
            yield Finding("g", context, f"context {context} of {path}", config)


def _contexts(path: Path) -> list[str]:
    """The names of a file's contexts; none where it is missing or no kubeconfig."""
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return []
    contexts = content.get("contexts") if isinstance(content, dict) else None
    return [
        str(each["name"]) for each in contexts or () if isinstance(each, dict) and each.get("name")
    ]
