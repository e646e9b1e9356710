"""The metadata that every object of Kubernetes has."""

from __future__ import annotations

from inventory.simulator.machines import Object, uid


def meta(name: str, digits: str) -> Object:
    day = int(digits[40:44], 16)
    return {
        "name": name,
        "uid": uid(digits),
        "resourceVersion": str(1000 + day),
        "generation": 1 + day % 9,
        "creationTimestamp": f"2023-{day % 12 + 1:02}-{day % 28 + 1:02}T{day % 24:02}:15:00Z",
    }
