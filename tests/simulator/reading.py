"""Reads a simulator as a client would, with the clouds' own SDKs, and works out the answers itself."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.config import Config
from kubernetes import client, config

from inventory.simulator import Running

CORE = ("core.gardener.cloud", "v1beta1")
CLUSTER = "kubernetes.io/cluster/"
SESSION = boto3.session.Session()
ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=5)


def aws(simulator: Running, service: str, account: str, region: str, **options: Any) -> Any:
    create: Any = SESSION.client
    return create(
        service,
        aws_access_key_id=options.get("key", f"AKIA{account}"),
        aws_secret_access_key="not-a-secret",
        aws_session_token=options.get("token"),
        region_name=region,
        endpoint_url=simulator.url,
        config=options.get("config", ONCE),
    )


def kubernetes(kubeconfig: dict[str, Any]) -> Any:
    connect: Any = config.new_client_from_config_dict
    return client.CustomObjectsApi(connect(kubeconfig))


def garden(simulator: Running, directory: Any) -> Any:
    path = simulator.config(directory)["gardener"]["kubeconfig"]
    return kubernetes(yaml.safe_load(Path(path).read_text()))


def objects(
    api: Any, group: str, version: str, plural: str, limit: int = 100
) -> Iterator[dict[str, Any]]:
    token = None
    while True:
        page: Any = api.list_cluster_custom_object(
            group, version, plural, limit=limit, _continue=token
        )
        yield from page["items"]
        token = page["metadata"].get("continue")
        if not token:
            return


def viewer_kubeconfig(api: Any, shoot: str) -> dict[str, Any]:
    rest = api.api_client
    path = f"/apis/core.gardener.cloud/v1beta1/namespaces/garden/shoots/{shoot}/viewerkubeconfig"
    sent = rest.param_serialize(
        "POST",
        path,
        header_params={"Content-Type": "application/json", "Accept": "application/json"},
        body={
            "apiVersion": "authentication.gardener.cloud/v1alpha1",
            "kind": "ViewerKubeconfigRequest",
            "spec": {"expirationSeconds": 600},
        },
        auth_settings=["BearerToken"],
    )
    answer = rest.call_api(*sent)
    answer.read()
    rest_answer = rest.response_deserialize(answer, {"201": "object"})
    content: dict[str, Any] = yaml.safe_load(
        base64.b64decode(rest_answer.data["status"]["kubeconfig"])
    )
    return content


@dataclass
class Listing:
    """Everything that was listed, each item with the place it came from."""

    regions: list[tuple[str, str]] = field(default_factory=list)
    zones: list[dict[str, Any]] = field(default_factory=list)
    vpcs: list[dict[str, Any]] = field(default_factory=list)
    subnets: list[dict[str, Any]] = field(default_factory=list)
    instances: list[dict[str, Any]] = field(default_factory=list)
    interfaces: list[dict[str, Any]] = field(default_factory=list)
    projects: list[dict[str, Any]] = field(default_factory=list)
    seeds: list[dict[str, Any]] = field(default_factory=list)
    managed_seeds: list[dict[str, Any]] = field(default_factory=list)
    shoots: list[dict[str, Any]] = field(default_factory=list)
    machines: list[dict[str, Any]] = field(default_factory=list)


def pages(ec2: Any, operation: str, size: int | None = None) -> Iterator[dict[str, Any]]:
    yield from ec2.get_paginator(operation).paginate(PaginationConfig={"PageSize": size})


def read(
    simulator: Running,
    directory: Any,
    *,
    skipped_places: Collection[tuple[str, str]] = (),
    skipped_seeds: Collection[str] = (),
) -> Listing:
    """List everything; the unmanaged seed only if it is not among the skipped."""
    found = Listing()
    for account in simulator.landscape.accounts:
        answer = aws(simulator, "ec2", account, "eu-central-1").describe_regions()
        for region in [region["RegionName"] for region in answer["Regions"]]:
            found.regions.append((account, region))
            if (account, region) not in skipped_places:
                _read_place(aws(simulator, "ec2", account, region), account, region, found)
    api = garden(simulator, directory)
    found.projects = list(objects(api, *CORE, "projects"))
    found.seeds = list(objects(api, *CORE, "seeds"))
    found.shoots = list(objects(api, *CORE, "shoots"))
    found.managed_seeds = list(
        objects(api, "seedmanagement.gardener.cloud", "v1alpha1", "managedseeds")
    )
    shoots = {
        seed["metadata"]["name"]: seed["spec"]["shoot"]["name"] for seed in found.managed_seeds
    }
    for name in [seed["metadata"]["name"] for seed in found.seeds]:
        if name in skipped_seeds:
            continue
        if name in shoots:
            kubeconfig = viewer_kubeconfig(api, shoots[name])
        else:
            named = simulator.config(directory, unmanaged="kubeconfig")["gardener"]
            kubeconfig = yaml.safe_load(Path(named["seed_kubeconfigs"][name]).read_text())
        seed = kubernetes(kubeconfig)
        for machine in objects(seed, "machine.sapcloud.io", "v1alpha1", "machines"):
            found.machines.append({**machine, "seed": name})
    return found


def _read_place(ec2: Any, account: str, region: str, found: Listing) -> None:
    place = {"account": account, "region": region}
    found.zones += [
        {**zone, **place} for zone in ec2.describe_availability_zones()["AvailabilityZones"]
    ]
    found.vpcs += [{**x, **place} for p in pages(ec2, "describe_vpcs", 100) for x in p["Vpcs"]]
    found.subnets += [
        {**x, **place} for p in pages(ec2, "describe_subnets", 100) for x in p["Subnets"]
    ]
    found.interfaces += [
        {**x, **place}
        for p in pages(ec2, "describe_network_interfaces", 100)
        for x in p["NetworkInterfaces"]
    ]
    found.instances += [
        {**x, **place}
        for p in pages(ec2, "describe_instances", 100)
        for reservation in p["Reservations"]
        for x in reservation["Instances"]
    ]


def tags(item: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in item.get("Tags", ())}


def clusters(item: dict[str, Any]) -> set[str]:
    return {key.removeprefix(CLUSTER) for key in tags(item) if key.startswith(CLUSTER)}


def tables(found: Listing) -> dict[str, int]:
    return {
        "aws_region": len(set(found.regions)),
        "aws_az": len({(z["account"], z["ZoneId"]) for z in found.zones}),
        "aws_vpc": len({(v["account"], v["VpcId"]) for v in found.vpcs}),
        "aws_subnet": len({(s["account"], s["SubnetId"]) for s in found.subnets}),
        "aws_instance": len({(i["account"], i["InstanceId"]) for i in found.instances}),
        "aws_net_interface": len(
            {(i["account"], i["NetworkInterfaceId"]) for i in found.interfaces}
        ),
        "g_project": len({p["metadata"]["name"] for p in found.projects}),
        "g_project_member": len(members(found)),
        "g_seed": len({s["metadata"]["name"] for s in found.seeds}),
        "g_shoot": len(technical_ids(found)),
        "g_machine": len(
            {(m["metadata"]["namespace"], m["metadata"]["name"]) for m in found.machines}
        ),
    }


def members(found: Listing) -> set[tuple[str, str, str]]:
    rows = set()
    for project in found.projects:
        for member in project["spec"].get("members", ()):
            name = member["name"]
            if member["kind"] == "ServiceAccount":
                name = f"system:serviceaccount:{member['namespace']}:{name}"
            rows.add((project["metadata"]["name"], member["kind"], name))
    return rows


def technical_ids(found: Listing) -> dict[str, dict[str, Any]]:
    return {s["status"]["technicalID"]: s for s in found.shoots if s["status"].get("technicalID")}


def links(found: Listing) -> dict[str, int]:
    """Join what was listed, pair by pair, on the conditions of the reference."""
    regions = set(found.regions)
    zone_ids = {(z["account"], z["ZoneId"]) for z in found.zones}
    zone_names = {(z["account"], z["ZoneName"]) for z in found.zones}
    vpcs = {(v["account"], v["VpcId"]) for v in found.vpcs}
    subnets = {(s["account"], s["SubnetId"]) for s in found.subnets}
    instances = {(i["account"], i["InstanceId"]) for i in found.instances}
    shoots = technical_ids(found)
    namespaces = {p["spec"].get("namespace"): p for p in found.projects}
    seeds = {s["metadata"]["name"] for s in found.seeds}
    in_garden = {
        s["metadata"]["name"] for s in found.shoots if s["metadata"]["namespace"] == "garden"
    }

    def region(item: dict[str, Any]) -> bool:
        return (item["account"], item["region"]) in regions

    def at(item: dict[str, Any], key: str, ends: set[tuple[str, str]]) -> bool:
        return (item["account"], item.get(key, "")) in ends

    attached = [i for i in found.interfaces if "InstanceId" in i.get("Attachment", {})]
    return {
        "l_aws_region_to_az": sum(map(region, found.zones)),
        "l_aws_region_to_vpc": sum(map(region, found.vpcs)),
        "l_aws_vpc_to_subnet": sum(at(s, "VpcId", vpcs) for s in found.subnets),
        "l_aws_vpc_to_instance": sum(at(i, "VpcId", vpcs) for i in found.instances),
        "l_aws_subnet_to_az": sum(at(s, "AvailabilityZoneId", zone_ids) for s in found.subnets),
        "l_aws_instance_to_subnet": sum(at(i, "SubnetId", subnets) for i in found.instances),
        "l_aws_instance_to_region": sum(map(region, found.instances)),
        "l_aws_instance_to_net_interface": sum(
            (i["account"], i["Attachment"]["InstanceId"]) in instances for i in attached
        ),
        "l_aws_net_interface_to_region": sum(map(region, found.interfaces)),
        "l_aws_net_interface_to_az": sum(
            at(i, "AvailabilityZone", zone_names) for i in found.interfaces
        ),
        "l_aws_net_interface_to_subnet": sum(at(i, "SubnetId", subnets) for i in found.interfaces),
        "l_aws_net_interface_to_vpc": sum(at(i, "VpcId", vpcs) for i in found.interfaces),
        "l_g_shoot_to_project": sum(
            s["metadata"]["namespace"] in namespaces for s in shoots.values()
        ),
        "l_g_shoot_to_seed": sum(s["spec"].get("seedName") in seeds for s in shoots.values()),
        "l_g_machine_to_shoot": sum(m["metadata"]["namespace"] in shoots for m in found.machines),
        "l_g_machine_to_seed": sum(m["seed"] in seeds for m in found.machines),
        "l_g_project_to_member": len(members(found)),
        "l_g_seed_to_shoot": sum(
            m["spec"]["shoot"]["name"] in in_garden for m in found.managed_seeds
        ),
        "n_aws_vpc_to_g_shoot": len(vpc_to_shoot(found)),
        "n_aws_instance_to_g_machine": len(instance_to_machine(found)),
    }


def vpc_to_shoot(found: Listing) -> set[tuple[str, str]]:
    """By name, by the VPC's cluster tag, or by the tag of a subnet in it."""
    shoots = technical_ids(found)
    pairs = {
        (v["VpcId"], name) for v in found.vpcs for name in [*clusters(v), tags(v).get("Name", "")]
    }
    pairs |= {(s["VpcId"], name) for s in found.subnets for name in clusters(s)}
    return {(vpc, name) for vpc, name in pairs if name in shoots}


