"""The answer key for AWS, beyond regions, networks and instances: tables, links and nexus tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from inventory.simulator.amazon import Amazon
from inventory.simulator.amazon_compute import ARCHES, images
from inventory.simulator.buckets import backup_buckets, buckets
from inventory.simulator.flags import (
    BASTION,
    HIBERNATED,
    PROFILE_VERSIONS,
    UNKNOWN_IMAGE,
)
from inventory.simulator.landscape import Landscape
from inventory.simulator.sizes import traits
from inventory.simulator.zones import HostedZones

LISTS = {
    "aws_dhcp_option_set": "dhcp_options",
    "aws_volume": "volumes",
    "aws_elastic_ip": "addresses",
    "aws_nat_gateway": "nat_gateways",
    "aws_internet_gateway": "internet_gateways",
    "aws_security_group": "security_groups",
    "aws_snapshot": "snapshots",
}
Numbers = dict[str, int]


class AwsAnswers:
    """Counts what can be seen from the places and seeds that are up."""

    def __init__(
        self,
        landscape: Landscape,
        seeds_down: Collection[int],
        places_down: Collection[int],
        excluded_regions: Collection[str],
    ) -> None:
        self.landscape = landscape
        self.amazon = Amazon(landscape)
        self.zones = HostedZones(landscape)
        self.up = [p for p in range(landscape.aws_places) if p not in places_down]
        self.seeds_up = [s for s in range(landscape.seed_count) if s not in seeds_down]
        self.excluded = excluded_regions
        self.tally: Counter[str] = Counter()
        for place in self.up:
            for slot in landscape.by_place[place].slots:
                self._tally(slot)

    def total(self, kind: str) -> int:
        return sum(self.amazon.total(place, kind) for place in self.up)

    def _tally(self, index: int) -> None:
        landscape, tally = self.landscape, self.tally
        found = traits(landscape, index)
        tally["balancer interfaces"] += found.zoned * found.exposed
        asleep = not found.live or bool(found.flags & HIBERNATED)
        if asleep and not found.bare:
            tally["loose volumes"] += found.disks
        if found.disks and not found.bare:
            tally["snapshots of volumes"] += 1
        tally["idle addresses"] += landscape.measure("aws:addresses", index) - found.zoned
        tally["nat gateways with addresses"] += found.zoned
        if not found.live:
            return
        tally["volumes of shoots"] += landscape.measure("aws:volumes", index)
        tally["subnets of shoots"] += 3 * found.zoned
        tally["balancers of shoots"] += found.exposed
        if landscape.seed_of[index] in self.seeds_up:
            if found.flags & BASTION:
                slot = landscape.slot(index)
                tally[f"bastion {'hostname' if slot.has_hostname_bastion else 'ip'}"] += 1
            if found.flags & UNKNOWN_IMAGE and found.machines:
                tally["unknown images"] += 1

    def tables(self) -> Numbers:
        landscape = self.landscape
        found = {table: self.total(kind) for table, kind in LISTS.items()}
        found["aws_image"] = sum(len(images(landscape, self.amazon.places[p])) for p in self.up)
        found["aws_loadbalancer"] = self.total("classic") + self.total("balancers")
        found["aws_bucket"] = sum(bucket.provider == "aws" for bucket in buckets(landscape))
        found["aws_hosted_zone"] = len(self.zones.zones)
        found["aws_dns_record"] = self.records()
        return found

    def records(self) -> int:
        """One row for each value of a record set."""
        zones, landscape = self.zones, self.landscape
        fixed = sum(len(r.values) or 1 for zone in zones.zones for r in zones.fixed(zone))
        external = zones.group("external").slots
        two = sum(landscape.measure("seed:dnsentries", slot) for slot in external)
        return fixed + len(external) + 2 * two + len(zones.group("internal").slots)

    def links(self, machines: int) -> Numbers:
        """Of the link tables; `machines` is how many instances are Machines."""
        amazon, landscape, tally, tables = self.amazon, self.landscape, self.tally, self.tables()
        first = sum(amazon.places[place].first for place in self.up)
        own = [p for p in self.up if amazon.places[p].account == landscape.accounts[0]]
        balancers = tables["aws_loadbalancer"]
        idle = tally["idle addresses"] + first
        known_regions = {place.region for place in amazon.places} - set(self.excluded)
        regional = (b.region in known_regions for b in buckets(landscape) if b.provider == "aws")
        return {
            "l_aws_instance_to_image": sum(amazon.total(place, "instances") for place in own),
            "l_aws_image_to_region": tables["aws_image"],
            "l_aws_lb_to_vpc": balancers,
            "l_aws_lb_to_region": balancers,
            "l_aws_lb_to_net_interface": tally["balancer interfaces"] + 2 * first,
            "l_aws_region_to_bucket": sum(regional),
            "l_aws_dhcp_option_set_to_region": tables["aws_dhcp_option_set"],
            "l_aws_vpc_to_dhcp_option_set": self.total("vpcs"),
            "l_aws_hosted_zone_to_dns_record": tables["aws_dns_record"],
            "l_aws_volume_to_instance": tables["aws_volume"] - tally["loose volumes"] - first,
            "l_aws_volume_to_region": tables["aws_volume"],
            "l_aws_snapshot_to_volume": tally["snapshots of volumes"] + first,
            "l_aws_snapshot_to_region": tables["aws_snapshot"],
            "l_aws_elastic_ip_to_net_interface": tables["aws_elastic_ip"] - idle,
            "l_aws_elastic_ip_to_region": tables["aws_elastic_ip"],
            "l_aws_nat_gateway_to_vpc": tables["aws_nat_gateway"],
            "l_aws_nat_gateway_to_subnet": tables["aws_nat_gateway"],
            "l_aws_nat_gateway_to_elastic_ip": tally["nat gateways with addresses"] + first,
            "l_aws_internet_gateway_to_vpc": tables["aws_internet_gateway"] - first,
            "l_aws_security_group_to_vpc": tables["aws_security_group"],
            "l_aws_net_interface_to_security_group": self.total("interfaces"),
            **self._nexus(machines, len(own)),
        }

    def _nexus(self, machines: int, own: int) -> Numbers:
        landscape, tally = self.landscape, self.tally
        names = landscape.project_count
        profile = len(PROFILE_VERSIONS) * len(ARCHES)
        of_images = own * (profile * (1 + names) + len(ARCHES) * names)
        hosted = (seed for place in self.up for seed, _ in landscape.hosts(place))
        of_seeds = sum(landscape.by_seed[seed].total("seed:pvs") for seed in hosted)
        return {
            "n_aws_volume_to_g_shoot": tally["volumes of shoots"] + of_seeds,
            "n_aws_subnet_to_g_shoot": tally["subnets of shoots"],
            "n_aws_instance_to_g_shoot": machines,
            "n_aws_instance_to_g_cloud_profile_aws_image": machines - tally["unknown images"],
            "n_aws_image_to_g_cloud_profile_aws_image": of_images,
            "n_aws_bucket_to_g_backup_bucket": sum(
                backup.provider == "aws" for backup in backup_buckets(landscape)
            ),
            "n_aws_instance_to_g_bastion": tally["bastion ip"] + tally["bastion hostname"],
            "n_aws_loadbalancer_to_g_shoot": tally["balancers of shoots"],
            **self._dns(),
        }

    def _dns(self) -> Numbers:
        """Names of AWS that Gardener wrote, pair by pair of values."""
        landscape = self.landscape
        records = balancers = zoned = entries = volumes = 0
        for seed in self.seeds_up:
            slots = landscape.by_seed[seed].slots
            ours = [slot for slot in slots if landscape.place[slot] < landscape.aws_places]
            records += len(slots) + len(ours) + 1
            zoned += len(slots) + len(ours)
            # An application has two addresses, each with a record and an entry.
            entries += 2 * sum(landscape.measure("seed:dnsentries", slot) for slot in ours)
            if landscape.seed_provider(seed) != "aws":
                continue
            if landscape.place[landscape.first_garden_slot + seed] in self.up:
                balancers += 2 * len(slots) + 1
                volumes += landscape.by_seed[seed].total("seed:pvs")
        return {
            "n_aws_dns_record_to_g_dns_record": records,
            # Two addresses of the dashboard, two weighted names, and a text.
            "n_aws_dns_record_to_g_dns_entry": entries + 2 + 2 + 1,
            "n_aws_hosted_zone_to_g_dns_record": zoned,
            "n_aws_loadbalancer_to_g_dns_record": balancers,
            "n_aws_volume_to_g_persistent_volume": volumes,
        }

    def rules(self) -> dict[str, Numbers]:
        return {
            "n_aws_instance_to_g_bastion": {
                "ip": self.tally["bastion ip"],
                "hostname": self.tally["bastion hostname"],
            }
        }
