"""How many items of each list a slot has, from the few bytes that are stored of it.

A slot's rows are made when somebody lists them; their number is needed before, to find a page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from inventory.simulator.flags import (
    BARE,
    BASTION,
    DUAL_STACK,
    GONE,
    HIBERNATED,
    LEAKED,
    LIVE,
    OWN_VPC,
    PAIRED,
    STALE,
    STRAY,
    TERMINATED,
    UNBORN,
    UNSCHEDULED,
    WORKERLESS,
)

if TYPE_CHECKING:
    from inventory.simulator.landscape import Landscape


class Traits(NamedTuple):
    state: int
    flags: int
    zones: int
    machines: int
    """Machines and instances of a former life included."""
    balancers: int
    left: int
    disks: int

    @property
    def bare(self) -> bool:
        return self.state == LEAKED and bool(self.flags & BARE)

    @property
    def live(self) -> bool:
        return self.state == LIVE

    @property
    def awake(self) -> bool:
        return self.state == LIVE and not self.flags & HIBERNATED

    @property
    def zoned(self) -> int:
        """The zones that still have something."""
        return 0 if self.bare else self.zones

    @property
    def exposed(self) -> int:
        """The load balancers; a leaked shoot keeps them, since Services were deleted too late."""
        return 0 if self.bare else self.balancers


def attached(t: Traits) -> int:
    """The instances that have a network and disks."""
    if t.state == LEAKED:
        return 0 if t.bare else t.left
    if t.flags & HIBERNATED:
        return 0
    return t.machines + sum(
        (bool(t.flags & STRAY), bool(t.flags & BASTION), -bool(t.flags & UNBORN))
    )


def instances(t: Traits) -> int:
    return attached(t) + (t.awake and bool(t.flags & TERMINATED))


def dual(t: Traits) -> int:
    return bool(t.flags & DUAL_STACK)


AWS: dict[str, Callable[[Traits], int]] = {
    "vpcs": lambda t: 1,
    "subnets": lambda t: 3 * t.zoned,
    "instances": instances,
    "interfaces": lambda t: attached(t) + t.zoned * (1 + t.exposed),
    "dhcp_options": lambda t: 1,
    "internet_gateways": lambda t: int(not t.bare),
    "nat_gateways": lambda t: t.zoned + (t.live and bool(t.flags & PAIRED)),
    "addresses": lambda t: (
        t.zoned + ((t.live and bool(t.flags & OWN_VPC)) or (t.zoned > 0 and not t.live))
    ),
    "security_groups": lambda t: (
        1 + (0 if t.bare else 1 + min(t.exposed, 1)) + (t.live and bool(t.flags & OWN_VPC))
    ),
    "volumes": lambda t: attached(t) + (0 if t.bare else t.disks),
    "snapshots": lambda t: (0 if t.bare else min(t.disks, 1)) + (t.live and bool(t.flags & STALE)),
    "classic": lambda t: min(t.exposed, 1),
    "balancers": lambda t: max(t.exposed - 1, 0),
}
"""Lists of AWS, by the names that `amazon` uses."""

GCP: dict[str, Callable[[Traits], int]] = {
    "networks": lambda t: 1,
    "subnetworks": lambda t: 0 if t.bare else 1 + bool(t.flags & PAIRED),
    "instances": instances,
    "disks": lambda t: instances(t) + (0 if t.bare else t.disks),
    "addresses": lambda t: int(not t.bare and bool(t.flags & PAIRED)),
    "rules": lambda t: t.balancers,
    "pools": lambda t: min(t.balancers, 1),
}
"""Lists of Google Cloud, by the names that `google` uses."""

SEED: dict[str, Callable[[Traits], int]] = {
    "machines": lambda t: 0 if t.flags & (HIBERNATED | WORKERLESS | UNSCHEDULED) else t.machines,
    "pvs": lambda t: 1 + (t.disks > 0),
    "dnsrecords": lambda t: 2,
    "dnsentries": dual,
    "bastions": lambda t: bool(t.flags & BASTION),
}
"""Lists of the seed that a shoot's control plane is on."""

DNS: dict[str, Callable[[Traits], int]] = {
    "external": lambda t: 1 + dual(t),
    "internal": lambda t: 1,
}
"""Record sets in the hosted zones."""


def traits(landscape: Landscape, slot: int) -> Traits:
    return Traits(
        landscape.state[slot],
        landscape.flags[slot],
        landscape.zones[slot],
        landscape.machines[slot],
        landscape.balancers[slot],
        landscape.left[slot],
        landscape.disks[slot],
    )


def measure(landscape: Landscape, kind: str, slot: int) -> int:
    """The number of items of a slot in `aws:vpcs`, `gcp:disks`, `seed:machines`, `dns:external` …"""
    side, _, name = kind.partition(":")
    found = traits(landscape, slot)
    networked = not found.flags & (UNSCHEDULED | WORKERLESS)
    if found.state == GONE or (side in ("aws", "gcp") and not networked):
        return 0
    return int({"aws": AWS, "gcp": GCP, "seed": SEED, "dns": DNS}[side][name](found))
