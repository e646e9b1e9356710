"""The hosted zones of Route 53 and their record sets."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from inventory.simulator.amazon_balancers import CLASSIC_ZONES, classic
from inventory.simulator.amazon_interfaces import elastic_ip
from inventory.simulator.flags import DUAL_STACK, LEAKED, LIVE
from inventory.simulator.groups import Group, Part, fixed_part, page
from inventory.simulator.landscape import Landscape
from inventory.simulator.names import GARDEN_PROJECT
from inventory.simulator.slots import Slot

EXTERNAL, INTERNAL, CORPORATE = "live.example.com", "internal.example.net", "corp.example.org"
SOIL_ADDRESS = "35.205.0.1"
"""The public address of the soil cluster's ingress."""
NAME_SERVERS = ("ns-1.awsdns-01.com.", "ns-2.awsdns-02.net.")


class Zone(NamedTuple):
    identifier: str
    account: str
    name: str
    comment: str | None
    is_private: bool
    linked: str | None
    slots: str | None
    """The list of shoots' records in it: `external` or `internal`."""


class RecordSet(NamedTuple):
    name: str
    kind: str
    ttl: int | None
    values: tuple[str, ...]
    set_identifier: str | None = None
    weight: int | None = None
    alias: str | None = None
    """The name that an alias stands for, in which case there are no values."""
    owner: str | None = None
    """`record` or `entry` if an object of Gardener says so; None: nobody does."""


def zone_id(landscape: Landscape, name: str) -> str:
    return "Z0" + blake2b(f"{landscape.seed} {name}".encode(), digest_size=9).hexdigest().upper()


def ingress_endpoint(landscape: Landscape, seed: int) -> tuple[str, str]:
    """The record type and value of what a seed listens at."""
    slot = landscape.first_garden_slot + seed
    if landscape.is_managed(seed):
        host = landscape.slot(slot)
        if host.provider == "aws":
            return "CNAME", classic(host)[0].dns_name
        return "A", rule_address(host, 0)
    return "A", SOIL_ADDRESS


def rule_address(slot: Slot, number: int) -> str:
    """The address of a forwarding rule, which no other slot has."""
    return f"34.{slot.index >> 12 & 255}.{slot.index >> 4 & 255}.{(slot.index & 15) * 4 + number}"


def host_name(slot: Slot, what: str, domain: str) -> str:
    project = slot.landscape.project_name(slot.project)
    return f"{what}.{slot.name}.{project}.{domain}"


def app_addresses(slot: Slot) -> tuple[str, ...]:
    digits = slot.digits("app")
    return elastic_ip(digits), elastic_ip(digits[10:])


