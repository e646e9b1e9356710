"""The answer key for Gardener, beyond projects, seeds, shoots and Machines."""

from __future__ import annotations

from collections.abc import Collection

from inventory.simulator.buckets import GONE_SEEDS, backup_buckets
from inventory.simulator.control_plane import fixed_persistent_volumes, garden_dns_entries
from inventory.simulator.flags import UNSCHEDULED
from inventory.simulator.garden_more import CUSTOM, namespaced_total
from inventory.simulator.landscape import Landscape
from inventory.simulator.profiles import TYPES, image_rows


def tables_and_links(
    landscape: Landscape, seeds_down: Collection[int]
) -> tuple[dict[str, int], dict[str, int]]:
    """Counts from the garden and the seeds that are up. A value that repeats counts once."""
    names = namespaced_total(landscape) // len(CUSTOM)
    tables = {
        "g_backup_bucket": len(backup_buckets(landscape)),
        "g_cloud_profile": len(TYPES) + namespaced_total(landscape),
    }
    links = {}
    for kind in ("aws", "gcp", "azure", "openstack"):
        rows = sum(1 for _ in image_rows(kind, custom=False))
        if kind in CUSTOM:
            rows += names * sum(1 for _ in image_rows(kind, custom=True))
        tables[f"g_cloud_profile_{kind}_image"] = rows
        links[f"l_g_{kind}_image_to_cloud_profile"] = rows
    up = [seed for seed in range(landscape.seed_count) if seed not in seeds_down]
    groups = [landscape.by_seed[seed] for seed in up]

    def total(kind: str) -> int:
        return sum(group.total(f"seed:{kind}") for group in groups)

    fixed = sum(len(fixed_persistent_volumes(landscape, seed)) for seed in up)
    specs = [entry["spec"] for entry in garden_dns_entries(landscape)]
    values = sum(len({*spec.get("targets", ()), *spec.get("text", ())}) for spec in specs)
    pending = int(0 in up)
    tables |= {
        "g_persistent_volume": total("pvs") + fixed,
        "g_dns_record": total("dnsrecords") + len(up),
        "g_dns_entry": 2 * total("dnsentries") + values,
        "g_bastion": total("bastions") + pending,
    }
    scheduled = sum(not landscape.flags[slot] & UNSCHEDULED for slot in landscape.garden_shoots)
    references = sum(backup.seed_name is not None for backup in backup_buckets(landscape))
    links |= {
        "l_g_backup_bucket_to_seed": references - len(GONE_SEEDS),
        "l_g_persistent_volume_to_seed": tables["g_persistent_volume"],
        "l_g_dns_record_to_seed": tables["g_dns_record"],
        "l_g_dns_entry_to_seed": 2 * total("dnsentries"),
        "l_g_bastion_to_seed": tables["g_bastion"],
        "l_g_shoot_to_cloud_profile": scheduled,
        "l_g_bastion_to_shoot": total("bastions"),
        "l_g_dns_record_to_shoot": total("dnsrecords"),
        "l_g_dns_entry_to_shoot": 2 * total("dnsentries"),
    }
    return tables, links
