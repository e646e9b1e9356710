"""The instances and disks of a shoot on Google Cloud."""

from __future__ import annotations

from inventory.simulator.control_plane import disk_name
from inventory.simulator.flags import BASTION_MACHINE, DUAL_STACK, FORMER_MACHINE
from inventory.simulator.google_urls import Item, Placed, digest, of_slot, resource, url
from inventory.simulator.machines import uid
from inventory.simulator.profiles import gcp_image
from inventory.simulator.sizes import traits
from inventory.simulator.slots import Slot


def instance(slot: Slot, position: int) -> Placed:
    number = slot.instance_numbers[position]
    machine = slot.machine(number)
    zone = f"zones/{slot.instance_zone(number, machine)}"
    name = slot.instance_name(number) or machine.name
    project, x = slot.place.account, machine.hex
    worker, machine_type, _ = slot.workers[machine.number % len(slot.workers)]
    status = "RUNNING"
    if number == FORMER_MACHINE:
        status = "TERMINATED"
    elif slot.is_terminating(number):
        status = "STOPPING"
    elif slot.is_unreported(number) and slot.digest[24] & 1:
        status = "STAGING"
    found = resource("instance", project, zone, "instances", name, x)
    tags = [slot.technical_id, f"kubernetes-io-cluster-{slot.technical_id}"]
    found |= {
        "machineType": url(project, zone, "machineTypes", machine_type),
        "status": status,
        "canIpForward": True,
        "disks": [
            {
                "kind": "compute#attachedDisk",
                "type": "PERSISTENT",
                "mode": "READ_WRITE",
                "boot": True,
                "index": 0,
                "deviceName": "persistent-disk-0",
                "autoDelete": True,
                "source": url(project, zone, "disks", name),
            }
        ],
        "networkInterfaces": [_nic(slot, number)],
        "serviceAccounts": [
            {
                "email": f"nodes@{project}.iam.gserviceaccount.com",
                "scopes": ["https://www.googleapis.com/auth/compute"],
            }
        ],
        "tags": {"items": ["gardenctl"] if number == BASTION_MACHINE else tags, "fingerprint": "x"},
        "labels": {"name": name[:63], "worker": worker},
        "metadata": {"items": [{"key": "user-data", "value": "#cloud-config"}]},
        "scheduling": {"automaticRestart": True, "preemptible": False},
    }
    if status == "RUNNING":
        found |= {"cpuPlatform": "Intel Ice Lake", "lastStartTimestamp": found["creationTimestamp"]}
    if status == "TERMINATED":
        found["lastStopTimestamp"] = "2026-01-02T03:04:05.678-08:00"
    if x[127] == "0":
        found["description"] = "made by machine-controller-manager"
        found["hostname"] = f"{name}.example.com"
    if number == 0 and slot.machine_count:
        found["disks"] += [
            {
                "kind": "compute#attachedDisk",
                "type": "PERSISTENT",
                "boot": False,
                "index": 1 + index,
                "deviceName": disk["name"],
                "source": disk["selfLink"],
            }
            for index, (_, disk) in enumerate(volumes(slot))
        ]
    return zone, found


def _nic(slot: Slot, number: int) -> Item:
    machine = slot.machine(number)
    project, region, x = slot.place.account, slot.place.region, machine.hex
    found: Item = {
        "kind": "compute#networkInterface",
        "name": "nic0",
        "network": url(project, "global/networks", slot.network),
        "subnetwork": url(project, "regions", region, "subnetworks", f"{slot.technical_id}-nodes"),
        "networkIP": machine.address,
        "stackType": "IPV4_IPV6" if slot.flags & DUAL_STACK else "IPV4_ONLY",
        "fingerprint": "x",
    }
    address = None
    if number == BASTION_MACHINE:
        address = slot.bastion_address
    elif x[126] == "0":
        address = f"35.{int(x[100:102], 16)}.{int(x[102:104], 16)}.{int(x[104:106], 16)}"
    if address:
        found["accessConfigs"] = [
            {
                "type": "ONE_TO_ONE_NAT",
                "name": "External NAT",
                "natIP": address,
                "networkTier": "PREMIUM",
            }
        ]
    if slot.flags & DUAL_STACK:
        found["ipv6AccessType"] = "EXTERNAL"
        found["ipv6Address"] = f"2600:1900:{x[100:104]}:{x[104:108]}::{machine.zone + 1:x}"
        found["nicType"] = "GVNIC"
    return found


