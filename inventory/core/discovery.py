"""Ways into a source that a machine has already: profiles, default credentials, kubeconfigs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """A way into a source that was found, and the configuration that uses it."""

    source: str
    """The key of the source, such as `aws`."""
    name: str
    """What the configuration calls it, such as `prod`."""
    place: str
    """Where it was found, for people: `profile prod of ~/.aws/config`."""
    config: dict[str, Any]
    """The source's part of config.yaml, for this alone."""
