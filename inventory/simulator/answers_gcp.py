"""The answer key for Google Cloud: everything that can be seen is listed, and joined here.

Conditions keep to the project, and to the zone or region where names repeat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from inventory.simulator.buckets import backup_buckets, buckets
from inventory.simulator.control_plane import persistent_volumes
from inventory.simulator.flags import OWN_VPC
from inventory.simulator.google import LISTS, Google
from inventory.simulator.google_clusters import clusters
from inventory.simulator.google_iam import policy
from inventory.simulator.google_urls import Item
from inventory.simulator.landscape import Landscape
from inventory.simulator.machines import machine
from inventory.simulator.profiles import image_rows
from inventory.simulator.slots import Slot
from inventory.simulator.zones import ingress_endpoint

Row = tuple[str, str, Item]
"""Project, scope and item."""
Rows = dict[str, list[Row]]
KEPT = frozenset(
    (
        "IPAddress",
        "address",
        "addressType",
        "backupPool",
        "disks",
        "id",
        "instances",
        "labels",
        "loadBalancingScheme",
        "name",
        "network",
        "networkInterfaces",
        "selfLink",
        "sourceImage",
        "status",
        "subnetwork",
        "target",
        "users",
    )
)


def short(link: str | None) -> str:
    return (link or "").rpartition("/")[2]


def part(link: str, collection: str) -> str:
    """The name behind a collection's in an address."""
    return link.partition(f"/{collection}/")[2].partition("/")[0]


def listing(landscape: Landscape) -> Rows:
    """Everything that Google Cloud lists, without what no answer depends on."""
    google = Google(landscape)
    return {
        kind: [
            (project, scope, {key: item[key] for key in KEPT & item.keys()})
            for project in landscape.projects
            for scope, item in google.page(project, kind, 0, google.total(project, kind))
        ]
        for kind in LISTS
    }