def instance_to_machine(found: Listing) -> set[tuple[str, str]]:
    """By provider id; by name within the shoot only where a machine has no provider id yet."""
    by_id = {m["spec"]["providerID"]: m for m in found.machines if "providerID" in m["spec"]}
    unnamed = {
        (m["metadata"]["namespace"], m["metadata"]["name"]): m
        for m in found.machines
        if "providerID" not in m["spec"]
    }
    pairs = set()
    for instance in found.instances:
        machine = by_id.get(f"aws:///{instance['region']}/{instance['InstanceId']}")
        for cluster in clusters(instance):
            machine = machine or unnamed.get((cluster, tags(instance).get("Name", "")))
        if machine:
            pairs.add((instance["InstanceId"], machine["metadata"]["name"]))
    return pairs


def leaks(found: Listing) -> dict[str, list[str]]:
    """The ids that the answer key calls leaks, from the listing alone."""
    known = {vpc for vpc, _ in vpc_to_shoot(found)}
    orphans = [v for v in found.vpcs if v["VpcId"] not in known and not v["IsDefault"]]
    claimed = {instance for instance, _ in instance_to_machine(found)}
    return {
        "vpcs_without_shoot": sorted(v["VpcId"] for v in orphans),
        "leaked_vpcs": sorted(v["VpcId"] for v in orphans if clusters(v)),
        "leaked_subnets": sorted(
            s["SubnetId"] for s in found.subnets if s["VpcId"] not in known and clusters(s)
        ),
        "leaked_instances": sorted(
            i["InstanceId"]
            for i in found.instances
            if i["State"]["Name"] == "running"
            and i["InstanceId"] not in claimed
            and ("Type", "gardenctl") not in tags(i).items()
        ),
        "terminated_instances": sorted(
            i["InstanceId"] for i in found.instances if "VpcId" not in i
        ),
        "default_vpcs": sorted(v["VpcId"] for v in found.vpcs if v["IsDefault"]),
        "shoots_without_technical_id": sorted(
            f"{s['metadata']['namespace']}/{s['metadata']['name']}"
            for s in found.shoots
            if not s["status"].get("technicalID")
        ),
        "machines_without_provider_id": sorted(
            f"{m['metadata']['namespace']}/{m['metadata']['name']}"
            for m in found.machines
            if "providerID" not in m["spec"]
        ),
    }
