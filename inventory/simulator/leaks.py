"""The ids of what was left behind, by rule: see `leak_rules`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from inventory.simulator import amazon_balancers, amazon_network
from inventory.simulator.amazon import Amazon
from inventory.simulator.amazon_compute import instance, snapshots, volumes
from inventory.simulator.answers_gcp import GcpAnswers, Rows, short
from inventory.simulator.buckets import backup_buckets, buckets
from inventory.simulator.flags import (
    BARE,
    LEAKED,
    LIVE,
    OWN_VPC,
    STALE,
    STRAY,
    STRAY_MACHINE,
    UNKNOWN_IMAGE,
)
from inventory.simulator.landscape import Landscape
from inventory.simulator.leak_rules import RULES
from inventory.simulator.slots import Slot
from inventory.simulator.zones import HostedZones

Finding = tuple[str, str]
"""Rule and id."""
FOREIGN = {
    "vpcs": "aws-vpc-without-shoot",
    "subnets": "aws-subnet-without-shoot",
    "nat_gateways": "aws-nat-gateway-without-shoot",
}
INNOCENT_TYPES = ("NS", "SOA", "MX", "PTR")


def leaks(
    landscape: Landscape,
    rows: Rows,
    places_down: Collection[int] = (),
    zones_down: Collection[str] = (),
) -> dict[str, list[str]]:
    """The findings on what can be seen, when everybody who could claim something is heard."""
    found: dict[str, list[str]] = {rule: [] for rule in RULES}
    for rule, identifier in (
        *_aws(landscape, places_down),
        *_dns(landscape),
        *_buckets(landscape),
        *_gcp(GcpAnswers(landscape, rows, (), zones_down)),
    ):
        found[rule].append(identifier)
    return {rule: sorted(identifiers) for rule, identifiers in found.items()}


def _aws(landscape: Landscape, places_down: Collection[int]) -> Iterator[Finding]:
    amazon = Amazon(landscape)
    for number, place in enumerate(amazon.places):
        if number in places_down:
            continue
        if place.first:
            yield from _shared(amazon.fixed[number])
        for index in landscape.by_place[number].slots:
            state, flags = landscape.state[index], landscape.flags[index]
            if state == LEAKED:
                yield from _leaked(landscape.slot(index))
            elif flags & (OWN_VPC | STRAY | STALE | UNKNOWN_IMAGE):
                yield from _live(landscape.slot(index))


def _shared(fixed: dict[str, list[Any]]) -> Iterator[Finding]:
    """The network that is nobody's shoot, and what lies about there."""
    (network,) = (vpc.vpc_id for vpc in fixed["vpcs"] if not vpc.is_default)
    for kind, rule in FOREIGN.items():
        yield from ((rule, row[0]) for row in fixed[kind] if row.vpc_id == network)
    used = {vpc.dhcp_options_id for vpc in fixed["vpcs"]}
    for options in fixed["dhcp_options"]:
        if options.set_id not in used:
            yield "aws-dhcp-option-set-without-vpc", options.set_id
    for address in fixed["addresses"]:
        if not address.association_id:
            yield "aws-elastic-ip-unassociated", address.allocation_id
    for gateway in fixed["internet_gateways"]:
        if not gateway.vpc_id:
            yield "aws-internet-gateway-unattached", gateway.gateway_id
    for volume in fixed["volumes"]:
        yield "aws-volume-unattached", volume.volume_id
    for balancer in (*fixed["classic"], *fixed["balancers"]):
        yield "aws-loadbalancer-without-shoot", balancer.dns_name


def _leaked(slot: Slot) -> Iterator[Finding]:
    """What is left of a shoot that is gone."""
    yield "aws-vpc-without-shoot", slot.vpc_id
    if slot.flags & BARE:
        return
    lists: tuple[tuple[str, Callable[[Slot], list[Any]], int], ...] = (
        ("aws-subnet-without-shoot", amazon_network.subnets, 0),
        ("aws-nat-gateway-without-shoot", amazon_network.nat_gateways, 0),
        ("aws-loadbalancer-without-shoot", amazon_balancers.classic, 1),
        ("aws-loadbalancer-without-shoot", amazon_balancers.balancers, 3),
    )
    for rule, make, column in lists:
        yield from ((rule, row[column]) for row in make(slot))
    for position in range(len(slot.instance_numbers)):
        yield "aws-instance-without-machine", instance(slot, position).instance_id
    for volume in volumes(slot):
        if not volume.instance_id:
            yield "aws-volume-unattached", volume.volume_id
    yield from _idle_addresses(slot)
    for group in amazon_network.security_groups(slot):
        if group.tags:
            yield "aws-security-group-without-shoot", group.group_id
            if group.name.startswith("k8s-elb-"):
                yield "aws-security-group-unused", group.group_id


def _idle_addresses(slot: Slot) -> Iterator[Finding]:
    for address in amazon_network.addresses(slot):
        if not address.association_id:
            yield "aws-elastic-ip-unassociated", address.allocation_id


