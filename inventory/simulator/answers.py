"""The answer key: what a complete and correct inventory of the landscape contains.

`all` counts everything there is. `reachable` counts what a collector can see: without the Machines of
unreachable seeds (unmanaged ones, for which nobody issues a viewer kubeconfig, failing ones, and those
that the caller names) and without the contents of unreachable regions. Regions, seeds, projects and
shoots themselves are listed all the same, since another API names them, except for the regions that a
configuration excludes: those are not stored at all.

An instance leaks if it runs and no Machine of any seed is it: the instances of Machines in unreachable
seeds only look like leaks, and are listed apart. A VPC leaks if Gardener made it and its shoot is gone;
`vpcs_without_shoot` has the VPCs as well that Gardener never made, and never the default ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from inventory.simulator.amazon import Amazon
from inventory.simulator.amazon_compute import instance
from inventory.simulator.amazon_network import subnets, vpc
from inventory.simulator.answers_aws import AwsAnswers
from inventory.simulator.answers_garden import tables_and_links
from inventory.simulator.answers_gcp import GcpAnswers, Rows, listing
from inventory.simulator.flags import (
    BARE,
    FORMER_MACHINE,
    GONE,
    HIBERNATED,
    LEAKED,
    LIVE,
    OWN_VPC,
    STRAY,
    STRAY_MACHINE,
    TERMINATED,
    TERMINATING,
    UNBORN,
    UNREPORTED,
    UNSCHEDULED,
    UNTAGGED_VPC,
    WORKERLESS,
)
from inventory.simulator.garden import Garden
from inventory.simulator.landscape import Landscape
from inventory.simulator.leaks import leaks
from inventory.simulator.slots import Slot

IDS_UP_TO = 5000
"""Landscapes of at most so many shoots list ids without being asked."""

NO_CLOUD = UNSCHEDULED | WORKERLESS


def truth(
    landscape: Landscape,
    *,
    ids: bool | None = None,
    unmanaged_reachable: bool = False,
    unreachable_seeds: Collection[str] = (),
    unreachable_regions: Collection[tuple[str, str]] = (),
    unreachable_zones: Collection[str] = (),
    excluded_regions: Collection[str] = (),
) -> dict[str, Any]:
    """Count everything, and list the ids of leaks and near misses unless the landscape is large."""
    names = landscape.seed_names()
    unmanaged = [name for i, name in enumerate(names) if not landscape.is_managed(i)]
    closed = [] if unmanaged_reachable else unmanaged
    seeds = sorted({*closed, *unreachable_seeds} & set(names))
    excluded = {key for key in landscape.place_index if key[1] in excluded_regions}
    regions = sorted(excluded | (set(unreachable_regions) & set(landscape.place_index)))
    listed = ids if ids is not None else landscape.shoots <= IDS_UP_TO
    down = {names.index(name) for name in seeds}
    places = {landscape.place_index[region] for region in regions}
    rows = listing(landscape)
    reachable = _count(landscape, rows, down, places, excluded_regions, unreachable_zones)
    if listed:
        reachable["leaks"] = leaks(landscape, rows, places, unreachable_zones)
    return {
        "landscape": {
            "shoots": landscape.shoots,
            "seed": landscape.seed,
            "generation": landscape.generation,
            "accounts": list(landscape.accounts),
            "projects": list(landscape.projects),
            "regions": [
                place.region for place in landscape.places if place.account == landscape.accounts[0]
            ],
            "managed_seeds": [name for name in names if name not in unmanaged],
            "unmanaged_seeds": unmanaged,
            "garden_shoots": len(landscape.garden_shoots),
        },
        "unreachable": {
            "seeds": seeds,
            "regions": [list(region) for region in regions],
            "zones": sorted(unreachable_zones),
        },
        "all": _count(landscape, rows, set(), set(), (), ()),
        "reachable": reachable,
        "ids": _ids(landscape, down) if listed else None,
        "leaks": leaks(landscape, rows) if listed else None,
    }


def _count(
    landscape: Landscape,
    rows: Rows,
    seeds_down: set[int],
    places_down: set[int],
    excluded_regions: Collection[str],
    zones_down: Collection[str],
) -> dict[str, Any]:
    """Count the rows of every table and every link table in scope."""
    excluded = sum(region in excluded_regions for _, region in landscape.place_index)
    amazon, garden = Amazon(landscape), Garden(landscape)
    up = [i for i in range(landscape.aws_places) if i not in places_down]
    total = {
        kind: sum(amazon.total(place, kind) for place in up)
        for kind in ("vpcs", "subnets", "instances", "interfaces")
    }
    tally: Counter[str] = Counter()
    for slot in range(len(landscape.state)):
        place_up = landscape.place[slot] not in places_down
        seed_up = landscape.seed_of[slot] not in seeds_down
        _tally(landscape, slot, tally, place_up=place_up, seed_up=seed_up)
    machines = sum(
        landscape.by_seed[seed].total("seed:machines")
        for seed in range(landscape.seed_count)
        if seed not in seeds_down
    )
    members = sum(len(garden.members(index)) for index in range(garden.project_total))
    regions = landscape.aws_places - excluded
    networked = total["instances"] - tally["terminated"]
    tables = {
        "aws_region": regions,
        "aws_az": 3 * len(up),
        "aws_vpc": total["vpcs"],
        "aws_subnet": total["subnets"],
        "aws_instance": total["instances"],
        "aws_net_interface": total["interfaces"],
        "g_project": garden.project_total,
        "g_project_member": members,
        "g_seed": landscape.seed_count,
        "g_shoot": tally["scheduled"],
        "g_machine": machines,
    }
    vpc_rules = {rule: tally[f"vpc {rule}"] for rule in ("name_and_tag", "tag", "subnet_tag")}
    machine_rules = {rule: tally[f"machine {rule}"] for rule in ("provider_id", "name")}
    links = {
        "l_aws_region_to_az": 3 * len(up),
        "l_aws_region_to_vpc": total["vpcs"],
        "l_aws_vpc_to_subnet": total["subnets"],
        "l_aws_vpc_to_instance": networked,
        "l_aws_subnet_to_az": total["subnets"],
        "l_aws_instance_to_subnet": networked,
        "l_aws_instance_to_region": total["instances"],
        "l_aws_instance_to_net_interface": networked,
        "l_aws_net_interface_to_region": total["interfaces"],
        "l_aws_net_interface_to_az": total["interfaces"],
        "l_aws_net_interface_to_subnet": total["interfaces"],
        "l_aws_net_interface_to_vpc": total["interfaces"],
        "l_g_shoot_to_project": tally["scheduled"],
        "l_g_shoot_to_seed": tally["scheduled"],
        "l_g_machine_to_shoot": machines,
        "l_g_machine_to_seed": machines,
        "l_g_project_to_member": members,
        "l_g_seed_to_shoot": landscape.managed_count,
        "n_aws_vpc_to_g_shoot": sum(vpc_rules.values()),
        "n_aws_instance_to_g_machine": sum(machine_rules.values()),
    }
    renamed = sum(
        landscape.seed_shoot_name(seed) != landscape.seed_name(seed)
        for seed in range(landscape.managed_count)
    )
    rules = {
        "n_aws_vpc_to_g_shoot": vpc_rules,
        "n_aws_instance_to_g_machine": machine_rules,
        "l_g_seed_to_shoot": {
            "same_name": landscape.managed_count - renamed,
            "managed_seed": renamed,
        },
    }
    machines_of_aws = links["n_aws_instance_to_g_machine"]
    aws = AwsAnswers(landscape, seeds_down, places_down, excluded_regions)
    gcp = GcpAnswers(landscape, rows, seeds_down, zones_down)
    garden_tables, garden_links = tables_and_links(landscape, seeds_down)
    nexus, nexus_rules = gcp.nexus()
    return {
        "tables": tables | aws.tables() | gcp.tables() | garden_tables,
        "links": links | aws.links(machines_of_aws) | gcp.links() | nexus | garden_links,
        "rules": rules | aws.rules() | nexus_rules,
    }


def _tally(
    landscape: Landscape, slot: int, tally: Counter[str], *, place_up: bool, seed_up: bool
) -> None:
    state, flags = landscape.state[slot], landscape.flags[slot]
    if state != LIVE:
        return
    if not flags & UNSCHEDULED:
        tally["scheduled"] += 1
    if flags & NO_CLOUD or not place_up or landscape.place[slot] >= landscape.aws_places:
        return
    if flags & UNTAGGED_VPC:
        tally["vpc subnet_tag"] += 1
    elif flags & OWN_VPC:
        tally["vpc tag"] += 1
    else:
        tally["vpc name_and_tag"] += 1
    if flags & TERMINATED:
        tally["terminated"] += 1
    if seed_up and not flags & HIBERNATED:
        unreported = 1 if flags & UNREPORTED else 0
        unborn = 1 if flags & UNBORN else 0
        tally["machine name"] += unreported
        tally["machine provider_id"] += landscape.machines[slot] - unreported - unborn


def _ids(landscape: Landscape, seeds_down: set[int]) -> dict[str, list[str]]:
    """Exact ids, by what they are an example of."""
    found: dict[str, list[str]] = {
        name: []
        for name in (
            "vpcs_without_shoot",
            "leaked_vpcs",
            "leaked_subnets",
            "leaked_instances",
            "stray_instances",
            "stray_instances_named_like_a_machine",
            "terminating_instances",
            "terminated_instances",
            "default_vpcs",
            "foreign_vpcs",
            "own_vpcs_with_tag",
            "own_vpcs_without_tag",
            "hibernated_shoots",
            "shoots_without_technical_id",
            "leaked_shoots",
            "machines_without_provider_id",
            "instances_of_machines_without_provider_id",
            "instances_of_unreachable_machines",
        )
    }
    for place in Amazon(landscape).fixed:
        for network in place["vpcs"]:
            kind = "default_vpcs" if network.is_default else "foreign_vpcs"
            found[kind].append(network.vpc_id)
    for index in range(len(landscape.state)):
        for name, identifier in _slot_ids(landscape, index, seeds_down):
            found[name].append(identifier)
    found["vpcs_without_shoot"] = found["leaked_vpcs"] + found["foreign_vpcs"]
    return {name: sorted(identifiers) for name, identifiers in found.items()}


def _slot_ids(landscape: Landscape, index: int, seeds_down: set[int]) -> Iterator[tuple[str, str]]:
    state, flags = landscape.state[index], landscape.flags[index]
    unreachable = state == LIVE and landscape.seed_of[index] in seeds_down
    special = (
        OWN_VPC | HIBERNATED | UNSCHEDULED | STRAY | TERMINATED | TERMINATING | UNBORN | UNREPORTED
    )
    if state == GONE or (state == LIVE and not flags & special and not unreachable):
        return
    slot = landscape.slot(index)
    if slot.provider != "aws" and not flags & UNSCHEDULED:
        if state == LIVE:
            yield from _machine_ids(slot)
            if flags & HIBERNATED:
                yield "hibernated_shoots", slot.technical_id
        return
    if state == LEAKED:
        yield "leaked_shoots", slot.technical_id
        yield "leaked_vpcs", vpc(slot).vpc_id
        if not flags & BARE:
            yield from (("leaked_subnets", subnet.subnet_id) for subnet in subnets(slot))
        for position in range(len(slot.instance_numbers)):
            yield "leaked_instances", instance(slot, position).instance_id
        return
    if flags & UNSCHEDULED:
        namespace = landscape.project_namespace(slot.project)
        yield "shoots_without_technical_id", f"{namespace}/{slot.name}"
        return
    if flags & HIBERNATED:
        yield "hibernated_shoots", slot.technical_id
    if flags & OWN_VPC:
        yield f"own_vpcs_{'without' if flags & UNTAGGED_VPC else 'with'}_tag", slot.vpc_id
    yield from _instance_ids(slot, unreachable=unreachable)


def _instance_ids(slot: Slot, *, unreachable: bool) -> Iterator[tuple[str, str]]:
    for position, number in enumerate(slot.instance_numbers):
        found = instance(slot, position)
        if number == STRAY_MACHINE:
            yield "stray_instances", found.instance_id
            yield "leaked_instances", found.instance_id
            if slot.instance_name(number) == slot.machine(0).name:
                yield "stray_instances_named_like_a_machine", found.instance_id
        elif number == FORMER_MACHINE:
            yield "terminated_instances", found.instance_id
        elif slot.is_terminating(number):
            yield "terminating_instances", found.instance_id
        elif slot.is_unreported(number):
            yield "instances_of_machines_without_provider_id", found.instance_id
        if unreachable and number < slot.machine_count:
            yield "instances_of_unreachable_machines", found.instance_id
    yield from _machine_ids(slot)


def _machine_ids(slot: Slot) -> Iterator[tuple[str, str]]:
    for number in range(slot.machine_count):
        if slot.is_unborn(number) or slot.is_unreported(number):
            yield "machines_without_provider_id", f"{slot.technical_id}/{slot.machine(number).name}"
