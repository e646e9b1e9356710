"""Every name that PostgreSQL or the registry sees, and the rules that it must keep."""

from __future__ import annotations

import re

from inventory.errors import CatalogError

MODEL = re.compile(r"[a-z][a-z0-9]*:model:[a-z][a-z0-9_]*")
TASK = re.compile(r"[a-z][a-z0-9]*:task:[a-z][a-z0-9-]*")
TABLE = re.compile(r"[a-z][a-z0-9_]*")
LINK = re.compile(r"l_[a-z0-9_]+_to_[a-z0-9_]+")
NEXUS = re.compile(r"n_[a-z0-9_]+_to_[a-z0-9_]+")
RULE = re.compile(r"[a-z][a-z0-9_]*")
POSTGRES_BYTES = 63


def snake(name: str) -> str:
    """`NetworkInterface` → `network_interface`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def checked(name: str, rule: re.Pattern[str]) -> str:
    """Return the name, or raise CatalogError if it breaks its rule or PostgreSQL would cut it."""
    if not rule.fullmatch(name):
        raise CatalogError(f"{name!r} must match {rule.pattern}")
    return fits(name)


def fits(name: str) -> str:
    if len(name.encode()) > POSTGRES_BYTES:
        raise CatalogError(
            f"{name!r} has {len(name.encode())} bytes; PostgreSQL keeps {POSTGRES_BYTES}"
        )
    return name