def _live(slot: Slot) -> Iterator[Finding]:
    """What lies about beside a shoot that lives."""
    for position, number in enumerate(slot.instance_numbers):
        stray = number == STRAY_MACHINE
        if stray:
            yield "aws-instance-without-machine", instance(slot, position).instance_id
        elif number == 0 and slot.flags & UNKNOWN_IMAGE:
            yield "aws-unknown-image", instance(slot, position).instance_id
    if slot.flags & OWN_VPC:
        former = amazon_network.security_groups(slot)[-1]
        yield "aws-security-group-without-shoot", former.group_id
        yield "aws-security-group-unused", former.group_id
    if slot.flags & STALE:
        yield "aws-snapshot-without-volume", snapshots(slot)[-1].snapshot_id


def _dns(landscape: Landscape) -> Iterator[Finding]:
    zones = HostedZones(landscape)
    for zone in zones.zones:
        for record in zones.page(zone, 0, zones.total(zone)):
            if record.owner or record.kind in INNOCENT_TYPES:
                continue
            name = record.name.replace("\\052", "*")
            for value in record.values or (record.alias or "",):
                row = (zone.identifier, name, record.kind, record.set_identifier or "", value)
                yield "aws-dns-record-without-owner", " ".join(row)


def _buckets(landscape: Landscape) -> Iterator[Finding]:
    backups = backup_buckets(landscape)
    claimed = {(backup.provider, backup.name) for backup in backups}
    for bucket in buckets(landscape):
        if (bucket.provider, bucket.name) not in claimed:
            yield f"{bucket.provider}-bucket-without-backup-bucket", bucket.name
    seeds = landscape.seed_names()
    for backup in backups:
        if backup.seed_name and backup.seed_name not in seeds:
            yield "g-backup-bucket-without-seed", backup.name


def _gcp(answers: GcpAnswers) -> Iterator[Finding]:
    yield from _gcp_networks(answers)
    yield from _gcp_instances(answers)
    rows = answers.rows
    for _, _, disk in rows["disks"]:
        owner = disk.get("labels", {}).get("k8s-cluster-name")
        if not disk.get("users") and owner not in answers.technical_ids:
            yield "gcp-disk-without-shoot", disk["id"]
    for _, _, address in rows["addresses"]:
        if (address["addressType"], address["status"]) == ("EXTERNAL", "RESERVED"):
            yield "gcp-address-unused", address["id"]
    states: dict[str, list[bool]] = {}
    for project, _, pool, zone, name in answers.members:
        slot = answers.technical_ids.get(answers.owner_of_member(name))
        awake = slot is None or not slot.is_hibernated
        gone = (project, zone, name) not in answers.instances and awake
        states.setdefault(pool["selfLink"], []).append(gone)
        if gone:
            identifier = f"{pool['id']} {zone.removeprefix('zones/')} {name}"
            yield "gcp-target-pool-instance-without-instance", identifier
    targets = {rule.get("target") for _, _, rule in rows["rules"]}
    backups = {pool.get("backupPool") for _, _, pool in rows["pools"]}
    for _, _, pool in rows["pools"]:
        link = pool["selfLink"]
        if all(states.get(link, [False])):
            yield "gcp-target-pool-without-instance", pool["id"]
        if link not in targets | backups:
            yield "gcp-target-pool-without-frontend", pool["id"]
    for _, _, rule in rows["rules"]:
        orphaned = all(states.get(rule.get("target", ""), [False]))
        if rule["loadBalancingScheme"] == "EXTERNAL" and orphaned:
            yield "gcp-forwarding-rule-without-backend", rule["id"]


def _gcp_networks(answers: GcpAnswers) -> Iterator[Finding]:
    live = {
        (slot.place.account, slot.network)
        for slot in answers.technical_ids.values()
        if slot.provider == "gcp" and slot.state == LIVE
    }
    live |= {(project, cluster["network"]) for project, cluster in answers.clusters}
    orphans = {
        (project, network["name"])
        for project, _, network in answers.rows["networks"]
        if network["name"] != "default" and (project, network["name"]) not in live
    }
    for project, _, network in answers.rows["networks"]:
        if (project, network["name"]) in orphans:
            yield "gcp-vpc-without-shoot", network["id"]
    for project, _, subnet in answers.rows["subnetworks"]:
        if (project, short(subnet["network"])) in orphans:
            yield "gcp-subnet-without-shoot", subnet["id"]


def _gcp_instances(answers: GcpAnswers) -> Iterator[Finding]:
    known, bastions = answers.known_images(), answers.bastions()
    for key, found in answers.instances.items():
        if key in answers.machines:
            if key not in known:
                yield "gcp-unknown-image", found["id"]
        elif (
            found["status"] == "RUNNING"
            and key not in bastions
            and "goog-k8s-cluster-name" not in found.get("labels", {})
        ):
            yield "gcp-instance-without-machine", found["id"]
