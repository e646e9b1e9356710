"""The addresses and common members of resources in Google's API."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from inventory.simulator.slots import Slot, numeric_id

Item = dict[str, Any]
Placed = tuple[str, Item]
"""The scope of an aggregated list, such as `zones/europe-west1-b`, and an item in it."""
API = "https://www.googleapis.com/compute/v1"


def url(project: str, *path: str) -> str:
    return "/".join((f"{API}/projects/{project}", *path))


def digest(*parts: str) -> str:
    return blake2b(" ".join(parts).encode()).hexdigest()


def resource(kind: str, project: str, scope: str, collection: str, name: str, digits: str) -> Item:
    """What every resource of Compute Engine has. Its `id` is unsigned, of 64 bits, in a string."""
    day = int(digits[20:24], 16)
    found: Item = {
        "kind": f"compute#{kind}",
        "id": numeric_id(digits),
        "name": name,
        "creationTimestamp": f"2025-{day % 12 + 1:02}-{day % 28 + 1:02}T{day % 24:02}:{day % 60:02}:07.123-07:00",
        "selfLink": url(project, scope, collection, name),
    }
    place, _, where = scope.partition("/")
    if place == "zones":
        found["zone"] = url(project, scope)
    elif place == "regions":
        found["region"] = url(project, scope)
    assert where or scope == "global"  # noqa: S101
    return found


def of_slot(slot: Slot, kind: str, scope: str, collection: str, name: str, what: str) -> Item:
    return resource(kind, slot.place.account, scope, collection, name, slot.digits(what))