def boot_disk(slot: Slot, position: int) -> Placed:
    number = slot.instance_numbers[position]
    machine = slot.machine(number)
    zone = slot.instance_zone(number, machine)
    name = slot.instance_name(number) or machine.name
    project = slot.place.account
    arch = slot.workers[machine.number % len(slot.workers)][2]
    image = gcp_image(arch, slot.image_version(number))
    found = resource("disk", project, f"zones/{zone}", "disks", name, digest("boot", machine.hex))
    found |= {
        "sizeGb": "50",
        "status": "READY",
        "type": url(project, "zones", zone, "diskTypes", "pd-balanced"),
        "sourceImage": f"https://www.googleapis.com/compute/v1/projects/sim-images/global/images/{image}",
        "users": [url(project, "zones", zone, "instances", name)],
        "lastAttachTimestamp": found["creationTimestamp"],
    }
    return f"zones/{zone}", found


def volumes(slot: Slot) -> list[Placed]:
    """The disks of persistent volumes inside the shoot; the third is in two zones."""
    if traits(slot.landscape, slot.index).bare:
        return []
    project, region = slot.place.account, slot.place.region
    holder = slot.machine(0) if slot.machine_count else None
    found = []
    for number in range(slot.landscape.disks[slot.index]):
        zone = slot.zones[holder.zone if holder else number % len(slot.zones)].name
        scope = f"regions/{region}" if number == 2 else f"zones/{zone}"
        name = f"pvc-{uid(slot.digits(f'disk {number}'))}"
        disk = of_slot(slot, "disk", scope, "disks", name, f"disk {number}")
        disk |= {
            "sizeGb": str(8 * (1 + number)),
            "status": "READY",
            "type": url(project, scope, "diskTypes", ("pd-balanced", "pd-ssd")[number % 2]),
            "labels": {"k8s-cluster-name": slot.technical_id, "goog-gke-volume": ""},
            "description": '{"kubernetes.io/created-for/pv/name":"' + name + '"}',
        }
        if number == 2:
            letters = [url(project, "zones", zone.name) for zone in slot.zones[:2]]
            disk["replicaZones"] = letters
        if holder:
            disk["users"] = [url(project, "zones", zone, "instances", holder.name)]
            disk["lastAttachTimestamp"] = disk["creationTimestamp"]
        else:
            disk["lastDetachTimestamp"] = "2026-02-03T04:05:06.789-08:00"
        found.append((scope, disk))
    return found


def disks(slot: Slot, first: int, last: int) -> list[Placed]:
    """Boot disks first, then those of persistent volumes."""
    boots = len(slot.instance_numbers)
    found = [boot_disk(slot, position) for position in range(first, min(last, boots))]
    if last > boots:
        found += volumes(slot)[max(first - boots, 0) : last - boots]
    return found


def control_plane_disk(
    slot: Slot, number: int, project: str, zone: str, holder: str, label: str | None
) -> Placed:
    """The disk of a persistent volume in the seed, for the shoot's etcd or monitoring."""
    digits = slot.digits(f"pv {number}")
    scope = f"zones/{zone}"
    disk = resource("disk", project, scope, "disks", disk_name(digits), digits)
    disk |= {
        "sizeGb": "25",
        "status": "READY",
        "type": url(project, scope, "diskTypes", "pd-ssd"),
        "users": [url(project, scope, "instances", holder)],
        "lastAttachTimestamp": disk["creationTimestamp"],
    }
    if label:
        disk["labels"] = {"k8s-cluster-name": label}
    return scope, disk
