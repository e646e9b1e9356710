"""Instances, volumes, snapshots and images on AWS."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b

from inventory.simulator.amazon_network import cluster_tag
from inventory.simulator.amazon_rows import Image, Instance, Snapshot, Tags, Volume
from inventory.simulator.flags import (
    BASTION_MACHINE,
    CUSTOM_VERSION,
    FORMER_MACHINE,
    LIVE,
    PAIRED,
    PROFILE_VERSIONS,
    STALE,
    UNKNOWN_VERSION,
)
from inventory.simulator.groups import Place
from inventory.simulator.landscape import Landscape
from inventory.simulator.sizes import traits
from inventory.simulator.slots import Slot

ARCHES = ("x86_64", "arm64")
COPIED = "vol-ffffffff"


@cache
def image_id(region: str, arch: str, version: int) -> str:
    """The machine image that shoots of this region boot, in one of the versions."""
    return "ami-0" + blake2b(f"{region} {arch} {version}".encode(), digest_size=8).hexdigest()


def images(landscape: Landscape, place: Place) -> list[Image]:
    """The images that the account owns: the first account has those that all shoots boot."""
    region, first = place.region, place.account == landscape.accounts[0]
    found = []
    if first:
        for version in (*PROFILE_VERSIONS, CUSTOM_VERSION, UNKNOWN_VERSION):
            for arch in ARCHES:
                image = image_id(region, arch, version)
                found.append(
                    Image(
                        image,
                        f"gardenlinux-{arch}-1877.{version}.0",
                        place.account,
                        arch,
                        None if version == UNKNOWN_VERSION else f"Garden Linux 1877.{version}.0",
                        f"snap-{image[4:]}",
                    )
                )
    image = "ami-0" + blake2b(f"golden {place}".encode(), digest_size=8).hexdigest()
    found.append(Image(image, "golden-base", place.account, ARCHES[0], None, f"snap-{image[4:]}"))
    return found


def instance(slot: Slot, position: int) -> Instance:
    number = slot.instance_numbers[position]
    former = number == FORMER_MACHINE
    machine = slot.machine(number)
    name = slot.instance_name(number)
    number = machine.number
    zone = slot.zones[machine.zone]
    x, region = machine.hex, slot.place.region
    worker, instance_type, arch = slot.workers[number % len(slot.workers)]
    state = "running"
    if former:
        state = "terminated"
    elif slot.is_terminating(number):
        state = "shutting-down"
    elif slot.is_unreported(number) and slot.digest[24] & 1:
        state = "pending"
    pair = position // 2 * 2 if slot.flags & PAIRED else position
    tags: Tags = (
        cluster_tag(slot),
        ("kubernetes.io/role/node", "1"),
        ("worker.gardener.cloud/pool", worker),
    )
    if number == BASTION_MACHINE:
        tags = (("Type", "gardenctl"),)
    day = int(x[120:124], 16)
    year = 2026 if slot.roll > former else 2025
    return Instance(
        machine.instance_id,
        f"r-0{slot.hex[110:124]}{pair:02x}",
        image_id(region, arch, slot.image_version(number)),
        state,
        instance_type,
        arch,
        f"{year}-{day % 10 + 1:02}-{day % 28 + 1:02}T{day % 24:02}:{day % 60:02}:{day % 59:02}.000Z",
        zone.name,
        None if former else slot.vpc_id,
        None if former else zone.nodes_subnet,
        f"sg-0{slot.hex[16:32]}",
        machine.address,
        machine.node,
        None if x[127] == "0" else "Linux/UNIX",
        x,
        (*tags, ("Name", name)) if name else tags,
    )


def volumes(slot: Slot) -> list[Volume]:
    """The boot volumes of the instances, then the persistent volumes inside the shoot."""
    created = f"{slot.created_at[:-1]}.000Z"
    cluster = cluster_tag(slot)
    found = []
    for number in slot.instance_numbers:
        if number == FORMER_MACHINE:
            continue
        machine = slot.machine(number)
        name = slot.instance_name(number)
        found.append(
            Volume(
                f"vol-0{machine.hex[48:64]}",
                50,
                "gp3",
                slot.zones[machine.zone].name,
                created,
                machine.hex[60] > "7",
                machine.instance_id,
                "/dev/xvda",
                (cluster, ("Name", name)) if name else (cluster,),
            )
        )
    if traits(slot.landscape, slot.index).bare:
        return found
    holder = slot.machine(0) if slot.machine_count else None
    for number in range(slot.landscape.disks[slot.index]):
        digits = slot.digits(f"disk {number}")
        zone = slot.zones[holder.zone if holder else number % len(slot.zones)]
        found.append(
            Volume(
                f"vol-0{digits[0:16]}",
                8 * (1 + number),
                ("gp3", "gp2", "io1")[number % 3],
                zone.name,
                created,
                True,
                holder.instance_id if holder else None,
                f"/dev/sd{'fgh'[number]}",
                (cluster, ("ebs.csi.aws.com/cluster", "true"), ("Name", f"pvc-{digits[0:8]}")),
            )
        )
    return found


def control_plane_volume(slot: Slot, number: int, host: Slot) -> Volume:
    """The volume of a persistent volume in the seed, for the shoot's etcd or monitoring."""
    digits = slot.digits(f"pv {number}")
    holder = host.machine(0)
    return Volume(
        f"vol-0{digits[0:16]}",
        25,
        "gp3",
        host.zones[holder.zone].name,
        f"{slot.created_at[:-1]}.000Z",
        True,
        holder.instance_id,
        f"/dev/sd{'bc'[number]}{digits[20].translate(str.maketrans('0123456789', 'ghijklmnop'))}",
        (cluster_tag(host), ("Name", f"pv-{digits[0:8]}")),
    )


def snapshots(slot: Slot) -> list[Snapshot]:
    """One of a volume that exists, and where it was planted one whose volume is gone."""
    kept = traits(slot.landscape, slot.index)
    started, tags = f"{slot.created_at[:-1]}.000Z", (cluster_tag(slot),)
    found = []
    if kept.disks and not kept.bare:
        volume = f"vol-0{slot.digits('disk 0')[0:16]}"
        snapshot = f"snap-0{slot.digits('snapshot')[0:16]}"
        found.append(Snapshot(snapshot, volume, 8, started, "nightly", tags))
    if slot.state == LIVE and slot.flags & STALE:
        digits = slot.digits("stale snapshot")
        found.append(
            Snapshot(f"snap-0{digits[0:16]}", f"vol-0{digits[16:32]}", 8, started, "nightly", tags)
        )
    return found