class GcpAnswers:
    def __init__(
        self,
        landscape: Landscape,
        rows: Rows,
        seeds_down: Collection[int] = (),
        zones_down: Collection[str] = (),
    ) -> None:
        """`rows` are those of `listing`, of the same generation."""
        self.landscape = landscape
        self.rows = {
            kind: [
                row
                for row in found
                if f"{row[0]}/{row[1].removeprefix('zones/')}" not in zones_down
            ]
            for kind, found in rows.items()
        }
        self.seeds_up = [s for s in range(landscape.seed_count) if s not in seeds_down]
        self.clusters = [
            (project, found)
            for project in landscape.projects
            for found in clusters(landscape, project, "")
        ]
        self.instances = {(p, s, i["name"]): i for p, s, i in self.rows["instances"]}
        self.technical_ids = {
            slot.technical_id: slot
            for slot in map(landscape.slot, landscape.garden_shoots)
            if slot.is_scheduled
        }
        self.members = [
            (p, scope, pool, f"zones/{part(link, 'zones')}", short(link))
            for p, scope, pool in self.rows["pools"]
            for link in pool.get("instances", ())
        ]
        self.machines = dict(self._machines())

    def _machines(self) -> Iterator[tuple[tuple[str, str, str], tuple[str, Slot, int]]]:
        """The instances that are Machines: by provider id, or by name until they have one."""
        landscape = self.landscape
        for seed in self.seeds_up:
            for index in landscape.by_seed[seed].slots:
                slot = landscape.slot(index)
                if slot.provider != "gcp":
                    continue
                for number in range(slot.machine_count):
                    made = slot.machine(number)
                    zone = f"zones/{slot.zones[made.zone].name}"
                    key = (slot.place.account, zone, made.name)
                    if slot.is_unborn(number) or key not in self.instances:
                        continue
                    known = "providerID" in machine(slot, number)["spec"]
                    yield key, ("provider_id" if known else "name", slot, number)

    def tables(self) -> dict[str, int]:
        rows, projects = self.rows, self.landscape.projects
        bindings = [(p, b) for p in projects for b in policy(p, 3)["bindings"]]
        return {
            "gcp_project": len(projects),
            "gcp_instance": len(rows["instances"]),
            "gcp_nic": sum(len(i["networkInterfaces"]) for _, _, i in rows["instances"]),
            "gcp_vpc": len(rows["networks"]),
            "gcp_subnet": len(rows["subnetworks"]),
            "gcp_address": len(rows["addresses"]),
            "gcp_bucket": sum(b.provider == "gcp" for b in buckets(self.landscape)),
            "gcp_forwarding_rule": len(rows["rules"]),
            "gcp_disk": len(rows["disks"]),
            "gcp_attached_disk": sum(len(d.get("users", ())) for _, _, d in rows["disks"]),
            "gcp_gke_cluster": len(self.clusters),
            "gcp_target_pool": len(rows["pools"]),
            "gcp_target_pool_instance": len(self.members),
            "gcp_iam_policy": len(projects),
            "gcp_iam_binding": len(bindings),
            "gcp_iam_role_member": sum(len(set(b["members"])) for _, b in bindings),
        }

    def links(self) -> dict[str, int]:
        """Of the link tables inside the source."""
        t, rows = self.tables(), self.rows
        networks = {(p, i["name"]) for p, _, i in rows["networks"]}
        subnets = {(p, s, i["name"]): short(i["network"]) for p, s, i in rows["subnetworks"]}
        pools = {(p, s, i["name"]) for p, s, i in rows["pools"]}
        disks = {d["selfLink"] for _, _, d in rows["disks"]}
        nics = [
            (p, f"regions/{s.removeprefix('zones/')[:-2]}", nic)
            for p, s, i in rows["instances"]
            for nic in i["networkInterfaces"]
        ]
        rules = rows["rules"]
        return {
            "l_gcp_instance_to_project": t["gcp_instance"],
            "l_gcp_vpc_to_project": t["gcp_vpc"],
            "l_gcp_addr_to_project": t["gcp_address"],
            "l_gcp_instance_to_nic": t["gcp_nic"],
            "l_gcp_subnet_to_vpc": sum((p, n) in networks for (p, _, _), n in subnets.items()),
            "l_gcp_subnet_to_project": t["gcp_subnet"],
            "l_gcp_fr_to_project": t["gcp_forwarding_rule"],
            "l_gcp_instance_to_disk": len(self.attachments()),
            "l_gcp_instance_to_boot_disk": sum(
                disk["boot"] and disk["source"] in disks
                for _, _, i in rows["instances"]
                for disk in i["disks"]
            ),
            "l_gcp_gke_cluster_to_project": t["gcp_gke_cluster"],
            "l_gcp_target_pool_to_instance": len(self.members),
            "l_gcp_target_pool_to_project": t["gcp_target_pool"],
            "l_gcp_bucket_to_project": t["gcp_bucket"],
            "l_gcp_disk_to_project": t["gcp_disk"],
            "l_gcp_fr_to_vpc": sum((p, short(r.get("network"))) in networks for p, _, r in rules),
            "l_gcp_fr_to_subnet": sum(
                (p, s, short(r.get("subnetwork"))) in subnets for p, s, r in rules
            ),
            "l_gcp_fr_to_target_pool": sum(
                "/targetPools/" in r["target"] and (p, s, short(r["target"])) in pools
                for p, s, r in rules
                if "target" in r
            ),
            "l_gcp_gke_cluster_to_vpc": sum(
                (p, c["network"]) in networks for p, c in self.clusters
            ),
            "l_gcp_gke_cluster_to_subnet": sum(
                bool(self._subnet(subnets, p, c)) for p, c in self.clusters
            ),
            "l_gcp_nic_to_vpc": sum((p, short(n["network"])) in networks for p, _, n in nics),
            "l_gcp_nic_to_subnet": sum(
                (p, s, short(n["subnetwork"])) in subnets for p, s, n in nics
            ),
            "l_gcp_instance_to_gke_cluster": sum(
                (p, i.get("labels", {}).get("goog-k8s-cluster-name"))
                in {(project, c["name"]) for project, c in self.clusters}
                for p, _, i in rows["instances"]
            ),
            "l_gcp_target_pool_instance_to_instance": sum(
                (p, zone, name) in self.instances for p, _, _, zone, name in self.members
            ),
            "l_gcp_iam_policy_to_project": t["gcp_iam_policy"],
            "l_gcp_iam_binding_to_policy": t["gcp_iam_binding"],
            "l_gcp_iam_role_member_to_binding": t["gcp_iam_role_member"],
            "l_gcp_iam_role_member_to_policy": t["gcp_iam_role_member"],
        }

    @staticmethod
    def _subnet(subnets: dict[tuple[str, str, str], str], project: str, cluster: Item) -> bool:
        location = cluster["location"]
        region = location if location.count("-") == 1 else location[:-2]
        return (project, f"regions/{region}", cluster["subnetwork"]) in subnets

    def attachments(self) -> list[tuple[str, str]]:
        """The disks that are attached to an instance that was seen, and that instance."""
        return [
            (disk["selfLink"], link)
            for p, _, disk in self.rows["disks"]
            for link in disk.get("users", ())
            if (p, f"zones/{part(link, 'zones')}", short(link)) in self.instances
        ]

    def nexus(self) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
        """The nexus tables, and their pairs by rule where there are several rules."""
        landscape, rows = self.landscape, self.rows
        live = [slot for slot in self.technical_ids.values() if slot.provider == "gcp"]
        shown = [slot for slot in live if landscape.measure("gcp:networks", slot.index)]
        own = sum(bool(slot.flags & OWN_VPC) for slot in shown)
        machines = Counter(rule for rule, _, _ in self.machines.values())
        subnets = sum(landscape.measure("gcp:subnetworks", slot.index) for slot in shown)
        subnets_own = sum(
            landscape.measure("gcp:subnetworks", slot.index)
            for slot in shown
            if slot.flags & OWN_VPC
        )
        volumes = self._volumes()
        served = {name for slot in live for name in [slot.technical_id]}
        serving = Counter(self.owner_of_member(name) in served for _, _, _, _, name in self.members)
        pools = {
            pool["selfLink"]
            for _, _, pool, _, name in self.members
            if self.owner_of_member(name) in served
        }
        images = self.known_images()
        records: Counter[str] = Counter()
        for seed in self.seeds_up:
            kind, value = ingress_endpoint(landscape, seed)
            if kind == "A":
                records[value] += landscape.by_seed[seed].total("seed:dnsrecords") + 1
        links = {
            "n_gcp_vpc_to_g_shoot": len(shown),
            "n_gcp_subnet_to_g_shoot": subnets,
            "n_gcp_instance_to_g_machine": len(self.machines),
            "n_gcp_instance_to_g_shoot": len(self.machines),
            "n_gcp_instance_to_g_cloud_profile_gcp_image": len(images),
            "n_gcp_instance_to_g_bastion": len(self.bastions()),
            "n_gcp_bucket_to_g_backup_bucket": sum(
                backup.provider == "gcp" for backup in backup_buckets(landscape)
            ),
            "n_gcp_disk_to_g_persistent_volume": sum(volumes.values()),
            "n_gcp_disk_to_g_shoot": sum(
                disk.get("labels", {}).get("k8s-cluster-name") in self.technical_ids
                for _, _, disk in rows["disks"]
            ),
            "n_gcp_target_pool_instance_to_g_shoot": serving[True],
            "n_gcp_target_pool_to_g_shoot": len(pools),
            "n_gcp_forwarding_rule_to_g_shoot": sum(
                rule.get("target") in pools for _, _, rule in rows["rules"]
            ),
            "n_gcp_forwarding_rule_to_g_dns_record": sum(
                records[rule.get("IPAddress", "")] for _, _, rule in rows["rules"]
            ),
            "n_gcp_address_to_g_dns_record": sum(
                records[address.get("address", "")] for _, _, address in rows["addresses"]
            ),
        }
        machine_rules = {rule: machines[rule] for rule in ("provider_id", "name")}
        rules = {
            "n_gcp_vpc_to_g_shoot": {"name": len(shown) - own, "subnet_name": own},
            "n_gcp_subnet_to_g_shoot": {"vpc_name": subnets - subnets_own, "name": subnets_own},
            "n_gcp_instance_to_g_machine": machine_rules,
            "n_gcp_instance_to_g_shoot": machine_rules,
            "n_gcp_disk_to_g_persistent_volume": {
                rule: volumes[rule] for rule in ("disk_ref", "name")
            },
        }
        return links, rules

    def owner_of_member(self, name: str) -> str:
        """The technical id that the name of a machine begins with."""
        for end in ("-worker-0-z", "-pool-1-z"):
            head, found, _ = name.rpartition(end)
            if found:
                return head
        return ""

    def known_images(self) -> set[tuple[str, str, str]]:
        """The Machines whose image the cloud profile of their shoot names."""
        allowed = {
            custom: {row.image for row in image_rows("gcp", custom=custom)}
            for custom in (False, True)
        }
        disks = {d["selfLink"]: short(d.get("sourceImage")) for _, _, d in self.rows["disks"]}
        return {
            key
            for key, (_, slot, _) in self.machines.items()
            if disks.get(self.instances[key]["disks"][0]["source"])
            in allowed[slot.has_custom_profile]
        }

    def bastions(self) -> set[tuple[str, str, str]]:
        addresses = {
            landscape_slot.bastion_address
            for seed in self.seeds_up
            for landscape_slot in map(self.landscape.slot, self.landscape.by_seed[seed].slots)
            if self.landscape.measure("seed:bastions", landscape_slot.index)
            and landscape_slot.provider == "gcp"
        }
        return {
            key
            for key, instance in self.instances.items()
            for nic in instance["networkInterfaces"]
            for config in nic.get("accessConfigs", ())
            if config["natIP"] in addresses
        }

    def _volumes(self) -> Counter[str]:
        """The disks of the seeds' persistent volumes, by the rule that finds them."""
        names = {d["name"]: p for p, _, d in self.rows["disks"] if d["name"].startswith("pv-")}
        found: Counter[str] = Counter()
        for seed in self.seeds_up:
            if self.landscape.seed_provider(seed) != "gcp":
                continue
            for index in self.landscape.by_seed[seed].slots:
                for volume in persistent_volumes(self.landscape.slot(index)):
                    if volume["metadata"]["name"] in names:
                        found["disk_ref" if "csi" in volume["spec"] else "name"] += 1
        return found
