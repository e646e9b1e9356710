"""The Machine objects of the machine-controller-manager."""

from __future__ import annotations

from typing import Any

from inventory.simulator.slots import Slot

MACHINES = "machine.sapcloud.io/v1alpha1"

Object = dict[str, Any]


def uid(digits: str) -> str:
    return f"{digits[0:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def machine(slot: Slot, number: int) -> Object:
    made = slot.machine(number)
    x = made.hex
    unborn, unreported = slot.is_unborn(number), slot.is_unreported(number)
    day = int(x[120:124], 16)
    year = 2026 if slot.roll else 2025
    metadata: Object = {
        "name": made.name,
        "namespace": slot.technical_id,
        "uid": uid(x[80:112]),
        "resourceVersion": f"{day}{slot.roll}{int(unborn or unreported)}",
        "creationTimestamp": f"{year}-{day % 10 + 1:02}-{day % 28 + 1:02}T{day % 24:02}:{day % 60:02}:00Z",
    }
    if not unborn and not unreported:
        metadata["labels"] = {
            "node": made.node,
            "name": slot.workers[number % len(slot.workers)][0],
        }
    spec: Object = {
        "class": {
            "apiGroup": "machine.sapcloud.io",
            "kind": "MachineClass",
            "name": made.name[:-6],
        },
        "nodeTemplate": {"metadata": {}},
    }
    result: Object = {"apiVersion": MACHINES, "kind": "Machine", "metadata": metadata, "spec": spec}
    if unborn and slot.digest[34] & 1:
        return result
    phase = "Running"
    if unborn or unreported:
        phase = "Pending"
    elif slot.is_terminating(number):
        phase = "Terminating"
    elif x[119] == "0":
        phase = ("Unknown", "Failed", "CrashLoopBackOff", "Available")[int(x[118], 16) % 4]
    if phase != "Pending":
        spec["providerID"] = slot.provider_id(made)
    result["status"] = {
        "currentStatus": {"phase": phase, "lastUpdateTime": metadata["creationTimestamp"]},
        "lastOperation": {"type": "Create", "state": "Successful", "description": "Created"},
    }
    return result