class HostedZones:
    """All zones and records of one landscape, in its present generation."""

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape
        accounts = landscape.accounts

        self.zones = [
            Zone(
                zone_id(landscape, EXTERNAL),
                accounts[0],
                f"{EXTERNAL}.",
                "shoots and seeds",
                False,
                None,
                "external",
            ),
            Zone(
                zone_id(landscape, INTERNAL),
                accounts[1],
                f"{INTERNAL}.",
                None,
                False,
                None,
                "internal",
            ),
            Zone(
                zone_id(landscape, CORPORATE),
                accounts[2],
                f"{CORPORATE}.",
                "",
                True,
                "Created by Route 53 Resolver",
                None,
            ),
        ]
        self._groups: dict[tuple[str, int], Group] = {}

    def of(self, account: str) -> list[Zone]:
        return [zone for zone in self.zones if zone.account == account]

    def group(self, kind: str) -> Group:
        """The slots with records: for the outside only those on AWS, even after they are gone."""
        landscape = self.landscape
        key = (kind, landscape.generation)
        if key not in self._groups:
            self._groups = {k: g for k, g in self._groups.items() if k[1] == landscape.generation}
            slots = (slot for group in landscape.by_seed for slot in group.slots)
            if kind == "external":
                leaked = (s for s, state in enumerate(landscape.state) if state == LEAKED)
                slots = (
                    slot
                    for slot in (*slots, *leaked)
                    if landscape.place[slot] < landscape.aws_places
                )
            self._groups[key] = Group(sorted(slots), landscape.measure)
        return self._groups[key]

    def total(self, zone: Zone) -> int:
        return sum(part.total for part in self._parts(zone))

    def page(self, zone: Zone, offset: int, limit: int) -> Iterator[RecordSet]:
        return page(self._parts(zone), offset, limit)

    def position(self, zone: Zone, name: str, kind: str, identifier: str | None) -> int:
        """Where a listing goes on that starts at a record set."""
        fixed = self.fixed(zone)
        for number, found in enumerate(fixed):
            if (found.name, found.kind, found.set_identifier) == (name, kind, identifier):
                return number
        if zone.slots:
            what, slot_name, project, *_ = [*name.split("."), "", "", ""]
            slot = self._slot(slot_name, project)
            before = self.group(zone.slots).before(f"dns:{zone.slots}", slot)
            if before is not None:
                return len(fixed) + before + (what == "app")
        return self.total(zone)

    def _slot(self, name: str, project: str) -> int:
        """The slot of a shoot, or of one that was; -1 if there is none."""
        landscape = self.landscape
        if project == GARDEN_PROJECT:
            seeds = range(landscape.managed_count)
            found = (s for s in seeds if landscape.seed_shoot_name(s) == name)
            return landscape.first_garden_slot + next(found, -1)
        digits = name.rpartition("-")[2]
        return int(digits, 36) if digits.isalnum() and digits.isascii() else -1

    def _parts(self, zone: Zone) -> list[Part[RecordSet]]:
        parts = [fixed_part(self.fixed(zone))]
        if zone.slots:
            total = self.group(zone.slots).total(f"dns:{zone.slots}")
            parts.append(
                Part(total, self._external if zone.slots == "external" else self._internal)
            )
        return parts

    def _external(self, offset: int, limit: int) -> Iterator[RecordSet]:
        for index, first, last in self.group("external").spans("dns:external", offset, limit):
            slot = self.landscape.slot(index)
            live = slot.state == LIVE
            kind, value = ingress_endpoint(self.landscape, slot.seed)
            name = host_name(slot, "api", EXTERNAL)
            records = [RecordSet(f"{name}.", kind, 120, (value,), owner="record" if live else None)]
            if slot.flags & DUAL_STACK:
                name = host_name(slot, "app", EXTERNAL)
                addresses = app_addresses(slot)
                owner = "entry" if live else None
                records.append(RecordSet(f"{name}.", "A", 300, addresses, owner=owner))
            yield from records[first:last]

    def _internal(self, offset: int, limit: int) -> Iterator[RecordSet]:
        for index, _, _ in self.group("internal").spans("dns:internal", offset, limit):
            slot = self.landscape.slot(index)
            kind, value = ingress_endpoint(self.landscape, slot.seed)
            name = host_name(slot, "api", INTERNAL)
            yield RecordSet(f"{name}.", kind, 120, (value,), owner="record")

    def fixed(self, zone: Zone) -> list[RecordSet]:
        soa = f"{NAME_SERVERS[0]} hostmaster.example.com. 1 7200 900 1209600 86400"
        found = [
            RecordSet(zone.name, "NS", 172800, NAME_SERVERS),
            RecordSet(zone.name, "SOA", 900, (soa,)),
        ]
        if zone.name == f"{CORPORATE}.":
            return [
                *found,
                RecordSet(f"printer.{zone.name}", "A", 3600, ("10.0.0.99",)),
                RecordSet(f"99.0.0.10.{zone.name}", "PTR", 3600, (f"printer.{zone.name}",)),
            ]
        if zone.slots != "external":
            return found
        landscape = self.landscape
        for seed in range(landscape.seed_count):
            kind, value = ingress_endpoint(landscape, seed)
            name = f"\\052.ingress.{landscape.seed_name(seed)}.{zone.name}"
            found.append(RecordSet(name, kind, 120, (value,), owner="record"))
        alias = f"dualstack.website.{next(iter(CLASSIC_ZONES))}.elb.amazonaws.com."
        acme = f"{host_name(landscape.slot(0), 'api', EXTERNAL)}."
        return [
            *found,
            RecordSet(zone.name, "MX", 300, ("10 mail.example.com.",)),
            RecordSet(zone.name, "TXT", 300, ('"v=spf1 -all"', '"owner=platform"')),
            RecordSet(f"www.{zone.name}", "A", None, (), alias=alias),
            RecordSet(f"blue.{zone.name}", "CNAME", 60, ("a.example.com",), "a", 10, owner="entry"),
            RecordSet(f"blue.{zone.name}", "CNAME", 60, ("b.example.com",), "b", 90, owner="entry"),
            RecordSet(f"dashboard.{zone.name}", "A", 300, ("52.1.2.3", "52.1.2.4"), owner="entry"),
            RecordSet(f"info.{zone.name}", "TXT", 300, ('"garden=live"',), owner="entry"),
            # Gardener has an address of this name, and no text.
            RecordSet(acme, "TXT", 60, ('"acme-challenge"',)),
        ]
